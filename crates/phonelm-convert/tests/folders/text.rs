//! The tokenizer's files as metadata.

use crate::folder::Folder;
use phonelm_convert::Warning;
use phonelm_gguf::TensorType;
use phonelm_model::ModelFile;
use serde_json::{Value, json};

/// A byte-level BPE tokenizer of five entries, of which the last two were added.
fn tokenizer() -> Value {
    json!({
        "added_tokens": [
            {"id": 3, "content": "<|im_end|>", "special": true},
            {"id": 5, "content": "<tool_call>", "special": false},
        ],
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Digits", "individual_digits": true}, {"type": "ByteLevel", "add_prefix_space": false},
        ]},
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2}, "merges": ["a b"]},
    })
}

fn folder(files: Vec<(&'static str, String)>) -> Folder {
    let mut folder = Folder::new("phonelm");
    folder.files = files;
    folder
}

fn convert(files: Vec<(&'static str, String)>) -> (ModelFile, Vec<Warning>) {
    let (model, report) = folder(files).convert(TensorType::F32).unwrap();
    (model, report.warnings)
}

#[test]
fn a_byte_level_tokenizer_is_stored_whole_and_in_llama_cpps_keys() {
    let text = serde_json::to_string_pretty(&tokenizer()).unwrap();
    let (model, warnings) = convert(vec![("tokenizer.json", text.clone()), ("chat_template.jinja", "{{ x }}".into())]);
    let meta = model.metadata();
    assert_eq!(warnings, []);
    assert_eq!(meta.str("tokenizer.huggingface.json").unwrap(), Some(text.as_str()));
    assert_eq!(meta.str("tokenizer.chat_template").unwrap(), Some("{{ x }}"));
    assert_eq!(meta.str("tokenizer.ggml.model").unwrap(), Some("gpt2"));
    assert_eq!(meta.str("tokenizer.ggml.pre").unwrap(), Some("smollm"));
    assert_eq!(meta.strings("tokenizer.ggml.merges").unwrap().unwrap(), ["a b"]);
    let tokens = meta.strings("tokenizer.ggml.tokens").unwrap().unwrap();
    assert_eq!(tokens[..7], ["a", "b", "ab", "<|im_end|>", "[PAD4]", "<tool_call>", "[PAD6]"]);
    let types = meta.i32s("tokenizer.ggml.token_type").unwrap().unwrap();
    assert_eq!((&types[..7], types.len()), (&[1, 1, 1, 3, 5, 4, 5][..], 50));
}

#[test]
fn merges_in_pairs_and_the_known_splittings() {
    let split = |regex: &str| {
        json!({"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Isolated"}, {"type": "ByteLevel"},
        ]})
    };
    let common = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|NUMBERS| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    let cases = [
        (json!({"type": "ByteLevel"}), Some("gpt-2")),
        (split(&common.replace("NUMBERS", r"\p{N}{1,3}")), Some("llama-bpe")),
        (split(&common.replace("NUMBERS", r"\p{N}")), Some("qwen2")),
        (split("[a-z]+"), None),
        (json!({"type": "Metaspace"}), None),
        (json!(null), None),
    ];
    for (pre_tokenizer, expected) in cases {
        let mut json = tokenizer();
        json["pre_tokenizer"] = pre_tokenizer;
        json["model"]["merges"] = json!([["a", "b"]]);
        let (model, warnings) = convert(vec![("tokenizer.json", json.to_string())]);
        assert_eq!(model.metadata().str("tokenizer.ggml.pre").unwrap(), expected);
        match expected {
            Some(_) => assert_eq!(model.metadata().strings("tokenizer.ggml.merges").unwrap().unwrap(), ["a b"]),
            None => assert_eq!(warnings, [Warning::OnlyHuggingFaceTokenizer, Warning::NoChatTemplate]),
        }
        assert!(model.metadata().get("tokenizer.huggingface.json").is_some());
    }
}

#[test]
fn chat_templates_in_their_three_forms() {
    let settings = |template: Value| ("tokenizer_config.json", json!({"chat_template": template}).to_string());
    let named = json!([{"name": "tool_use", "template": "T"}, {"name": "default", "template": "D"}]);
    let file = || ("chat_template.jinja", "F".to_owned());
    let cases =
        [(vec![settings(json!("S"))], "S"), (vec![settings(named.clone())], "D"), (vec![settings(named), file()], "F")];
    for (files, expected) in cases {
        assert_eq!(convert(files).0.metadata().str("tokenizer.chat_template").unwrap(), Some(expected));
    }
    let message = folder(vec![settings(json!([{"name": "rag", "template": "R"}]))]).refusal();
    assert!(message.contains("a list with an entry named default"), "{message}");
}

#[test]
fn ids_of_special_tokens() {
    let settings = json!({
        "bos_token": null, "eos_token": {"content": "<|im_end|>"}, "pad_token": "b", "add_bos_token": false,
    });
    let mut folder = folder(vec![
        ("tokenizer.json", tokenizer().to_string()),
        ("tokenizer_config.json", settings.to_string()),
        ("generation_config.json", json!({"eos_token_id": [7, 2]}).to_string()),
    ]);
    folder.config["bos_token_id"] = 1.into();
    folder.config["eos_token_id"] = 0.into();
    let (model, _) = folder.convert(TensorType::F32).unwrap();
    let meta = model.metadata();
    assert_eq!(meta.u64("tokenizer.ggml.bos_token_id").unwrap(), Some(1), "from config.json");
    assert_eq!(meta.u64("tokenizer.ggml.eos_token_id").unwrap(), Some(3), "from the tokenizer");
    assert_eq!(meta.u64("tokenizer.ggml.padding_token_id").unwrap(), Some(1));
    assert_eq!(meta.bool("tokenizer.ggml.add_bos_token").unwrap(), Some(false));
    assert_eq!(meta.i32s("phonelm.eos_token_ids").unwrap(), Some(vec![7, 2, 3]));
}

#[test]
fn ids_alone_and_none_at_all() {
    let mut folder = folder(vec![]);
    folder.config["eos_token_id"] = json!([4, 5]);
    folder.config["pad_token_id"] = json!(-1);
    let (model, report) = folder.convert(TensorType::F32).unwrap();
    assert_eq!(model.metadata().i32s("phonelm.eos_token_ids").unwrap(), Some(vec![4, 5]));
    assert_eq!(model.metadata().u64("tokenizer.ggml.eos_token_id").unwrap(), Some(4));
    assert_eq!(model.metadata().get("tokenizer.ggml.padding_token_id"), None);
    assert_eq!(report.warnings, [Warning::NoTokenizer, Warning::NoChatTemplate]);
}

#[test]
fn functions_are_stored_as_they_are() {
    let text = "[ {\"name\": \"set_alarm\"} ]";
    let (model, _) = convert(vec![("tools.json", text.to_owned())]);
    assert_eq!(model.metadata().str("phonelm.tools").unwrap(), Some(text));
}

#[test]
fn a_tokenizer_that_does_not_fit_is_refused() {
    let with = |change: &dyn Fn(&mut Value)| {
        let mut json = tokenizer();
        change(&mut json);
        folder(vec![("tokenizer.json", json.to_string())]).refusal()
    };
    let too_large = "tokenizer.json has the token id 50, but config.json's vocab_size is 50";
    assert_eq!(with(&|json| json["model"]["vocab"]["z"] = 50.into()), too_large);
    assert_eq!(with(&|json| json["added_tokens"][0]["id"] = 50.into()), too_large);
    assert!(
        with(&|json| json["model"]["vocab"]["z"] = (-1).into()).contains("the id of a token is unusable for \"z\"")
    );
    assert!(with(&|json| json["model"] = json!(null)).contains("model is missing"));
    assert!(with(&|json| json["model"]["vocab"] = json!(7)).contains("model.vocab is missing"));

    let mut config = folder(vec![]);
    config.config["eos_token_id"] = 50.into();
    assert_eq!(config.refusal(), "config.json has the token id 50, but config.json's vocab_size is 50");
    config.config["eos_token_id"] = "</s>".into();
    assert!(config.refusal().contains("eos_token_id is \"</s>\", but it should be a token id"));
}
