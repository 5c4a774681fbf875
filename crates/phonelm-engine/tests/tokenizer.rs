//! Tokenizers against ids computed by llama.cpp and by Hugging Face's own pipeline.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::{golden, json};
use phonelm_engine::{ChatTemplate, Error, Prompt, TemplateInput, Tokenizer};
use phonelm_gguf::{Gguf, Writer};
use serde_json::{Value, json};

fn ids(value: &Value) -> Vec<u32> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap() as u32).collect()
}

/// The tokenizer of a GGUF file that need not hold a whole model.
fn from_gguf(name: &str) -> Tokenizer {
    let bytes = std::fs::read(golden().join("gguf").join(name)).unwrap();
    Tokenizer::from_metadata(Gguf::parse(&bytes).unwrap().metadata(), 1 << 20).unwrap().unwrap()
}

fn check(tokenizer: &Tokenizer, cases: &Value, normalises: bool) {
    for case in cases.as_array().unwrap() {
        let text = case["text"].as_str().unwrap();
        assert_eq!(tokenizer.encode(text).unwrap(), ids(&case["ids_text"]), "{text:?} as text");
        assert_eq!(tokenizer.encode_with_marks(text).unwrap(), ids(&case["ids"]), "{text:?} with marks");
        let decoded = tokenizer.decode(&ids(&case["ids_text"]));
        assert!(decoded == text || normalises && tokenizer.encode(&decoded).unwrap() == ids(&case["ids_text"]));
    }
}

#[test]
fn ggml_keys_give_llama_cpps_ids() {
    let files = [
        ("llama-freqs-f16.gguf", "llama-freqs"),
        ("llama-spm-q5_k.gguf", "llama-spm"),
        ("qwen2-q5_0.gguf", "qwen2"),
        ("qwen3-bf16.gguf", "qwen3"),
        ("vocab-llama-bpe.gguf", "vocab-llama-bpe"),
        ("vocab-smollm.gguf", "vocab-smollm"),
    ];
    for (file, cases) in files {
        let cases = json(&golden().join(format!("gguf/{cases}.tokenizer_cases.json")));
        check(&from_gguf(file), &cases, false);
    }
}

#[test]
fn hugging_face_json_gives_its_own_ids() {
    for (model, normalises) in [("llama-tied-gqa", false), ("qwen2-gqa", true)] {
        let folder = golden().join("models").join(model);
        let tokenizer = std::fs::read_to_string(folder.join("tokenizer.json")).unwrap();
        check(&common::tokenizer(&tokenizer), &json(&folder.join("tokenizer_cases.json")), normalises);
    }
}

/// Marks inside and outside the vocabulary, and merges written `["a", "b"]` and `"a b"`.
#[test]
fn hugging_face_json_loads_as_the_crate_loads_it() {
    let folders = ["models/llama-tied-gqa", "models/qwen2-gqa", "../../models/phonelm-tiny"];
    let cases = json(&golden().join("models/qwen2-gqa/tokenizer_cases.json"));
    for folder in folders {
        let pairs = json(&golden().join(folder).join("tokenizer.json"));
        let mut joined = pairs.clone();
        for merge in joined["model"]["merges"].as_array_mut().unwrap() {
            *merge = format!("{} {}", merge[0].as_str().unwrap(), merge[1].as_str().unwrap()).into();
        }
        for source in [pairs.to_string(), joined.to_string()] {
            let (ours, theirs) = (common::tokenizer(&source), source.parse::<tokenizers::Tokenizer>().unwrap());
            for (token, id) in theirs.get_vocab(true) {
                assert_eq!(ours.id_of(&token), Some(id), "{token:?} of {folder}");
                if theirs.get_added_vocabulary().get_vocab().contains_key(&token) {
                    assert_eq!(ours.token_bytes(id), token.as_bytes(), "{folder}");
                }
            }
            for case in cases.as_array().unwrap() {
                let text = format!("{}<|im_end|>", case["text"].as_str().unwrap());
                let ids = theirs.encode(text.as_str(), false).unwrap().get_ids().to_vec();
                assert_eq!(ours.encode_with_marks(&text).unwrap(), ids, "{text:?} of {folder}");
                assert_eq!(ours.decode(&ids), theirs.decode(&ids, false).unwrap(), "{folder}");
            }
        }
    }
}

#[test]
fn marks_end_answers_and_are_special() {
    let tokenizer = from_gguf("vocab-smollm.gguf");
    let end = tokenizer.id_of("<|im_end|>").unwrap();
    assert!(tokenizer.is_special(end) && tokenizer.stops().contains(&end));
    assert_eq!(tokenizer.eos(), Some(end));
    assert!(!tokenizer.is_special(tokenizer.encode("a").unwrap()[0]));
    assert_eq!(tokenizer.token_bytes(end), b"<|im_end|>");
    assert_eq!(tokenizer.token_bytes(u32::MAX), b"");
}

type Key<'a> = (&'a str, phonelm_gguf::Value);

/// A file of these keys, with a vocabulary of `vocab`.
fn load(keys: &[Key<'_>], vocab: usize) -> Result<Option<Tokenizer>, Error> {
    let mut writer = Writer::new();
    for (key, value) in keys {
        writer.set(*key, value.clone());
    }
    let bytes = writer.start(Vec::new()).unwrap().finish().unwrap();
    Tokenizer::from_metadata(Gguf::parse(&bytes).unwrap().metadata(), vocab)
}

fn strings(list: &[&str]) -> phonelm_gguf::Value {
    list.iter().map(|s| (*s).to_owned()).collect::<Vec<String>>().into()
}

#[test]
fn a_file_without_a_tokenizer_has_none() {
    assert!(load(&[], 10).unwrap().is_none());
    assert!(load(&[("tokenizer.ggml.model", "no_vocab".into())], 10).unwrap().is_none());
}

#[test]
fn bad_tokenizers_are_refused_with_the_key_and_numbers() {
    let model = ("tokenizer.ggml.model", "gpt2".into());
    let tokens = ("tokenizer.ggml.tokens", strings(&["a", "b", "ab"]));
    let merges = ("tokenizer.ggml.merges", strings(&["a b"]));
    let cases: Vec<(Vec<Key<'_>>, usize, &str)> = vec![
        (vec![("tokenizer.ggml.model", "bert".into()), tokens.clone()], 9, "names the tokenizer \"bert\""),
        (vec![model.clone()], 9, "\"tokenizer.ggml.tokens\" cannot be read: the key is absent"),
        (vec![model.clone(), tokens.clone()], 9, "\"tokenizer.ggml.merges\" cannot be read"),
        (
            vec![model.clone(), tokens.clone(), merges.clone(), ("tokenizer.ggml.pre", "elvish".into())],
            9,
            "names the tokenizer \"elvish\"",
        ),
        (
            vec![model.clone(), tokens.clone(), merges.clone()],
            2,
            "token \"ab\" has id 2, the model's vocabulary has 2 entries",
        ),
        (
            vec![model.clone(), tokens.clone(), merges.clone(), ("tokenizer.ggml.token_type", vec![1i32].into())],
            9,
            "it has 1 values for 3 tokens",
        ),
        (
            vec![model.clone(), tokens.clone(), merges.clone(), ("tokenizer.ggml.eos_token_id", 9u32.into())],
            9,
            "token id 9 is outside the vocabulary of 9",
        ),
        (
            vec![(
                "tokenizer.huggingface.json",
                r#"{"model": {"type": "BPE", "vocab": {"a": 0, "ab": 2, "b": 1}, "merges": ["a b"]}}"#.into(),
            )],
            2,
            "token \"ab\" has id 2, the model's vocabulary has 2 entries",
        ),
        (vec![("tokenizer.huggingface.json", "{".into())], 9, "\"tokenizer.huggingface.json\" cannot be read"),
    ];
    for (keys, vocab, message) in cases {
        let error = load(&keys, vocab).err().expect(message).to_string();
        assert!(error.contains(message), "{error:?} lacks {message:?}");
    }
}

#[test]
fn merges_whose_tokens_are_missing_are_left_out() {
    let keys = [
        ("tokenizer.ggml.model", "gpt2".into()),
        ("tokenizer.ggml.tokens", strings(&["a", "b", "ab"])),
        ("tokenizer.ggml.merges", strings(&["ab ab", "b a", "", " ", "a b"])),
    ];
    assert_eq!(load(&keys, 3).unwrap().unwrap().encode("ab").unwrap(), [2]);
}

#[test]
fn a_mark_of_normalised_text_is_guarded_too() {
    let tokenizer = common::tokenizer(
        &json!({
            "version": "1.0", "truncation": null, "padding": null, "pre_tokenizer": null, "post_processor": null,
            "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}
            ]},
            "decoder": null,
            "added_tokens": [{"id": 4, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": true, "special": true}],
            "model": {"type": "BPE", "vocab": {"▁": 0, "<": 1, "s": 2, ">": 3, "<s>": 4}, "merges": []}
        })
        .to_string(),
    );
    assert_eq!(tokenizer.encode_with_marks("<s>").unwrap(), [4]);
    assert_eq!(tokenizer.encode("<s>").unwrap(), [0, 1, 2, 3]);
    let template = ChatTemplate::new("<s>{{ messages[0].content }}").unwrap();
    let messages = [json!({"role": "user", "content": "s <s>"})];
    let input = TemplateInput { messages: &messages, ..TemplateInput::default() };
    let prompt = Prompt::new(&template, &tokenizer, &input).unwrap();
    assert_eq!(prompt.ids, [4, 2, 0, 1, 2, 3]);
}
