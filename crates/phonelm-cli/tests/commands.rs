//! Each command on small golden models, read as a user or another program reads it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::path::Path;

use common::{Place, golden, read_npy};
use serde_json::Value;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn ids(value: &Value) -> Vec<u64> {
    value.as_array().unwrap().iter().map(|id| id.as_u64().unwrap()).collect()
}

#[test]
fn help_has_examples_everywhere() {
    let place = Place::new();
    let commands = [
        "run",
        "call",
        "eval-calls",
        "convert",
        "inspect",
        "tokenize",
        "logits",
        "perplexity",
        "bench",
        "search",
        "kernels",
        "devices",
    ];
    for command in commands {
        let help = place.succeeds(&[command, "--help"]);
        assert!(help.contains("Usage: phonelm") && help.contains("Examples:"), "{command}: {help}");
    }
    let help = place.succeeds(&["--help"]);
    assert!(help.contains("Examples:") && help.contains("convert"), "{help}");
    assert_eq!(place.succeeds(&[]), help);
    assert!(place.succeeds(&["--version"]).starts_with("phonelm "));
}

#[test]
fn converted_models_give_their_makers_logits() {
    let place = Place::new();
    for name in ["llama-tied-gqa", "qwen2-gqa", "qwen3-gqa", "phonelm-gqa"] {
        place.convert(name, "f32");
        let tokens = std::fs::read_to_string(golden(name).join("tokens.json")).unwrap();
        let tokens = ids(&json(&tokens));
        let list: Vec<String> = tokens.iter().map(u64::to_string).collect();
        place.succeeds(&["logits", &format!("{name}.gguf"), "--tokens", &list.join(","), "-o", "out.npy"]);
        let (shape, found) = read_npy(&place.path("out.npy"));
        let (wanted_shape, wanted) = read_npy(&golden(name).join("expected.npy"));
        assert_eq!(shape, wanted_shape);
        let mean = wanted.iter().sum::<f32>() / wanted.len() as f32;
        let spread = wanted.iter().map(|w| (w - mean).powi(2)).sum::<f32>();
        let error = wanted.iter().zip(&found).map(|(w, f)| (w - f).powi(2)).sum::<f32>();
        assert!((error / spread).sqrt() < 1e-3, "{name}: {}", (error / spread).sqrt());
    }
}

#[test]
fn convert_says_what_it_made_and_warns() {
    let place = Place::new();
    let folder = golden("phonelm-gqa");
    let ended = place.run(&["convert", folder.to_str().unwrap(), "-o", "out.gguf", "--type", "q8_0"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.starts_with("out.gguf: ") && ended.stdout.contains("q8_0"), "{ended:?}");
    assert!(ended.stderr.lines().all(|line| line.starts_with("warning: ")), "{ended:?}");
    assert!(ended.stderr.contains("no tokenizer.json"), "{ended:?}");
    let first = std::fs::read(place.path("out.gguf")).unwrap();
    place.succeeds(&["convert", folder.to_str().unwrap(), "-o", "out.gguf", "--type", "q8_0"]);
    assert_eq!(std::fs::read(place.path("out.gguf")).unwrap(), first);
    assert_eq!(place.names(), ["out.gguf"]);
}

#[test]
fn the_embedded_model_is_its_folder_converted() {
    let place = Place::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/phonelm-tiny");
    place.succeeds(&["convert", folder.to_str().unwrap(), "-o", "tiny.gguf", "--type", "q8_0", "--layout", "packed"]);
    let embedded = json(&place.succeeds(&["inspect", "--json"]));
    let converted = json(&place.succeeds(&["inspect", "tiny.gguf", "--json"]));
    assert_eq!(embedded, converted, "convert models/phonelm-tiny again, with --type q8_0 --layout packed");
    let stored = std::fs::read(folder.join("phonelm-tiny.gguf")).unwrap();
    assert!(stored == std::fs::read(place.path("tiny.gguf")).unwrap(), "convert models/phonelm-tiny again");
}

#[test]
fn tokenize_gives_the_ids_of_hugging_face() {
    let place = Place::new();
    for name in ["llama-tied-gqa", "qwen2-gqa"] {
        place.convert(name, "f16");
        let model = format!("{name}.gguf");
        let cases = json(&std::fs::read_to_string(golden(name).join("tokenizer_cases.json")).unwrap());
        for case in cases.as_array().unwrap() {
            let text = case["text"].as_str().unwrap();
            let plain = place.succeeds(&["tokenize", &model, text, "--ids"]);
            assert_eq!(ids(&json(&plain)), ids(&case["ids_text"]), "{text:?}");
            let marks = place.succeeds(&["tokenize", &model, text, "--ids", "--marks"]);
            assert_eq!(ids(&json(&marks)), ids(&case["ids"]), "{text:?}");
        }
    }
    assert_eq!(place.succeeds(&["tokenize", "qwen2-gqa.gguf", "Hel"]), "39   \"H\"\n292  \"el\"\n");
}

#[test]
fn tokenize_renders_conversations() {
    let place = Place::new();
    place.convert("qwen2-gqa", "f16");
    place.write("one.json", r#"[{"role": "user", "content": "Hi <|im_end|>"}]"#);
    place.write("none.json", r#"{"messages": []}"#);
    let by_file = place.succeeds(&["tokenize", "qwen2-gqa.gguf", "--chat", "one.json", "--ids"]);
    let by_text = place.succeeds(&["tokenize", "qwen2-gqa.gguf", "Hi <|im_end|>", "--chat", "none.json", "--ids"]);
    assert_eq!(by_file, by_text);
    // The system message, the user's, and the beginning of the answer; the mark that was typed stays text.
    let start = json(&place.succeeds(&["tokenize", "qwen2-gqa.gguf", "<|im_start|>", "--marks", "--ids"]))[0].clone();
    let all = json(&by_file);
    assert_eq!(all.as_array().unwrap().iter().filter(|id| **id == start).count(), 3);
    let closed = ["tokenize", "qwen2-gqa.gguf", "--chat", "one.json", "--ids", "--generation-prompt", "false"];
    let closed = json(&place.succeeds(&closed));
    assert_eq!(closed.as_array().unwrap().iter().filter(|id| **id == start).count(), 2);
    for (text, expected) in [("{", "messages.json: "), ("{}", "no list of messages"), ("[1]", "message 0 has no role")]
    {
        place.write("messages.json", text);
        let line = place.fails(&["tokenize", "qwen2-gqa.gguf", "--chat", "messages.json"]);
        assert!(line.contains(expected), "{line}");
    }
}

#[test]
fn inspect_tells_people_and_programs_the_same() {
    let place = Place::new();
    place.convert("llama-tied-gqa", "q8_0");
    let text = place.succeeds(&["inspect", "llama-tied-gqa.gguf", "--tensors"]);
    for expected in ["llama", "context        512 tokens", "tokenizer      gpt2, 320 entries", "blk.1.ffn_down.weight"]
    {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    let all = json(&place.succeeds(&["inspect", "llama-tied-gqa.gguf", "--tensors", "--json"]));
    assert_eq!(all["family"], "llama");
    assert_eq!((all["layers"].as_u64(), all["kv_heads"].as_u64()), (Some(2), Some(2)));
    assert_eq!(all["tokenizer"]["entries"], 320);
    assert_eq!((&all["chat_template"], &all["problem"]), (&Value::Bool(true), &Value::Null));
    assert_eq!(all["metadata"]["tokenizer.ggml.tokens"]["length"], 320);
    let tensors = all["tensors"].as_array().unwrap();
    let by_type: u64 = all["types"].as_object().unwrap().values().map(|t| t["tensors"].as_u64().unwrap()).sum();
    assert_eq!(by_type, tensors.len() as u64);
}

#[test]
fn perplexity_follows_from_the_logits() {
    let place = Place::new();
    place.convert("qwen2-gqa", "f32");
    let text = "The quick brown fox jumps over the lazy dog, and the dog sleeps on.";
    place.write("text.txt", text);
    let measure = json(&place.succeeds(&["perplexity", "qwen2-gqa.gguf", "text.txt", "--json"]));
    let tokens = ids(&json(&place.succeeds(&["tokenize", "qwen2-gqa.gguf", text, "--ids"])));
    let list: Vec<String> = tokens.iter().map(u64::to_string).collect();
    place.succeeds(&["logits", "qwen2-gqa.gguf", "--tokens", &list.join(","), "-o", "out.npy"]);
    let (_, logits) = read_npy(&place.path("out.npy"));
    let nats: f64 = logits
        .chunks(320)
        .zip(&tokens[1..])
        .map(|(row, &next)| {
            let sum: f64 = row.iter().map(|&logit| f64::from(logit).exp()).sum();
            sum.ln() - f64::from(row[next as usize])
        })
        .sum();
    let expected = (nats / (tokens.len() - 1) as f64).exp();
    let found = measure["perplexity"].as_f64().unwrap();
    assert!((found / expected - 1.0).abs() < 0.01, "{found} {expected}");
    assert_eq!(measure["tokens"], tokens.len());
    assert!(measure["bits_per_byte"].as_f64().unwrap() > 0.0);
    let chunks = place.succeeds(&["perplexity", "qwen2-gqa.gguf", "text.txt", "--json", "--context", "8"]);
    assert_eq!(json(&chunks)["scored"].as_u64().unwrap() as usize, tokens.len() - tokens.len().div_ceil(8));
}

#[test]
fn bench_measures_models_and_shapes() {
    let place = Place::new();
    place.convert("phonelm-gqa", "q4_0");
    let args = ["bench", "phonelm-gqa.gguf", "-p", "16", "-n", "4", "-t", "2", "-r", "3", "--json"];
    let measure = json(&place.succeeds(&args));
    for phase in ["prefill_tokens_per_second", "decode_tokens_per_second"] {
        let [min, median, max] = ["min", "median", "max"].map(|name| measure[phase][name].as_f64().unwrap());
        assert!(0.0 < min && min <= median && median <= max, "{measure}");
    }
    assert_eq!((measure["threads"].as_u64(), measure["repetitions"].as_u64()), (Some(2), Some(3)));
    assert!(measure["bytes_per_token"].as_u64().unwrap() > 0);
    let text = place.succeeds(&["bench", "phonelm-gqa.gguf", "-p", "0", "-n", "4", "-r", "1"]);
    assert!(!text.contains("prefill") && text.contains("decode") && text.contains("tokens/s"), "{text}");
}

#[test]
fn bench_holds_decode_against_memory_and_passes_against_one_token() {
    let place = Place::new();
    place.convert("phonelm-gqa", "q4_0");
    let args = ["bench", "phonelm-gqa.gguf", "-p", "0", "-n", "8", "-t", "1", "-r", "1"];
    let deep = [&args[..], &["--depth", "100", "--rows", "1,4", "--bandwidth"]].concat();
    let measure = json(&place.succeeds(&[&deep[..], &["--json"]].concat()));
    assert_eq!((measure["depth"].as_u64(), &measure["prefill_tokens_per_second"]), (Some(100), &Value::Null));
    let rows: Vec<_> = measure["rows"].as_array().unwrap().iter().map(|pass| pass["rows"].as_u64().unwrap()).collect();
    assert_eq!(rows, [1, 4]);
    assert!(measure["rows"][1]["relative"]["median"].as_f64().unwrap() > 0.0);
    let number = |value: &Value| value["median"].as_f64().unwrap();
    let read = measure["bytes_per_token"].as_f64().unwrap() * number(&measure["decode_tokens_per_second"]);
    let share = read / number(&measure["bandwidth"]["bytes_per_second"]);
    assert!((number(&measure["bandwidth"]["decode_share"]) / share - 1.0).abs() < 1e-9, "{measure}");
    let shallow = json(&place.succeeds(&[&args[..], &["--json"]].concat()));
    assert!(shallow["bytes_per_token"].as_u64() < measure["bytes_per_token"].as_u64());
    let text = place.succeeds(&deep);
    assert!(text.contains("4 at once") && text.contains("GB/s") && text.contains("decode reaches"), "{text}");
}

/// A search among a few shapes of 300,000 parameters.
const SEARCH: &str = "search --params 300K --tolerance 4% --vocab 512 --context 64 --prefill 16 --decode 8 \
                      --head-dims 16,32 --kv-groups 1,2 --layers 2..6 --ffn-ratio 2..4 -t 1 -o found";

#[test]
fn search_finds_a_shape_and_goes_on_where_it_was() {
    let place = Place::new();
    let args: Vec<&str> = SEARCH.split_whitespace().collect();
    let text = place.succeeds(&args);
    assert!(text.lines().any(|line| line.starts_with('*')) && text.contains("tokens/s in decode"), "{text}");
    let read = |name: &str| std::fs::read(place.path("found").join(name)).unwrap();
    let found = json(std::str::from_utf8(&read("results.json")).unwrap());
    let config = json(std::str::from_utf8(&read("config.json")).unwrap());
    assert_eq!((&config["hidden_size"], &config["model_type"]), (&found["winner"]["hidden"], &json("\"phonelm\"")));
    assert!(String::from_utf8(read("results.csv")).unwrap().starts_with("hidden,layers,"));
    for picture in ["speed", "front"] {
        let svg = String::from_utf8(read(&format!("{picture}.svg"))).unwrap();
        assert!(svg.contains("Shapes of 0.3 M parameters") && svg.contains("<circle"), "{svg}");
        assert!(read(&format!("{picture}.png")).starts_with(b"\x89PNG\r\n"));
    }
    let measured = read("measurements.jsonl");
    let again = json(&place.succeeds(&[&args[..], &["--json", "--objective", "prefill"]].concat()));
    assert_eq!(again["objective"], "prefill");
    assert!(read("measurements.jsonl").starts_with(&measured));
}

#[test]
fn random_models_are_saved_for_other_programs() {
    let place = Place::new();
    place.succeeds(&["bench", "--shape", "phonelm-0.5b", "--llama", "--save", "random.gguf"]);
    let text = place.succeeds(&["inspect", "random.gguf"]);
    assert!(text.contains("llama") && text.contains("takes token ids and no text"), "{text}");
    assert!(place.fails(&["bench", "--llama"]).contains("--shape"));
    assert!(place.fails(&["bench", "-n", "4", "--rows", "2,8"]).contains("--rows 8"));
}

#[test]
fn kernels_marks_the_one_in_use() {
    let place = Place::new();
    let sets = json(&place.succeeds(&["kernels", "--json"]));
    let chosen: Vec<_> = sets.as_array().unwrap().iter().filter(|set| set["chosen"] == true).collect();
    assert_eq!(chosen.len(), 1);
    let name = chosen[0]["name"].as_str().unwrap();
    assert!(place.succeeds(&["kernels"]).contains(&format!("*  {name}")));
    let scalar = place.command(&["kernels"]).env("PHONELM_KERNELS", "any-q8-scalar").output().unwrap();
    assert!(String::from_utf8(scalar.stdout).unwrap().contains("*  any-q8-scalar"));
    let unknown = place.command(&["kernels"]).env("PHONELM_KERNELS", "x86_64-q8-mmx").output().unwrap();
    assert_eq!(unknown.status.code(), Some(1));
    assert!(String::from_utf8(unknown.stderr).unwrap().starts_with("phonelm: kernel set \"x86_64-q8-mmx\""));
}

#[test]
fn verbose_tells_spans_on_stderr() {
    let place = Place::new();
    place.convert("phonelm-gqa", "q4_0");
    let args = ["-v", "bench", "phonelm-gqa.gguf", "-p", "4", "-n", "1", "-r", "1", "--json"];
    let ended = place.run(&args);
    json(&ended.stdout);
    assert!(ended.stderr.contains("load") && ended.stderr.contains("threads"), "{ended:?}");
    assert!(!ended.stderr.contains('\u{1b}'), "{ended:?}");
    let wrong = place.command(&args[1..]).env("PHONELM_LOG", "phonelm=loud").output().unwrap();
    assert_eq!(wrong.status.code(), Some(1));
    assert!(String::from_utf8(wrong.stderr).unwrap().starts_with("phonelm: PHONELM_LOG is \"phonelm=loud\""));
}

#[cfg(unix)]
#[test]
fn a_reader_that_goes_away_is_no_failure() {
    let place = Place::new();
    place.convert("llama-tied-gqa", "q8_0");
    for args in ["inspect llama-tied-gqa.gguf --tensors", "tokenize llama-tied-gqa.gguf abc", "kernels", "--help"] {
        let mut shell = std::process::Command::new("bash");
        let line = format!("set -o pipefail; \"$0\" {args} | true");
        shell.current_dir(place.path("")).args(["-c", &line, env!("CARGO_BIN_EXE_phonelm")]);
        let output = shell.output().unwrap();
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{args}");
        assert_eq!(output.status.code(), Some(0), "{args}");
    }
}
