//! Models on a GPU: what `backend` chooses, what is kept of measuring, and the way back to the processor.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use common::*;
use phonelm_sdk::*;

fn on(backend: BackendPreference) -> ModelOptions {
    ModelOptions { backend: Some(backend), ..ModelOptions::default() }
}

#[test]
fn the_gpu_says_what_the_processor_says() {
    let (gpu, cpu) = (load(path(TINY), on(BackendPreference::Gpu)).unwrap(), tiny());
    assert!(gpu.info().executor.starts_with("GPU, "), "{}", gpu.info().executor);
    assert_eq!(answer(&session(&gpu), "Who are you?").text, answer(&session(&cpu), "Who are you?").text);
    assert!(load(path(TINY), on(BackendPreference::Cpu)).unwrap().info().executor.starts_with("CPU, "));
}

#[test]
fn an_answer_goes_on_when_the_app_goes_to_the_background() {
    let model = load(path(TINY), on(BackendPreference::Gpu)).unwrap();
    let session = session(&model);
    let request = GenerationRequest::text("Count to a hundred", most(60));
    let generation = session.generate(request.clone()).unwrap();
    model.set_background(true);
    let (told, response) = events(&generation).unwrap();
    let changes: Vec<&Event> = told.iter().filter(|event| matches!(event, Event::BackendChanged { .. })).collect();
    let [Event::BackendChanged { from, to, reason }] = &changes[..] else { panic!("{told:?}") };
    assert!(from.starts_with("GPU, ") && to.starts_with("CPU, ") && reason.contains("background"), "{changes:?}");
    assert_eq!(&model.info().executor, to);
    let reference = tiny();
    let expected = finish(&common::session(&reference).generate(request).unwrap()).unwrap();
    assert_eq!(response.text, expected.text);
    assert_eq!(response.statistics.generated_tokens, expected.statistics.generated_tokens);
    model.set_background(false);
    answer(&session, "Who are you?");
    assert!(model.info().executor.starts_with("GPU, "));
}

#[test]
fn a_plan_counts_what_lies_on_the_gpu() {
    let cpu = plan(path(TINY), on(BackendPreference::Cpu), None).unwrap();
    let gpu = plan(path(TINY), on(BackendPreference::Gpu), None).unwrap();
    assert_eq!((cpu.gpu_bytes, gpu.weight_bytes), (0, 0));
    // The file's weights with little else: tokenizer and embedding stay in main memory.
    assert!(gpu.gpu_bytes > gpu.file_bytes / 2 && gpu.gpu_bytes < gpu.file_bytes, "{gpu:?}");
    // Of the GPU's largest batches alone.
    assert!(gpu.scratch_bytes > 4 * cpu.scratch_bytes, "{gpu:?}, {cpu:?}");
    assert_eq!(gpu.total_bytes, gpu.weight_bytes + gpu.kv_bytes + gpu.scratch_bytes + gpu.gpu_bytes);
}

#[test]
fn keys_and_values_are_kept_as_the_options_say() {
    let keep = |kv_type, backend| ModelOptions { kv_type: Some(kv_type), ..on(backend) };
    let options = || keep(KvType::Q8_0, BackendPreference::Gpu);
    let model = load(path(TINY), options()).unwrap();
    assert!(model.info().executor.starts_with("GPU, "));
    assert_eq!(answer(&session(&model), "Who are you?").text, answer(&session(&tiny()), "Who are you?").text);
    let [bytes, halves] = [options(), on(BackendPreference::Gpu)].map(|o| plan(path(TINY), o, None).unwrap());
    assert!(bytes.kv_bytes < halves.kv_bytes * 6 / 10, "{} {}", bytes.kv_bytes, halves.kv_bytes);

    let error = load(path(TINY), keep(KvType::F32, BackendPreference::Gpu)).err().unwrap();
    assert!(matches!(&error, SdkError::OptionInvalid { option, .. } if option == "kv_type"), "{error}");
    let model = load(path(TINY), keep(KvType::F32, BackendPreference::Auto)).unwrap();
    assert!(model.info().executor.starts_with("CPU, "));
}

#[test]
fn a_start_goes_where_an_earlier_one_measured() {
    let folder = tempfile::tempdir().unwrap();
    let options = || ModelOptions {
        cache_dir: Some(folder.path().to_string_lossy().into_owned()),
        ..on(BackendPreference::Auto)
    };
    let started = || load(path(TINY), options()).unwrap().info().executor;
    assert!(started().starts_with("CPU, "), "nothing is measured yet");
    let kept = folder.path().join(format!("phonelm-backend-{}", &tiny().info().fingerprint[..16]));
    for (text, start) in
        [("cpu\nany", "CPU, "), ("gpu\nanother GPU, another driver", "CPU, "), ("fastest", "CPU, "), ("gpu", "CPU, ")]
    {
        std::fs::write(&kept, text).unwrap();
        assert!(started().starts_with(start), "{text}: {}", started());
    }
}
