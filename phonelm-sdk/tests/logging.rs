//! What reaches an app's logger, and what does not. One test: a process has one logger.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::*;
use phonelm_sdk::*;

struct Collect(Mutex<Sender<LogRecord>>);

impl Logger for Collect {
    fn log(&self, record: LogRecord) {
        assert!(!record.message.contains("panic now"), "a logger that fails");
        let _ = self.0.lock().unwrap().send(record);
    }
}

fn listen(level: LogLevel, include_text: bool) -> Receiver<LogRecord> {
    let (sender, records) = channel();
    set_logger(Some(Arc::new(Collect(Mutex::new(sender)))), LogOptions { level, include_text }).unwrap();
    records
}

fn all(records: &Receiver<LogRecord>) -> Vec<LogRecord> {
    std::iter::from_fn(|| records.recv_timeout(Duration::from_millis(300)).ok()).collect()
}

#[test]
fn a_logger_hears_what_it_asked_for() {
    let records = listen(LogLevel::Info, false);
    let model = tiny();
    let heard = all(&records);
    assert!(heard.iter().any(|record| record.message.starts_with("model loaded family=\"phonelm\"")), "{heard:?}");
    assert!(heard.iter().all(|record| record.level <= LogLevel::Info && record.target.starts_with("phonelm")));

    let records = listen(LogLevel::Trace, false);
    answer(&session(&model), "Where is the secret treasure?");
    let heard = all(&records);
    assert!(heard.iter().any(|record| record.message.contains("generation ended")), "{heard:?}");
    assert!(heard.iter().all(|record| !record.message.contains("treasure")), "{heard:?}");

    let records = listen(LogLevel::Debug, true);
    answer(&session(&model), "panic now");
    answer(&session(&model), "Where is the secret treasure?");
    assert!(all(&records).iter().any(|record| record.message.contains("treasure")));

    set_logger(None, LogOptions { level: LogLevel::Trace, include_text: true }).unwrap();
    answer(&session(&model), "Who are you?");
    assert!(all(&records).is_empty());
}
