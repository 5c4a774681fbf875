//! Any text as a JSON schema, a regular expression, a Lark grammar or the parameters of a function: an error, or a
//! constraint that a text follows token by token, in bounded time and memory. The first byte says which it is, the rest up
//! to a NUL is the text, and what follows chooses the tokens.

use std::sync::{LazyLock, Mutex};

use phonelm_engine::{Engine, Grammar, TokenSet, Tool};
use phonelm_kernels::CpuOptions;
use phonelm_model::ModelFile;
use serde_json::{Map, Value};

static ENGINE: LazyLock<Mutex<Engine>> = LazyLock::new(|| {
    let file = ModelFile::open(crate::TINY.as_ref()).unwrap();
    Mutex::new(Engine::open(file, &CpuOptions { threads: Some(1), ..CpuOptions::default() }).unwrap())
});

/// Takes one input.
pub fn run(bytes: &[u8]) {
    let engine = ENGINE.lock().unwrap();
    let Some((kind, bytes)) = bytes.split_first() else { return };
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let (text, choices) = bytes.split_at(end);
    let text = String::from_utf8_lossy(text);
    let grammar = match kind % 4 {
        0 => match serde_json::from_str(&text) {
            Ok(schema) => Grammar::JsonSchema(schema),
            Err(_) => return,
        },
        1 => Grammar::Regex(text.into_owned()),
        2 => Grammar::Lark(text.into_owned()),
        _ => {
            let Ok(parameters) = serde_json::from_str::<Value>(&text) else { return };
            let arguments = parameters["default"].as_object().cloned().unwrap_or_else(Map::new);
            let _ = Tool { name: "f".into(), description: String::new(), parameters }.check(&arguments);
            return;
        }
    };
    let Ok(mut mask) = engine.constraint(&grammar) else { return };
    for choice in choices.iter().chain(&[0; 8]).take(64) {
        let mut allowed = TokenSet::all(engine.vocab());
        if mask.restrict(&mut allowed).is_err() {
            return;
        }
        let tokens: Vec<u32> = (0..engine.vocab() as u32).filter(|token| allowed.contains(*token)).collect();
        let Some(token) = tokens.get(usize::from(*choice) * tokens.len() / 256) else { return };
        assert_ne!(mask.allows(*token).ok(), Some(Some(false)), "the mask and the check of one token differ");
        if engine.tokenizer().unwrap().stops().contains(token) || mask.accept(*token).is_err() {
            return;
        }
        mask.forced();
    }
}
