//! Any bytes as a tokenizer: an error, or one whose ids fit the vocabulary and decode without fail.
//!
//! The first byte chooses the form. 0: what follows is a tokenizer.json, a NUL, and a text to encode. Else the
//! `tokenizer.ggml.*` keys: NUL-separated are the text, the tokens and the merges, one a line; types and scores follow
//! from the place in the list.

use phonelm_engine::Tokenizer;
use phonelm_gguf::{Gguf, Writer};

const VOCAB: usize = 4096;
const PRE: [&str; 6] = ["gpt-2", "llama-bpe", "qwen2", "smollm", "deepseek-llm", "falcon"];

/// Takes one input.
pub fn run(bytes: &[u8]) {
    let Some((&form, rest)) = bytes.split_first() else { return };
    let rest = String::from_utf8_lossy(rest);
    let mut parts = rest.split('\0');
    let mut next = || parts.next().unwrap_or_default();
    let mut writer = Writer::new();
    let text = if form == 0 {
        writer.set("tokenizer.huggingface.json", next());
        next()
    } else {
        let text = next();
        let lines = |list: &str| list.split('\n').map(str::to_owned).collect::<Vec<String>>();
        let (tokens, merges) = (lines(next()), lines(next()));
        let types: Vec<i32> = (0..tokens.len() as i32).map(|i| 1 + i * i32::from(form) / 3 % 6).collect();
        let scores: Vec<f32> = (0..tokens.len()).map(|i| -((i * usize::from(form) % 17) as f32)).collect();
        writer.set("tokenizer.ggml.model", if form % 2 == 0 { "llama" } else { "gpt2" });
        writer.set("tokenizer.ggml.pre", PRE[usize::from(form) / 2 % PRE.len()]);
        writer.set("tokenizer.ggml.tokens", tokens);
        writer.set("tokenizer.ggml.merges", merges);
        writer.set("tokenizer.ggml.token_type", types);
        writer.set("tokenizer.ggml.scores", scores);
        writer.set("tokenizer.ggml.eos_token_id", u32::from(form));
        text
    };
    let file = writer.start(Vec::new()).expect("keys can be written").finish().expect("writing to memory");
    let gguf = Gguf::parse(&file).expect("what was written is read");
    let Ok(Some(tokenizer)) = Tokenizer::from_metadata(gguf.metadata(), VOCAB) else { return };
    for ids in [tokenizer.encode(text), tokenizer.encode_with_marks(text)].into_iter().flatten() {
        assert!(ids.iter().all(|&id| (id as usize) < VOCAB), "an id outside the vocabulary");
        tokenizer.decode(&ids);
    }
    for id in [0, 1, 255, u32::MAX] {
        let _ = (tokenizer.token_bytes(id), tokenizer.is_special(id));
    }
}
