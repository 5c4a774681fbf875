//! The chat at a terminal, which `script` of util-linux plays.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// A chat in progress.
struct Chat {
    child: Child,
    keys: ChildStdin,
    screen: Receiver<Vec<u8>>,
    seen: String,
}

impl Chat {
    fn start(args: &str) -> Self {
        // `script` has a shell start the program; without `exec` a Ctrl-C would end that shell too.
        let program = format!("exec {} run {args}", env!("CARGO_BIN_EXE_phonelm"));
        let mut command = Command::new("script");
        command.args(["-qec", &program, "/dev/null"]);
        command.env("TERM", "xterm").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (mut output, keys) = (child.stdout.take().unwrap(), child.stdin.take().unwrap());
        let (send, screen) = channel();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(len @ 1..) = output.read(&mut bytes) {
                if send.send(bytes[..len].to_vec()).is_err() {
                    return;
                }
            }
        });
        let mut chat = Self { child, keys, screen, seen: String::new() };
        chat.wait_for("> ");
        chat
    }

    /// Waits until `text` appears after what was waited for before.
    fn wait_for(&mut self, text: &str) {
        let end = Instant::now() + Duration::from_secs(60);
        while !self.seen.contains(text) {
            let rest = end.saturating_duration_since(Instant::now());
            let bytes = self.screen.recv_timeout(rest).unwrap_or_else(|_| panic!("no {text:?} in {:?}", self.seen));
            self.seen += &String::from_utf8_lossy(&bytes);
        }
        let at = self.seen.find(text).unwrap() + text.len();
        self.seen.drain(..at);
    }

    fn press(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
        self.keys.flush().unwrap();
    }

    /// Says a line and waits for the next prompt behind `expected`.
    fn say(&mut self, line: &str, expected: &str) {
        self.press(format!("{line}\r").as_bytes());
        self.wait_for(expected);
        self.wait_for("> ");
    }

    fn end(mut self) {
        drop(self.keys);
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }
}

#[test]
fn a_chat_with_commands() {
    let mut chat = Chat::start("");
    chat.say("/stats", "There is no answer yet.");
    chat.say("/help", "/result TEXT");
    chat.say("/result done", "no call of the model");
    chat.say("/frobnicate", "There is no /frobnicate");
    chat.say("Wake me at 7 tomorrow", "set_alarm(hour: 7");
    chat.say("/result {\"status\": \"ok\"}", "\n");
    chat.say("/stats", " prompt tokens (");
    chat.say("/reset", "Forgotten.");
    chat.say("/result done", "no call of the model");
    chat.press(b"/quit\r");
    chat.end();
}

#[test]
fn lines_typed_ahead_are_all_read() {
    let mut chat = Chat::start("");
    chat.press(b"Hello\r/stats\r/reset\r/quit\r");
    chat.wait_for("tokens in the context");
    chat.wait_for("Forgotten.");
    chat.end();
}

#[test]
fn control_c_stops_the_answer_and_control_d_leaves() {
    let mut chat = Chat::start("--tools none --temperature 10 --seed 1");
    chat.press(b"\x03");
    chat.wait_for("leaves the chat");
    chat.wait_for("> ");
    chat.press(b"Tell me something\r");
    chat.wait_for("\n");
    chat.press(b"\x03");
    chat.wait_for("> ");
    chat.say("/stats", "tokens in the context");
    chat.press(b"\x04");
    chat.end();
}
