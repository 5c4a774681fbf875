//! Loading, planning and verifying: where models come from and how that fails.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::io::Write;
use std::ops::ControlFlow;
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use common::*;
use phonelm_sdk::*;
use pollster::block_on;

fn verify(model: &Model, expected: Option<String>) -> Result<String, SdkError> {
    let verification = model.verify(expected);
    loop {
        if let VerifyEvent::Verified { sha256 } = block_on(verification.next())?.unwrap() {
            return Ok(sha256);
        }
    }
}

#[test]
fn a_model_tells_what_it_is() {
    let info = tiny().info();
    assert_eq!((info.family.as_str(), info.context, info.vocab), ("phonelm", 2048, 4096));
    assert_eq!(info.quantization, "q8_0");
    assert_eq!(info.tool_format.as_deref(), Some("hermes"));
    assert!(info.chat_template.unwrap().contains("<|im_start|>"));
    assert!(info.parameters > 10_000_000 && info.executor.contains("threads"));
    assert_eq!(info.fingerprint.len(), 64);
    assert_eq!(sdk_version(), env!("CARGO_PKG_VERSION"));
}

#[test]
fn a_model_inside_another_file_is_mapped_where_it_lies() {
    let model = std::fs::read(TINY).unwrap();
    let mut apk = tempfile::tempfile().unwrap();
    apk.write_all(b"PK").unwrap();
    apk.write_all(&model).unwrap();
    apk.write_all(b"central directory").unwrap();
    let length = model.len() as u64;
    let inside = ModelSource::Descriptor { fd: apk.as_raw_fd(), offset: 2, length };
    let model = load(inside, ModelOptions::default()).unwrap();
    drop(apk);
    assert_eq!(answer(&session(&model), "Who are you?").text, answer(&session(&tiny()), "Who are you?").text);
}

#[test]
fn descriptors_that_cannot_be_mapped_are_refused_with_advice() {
    let file = std::fs::File::open(TINY).unwrap();
    let size = file.metadata().unwrap().len();
    let (reader, _writer) = std::io::pipe().unwrap();
    for (fd, offset, length) in [
        (-1, 0, 10),
        (999, 0, 10),
        (reader.as_raw_fd(), 0, 10),
        (file.as_raw_fd(), 0, size + 1),
        (file.as_raw_fd(), size, 1),
        (file.as_raw_fd(), u64::MAX, 2),
        (file.as_raw_fd(), 0, 0),
    ] {
        let error = load(ModelSource::Descriptor { fd, offset, length }, ModelOptions::default()).err().unwrap();
        assert!(matches!(&error, SdkError::ModelUnmappable { reason } if reason.contains("import")), "{error}");
    }
    let cut = ModelSource::Descriptor { fd: file.as_raw_fd(), offset: 0, length: size / 2 };
    assert!(matches!(load(cut, ModelOptions::default()), Err(SdkError::ModelInvalid { .. })));
}

#[test]
fn files_that_are_no_models() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_string_lossy().into_owned()
    };
    let whole = std::fs::read(TINY).unwrap();
    for bad in [
        file("empty", &[]),
        file("garbage", &[0x5a; 5000]),
        file("cut", &whole[..whole.len() - 1]),
        file("header", &whole[..2000]),
        folder.path().to_string_lossy().into_owned(),
    ] {
        let error = load(path(bad.clone()), ModelOptions::default()).err().unwrap();
        assert!(matches!(&error, SdkError::ModelInvalid { path, .. } if *path == bad), "{error}");
        assert_eq!(plan(path(bad), ModelOptions::default(), None).unwrap_err(), error);
    }
    let error = load(path("no/such.gguf"), ModelOptions::default()).err().unwrap();
    assert_eq!(error, SdkError::ModelNotFound { path: "no/such.gguf".into() });
}

#[test]
fn absurd_options_are_refused_with_what_is_allowed() {
    let options = ModelOptions::default;
    for (bad, named) in [
        (ModelOptions { threads: Some(0), ..options() }, "threads"),
        (ModelOptions { threads: Some(100_000), ..options() }, "threads"),
        (ModelOptions { context: Some(0), ..options() }, "context"),
        (ModelOptions { context: Some(u32::MAX), ..options() }, "context"),
        (ModelOptions { cache_dir: Some("no/such/folder".into()), ..options() }, "cache_dir"),
    ] {
        let error = load(path(TINY), bad).err().unwrap();
        assert!(matches!(&error, SdkError::OptionInvalid { option, .. } if option == named), "{error}");
    }
    if !cfg!(feature = "gpu") {
        let gpu = ModelOptions { backend: Some(BackendPreference::Gpu), ..options() };
        assert!(matches!(load(path(TINY), gpu), Err(SdkError::Unsupported { .. })));
    }
}

#[test]
fn a_cancelled_loading_ends_with_that_word() {
    let loading = load_model(path(TINY), ModelOptions::default());
    loading.cancel();
    loading.cancel();
    let outcome = loop {
        match block_on(loading.next()) {
            Ok(Some(LoadEvent::Progress { .. })) => {}
            Ok(outcome) => break outcome.map(|_| ()).ok_or(SdkError::Cancelled),
            Err(error) => break Err(error),
        }
    };
    assert_eq!(outcome, Err(SdkError::Cancelled));
    drop(load_model(path(TINY), ModelOptions::default()));
}

#[test]
fn a_plan_tells_what_loading_will_cost() {
    let options = ModelOptions { context: Some(1024), ..ModelOptions::default() };
    let all = plan(path(TINY), options.clone(), None).unwrap();
    assert_eq!(all.file_bytes, std::fs::metadata(TINY).unwrap().len());
    assert_eq!(all.total_bytes, all.weight_bytes + all.kv_bytes + all.scratch_bytes + all.gpu_bytes);
    assert_eq!((all.context, all.largest_context), (1024, None));
    assert_eq!(all.kv_bytes, 1024 * all.kv_bytes_per_token);
    let fits = |budget| plan(path(TINY), options.clone(), Some(budget)).unwrap().largest_context.unwrap();
    assert_eq!((fits(all.total_bytes), fits(0)), (1024, 0));
    let half = fits(all.weight_bytes + all.scratch_bytes + all.kv_bytes / 2);
    assert_eq!(half, 512);
    let kept_as = |kv| plan(path(TINY), ModelOptions { kv_type: Some(kv), ..options.clone() }, None).unwrap().kv_bytes;
    assert!(kept_as(KvType::F32) > all.kv_bytes && kept_as(KvType::Q8_0) < all.kv_bytes);
}

#[test]
fn every_byte_is_verified() {
    let model = tiny();
    let sha256 = verify(&model, None).unwrap();
    assert_eq!(verify(&model, Some(sha256.to_uppercase())).unwrap(), sha256);
    let error = verify(&model, Some("0".repeat(64))).unwrap_err();
    assert!(matches!(&error, SdkError::ModelDamaged { reason } if reason.contains(&sha256)), "{error}");
    let cancelled = model.verify(None);
    cancelled.cancel();
    let outcome = std::iter::repeat_with(|| block_on(cancelled.next()))
        .find(|event| !matches!(event, Ok(Some(VerifyEvent::Progress { .. }))));
    assert_eq!(outcome, Some(Err(SdkError::Cancelled)));
    model.unload();
    assert_eq!(verify(&model, None), Err(SdkError::ModelUnloaded));
}

#[test]
fn a_weight_that_is_no_number_is_found_and_its_tensor_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.gguf");
    let mut bytes = std::fs::read(TINY).unwrap();
    // An f16 scale of the file's last packed block, whose 544 bytes begin with the scales.
    let gguf = phonelm_gguf::Gguf::parse(&bytes).unwrap();
    let tensor = gguf.tensors().iter().rfind(|t| t.ty == phonelm_gguf::TensorType::Q8_0x16).unwrap();
    let (end, name) = (tensor.range.end as usize, tensor.name.clone());
    bytes[end - 544..end - 542].copy_from_slice(&0x7e00_u16.to_le_bytes());
    std::fs::write(&file, bytes).unwrap();
    let model = load(path(file.to_string_lossy()), ModelOptions::default()).unwrap();
    let error = verify(&model, None).unwrap_err();
    assert!(matches!(&error, SdkError::ModelDamaged { reason } if reason.contains(&name)), "{error}");
}

#[test]
fn numbers_that_break_while_answering_are_an_error_and_no_crash() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.gguf");
    let mut bytes = std::fs::read(TINY).unwrap();
    let gguf = phonelm_gguf::Gguf::parse(&bytes).unwrap();
    let tensor = gguf.tensor("blk.0.ffn_up.weight").unwrap();
    let start = tensor.range.start as usize;
    for scale in bytes[start..tensor.range.end as usize].chunks_mut(544) {
        scale[..2].copy_from_slice(&0x7e00_u16.to_le_bytes());
    }
    std::fs::write(&file, bytes).unwrap();
    let session = session(&load(path(file.to_string_lossy()), ModelOptions::default()).unwrap());
    let error = finish(&ask(&session, "Who are you?")).unwrap_err();
    assert!(matches!(error, SdkError::ComputeFailed { .. }), "{error}");
    assert!(session.transcript().entries.is_empty() && !session.is_responding());
}

#[test]
fn a_model_without_a_chat_template_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plain.gguf");
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/models/phonelm-mha");
    let options = phonelm_convert::Options::new(phonelm_gguf::TensorType::Q8_0);
    phonelm_convert::convert(source.as_ref(), &file, &options, &mut |_| ControlFlow::Continue(())).unwrap();
    let model = load(path(file.to_string_lossy()), ModelOptions::default()).unwrap();
    assert_eq!(model.info().chat_template, None);
    let error = finish(&ask(&session(&model), "Who are you?")).unwrap_err();
    assert!(matches!(error, SdkError::Unsupported { .. }), "{error}");
}

#[test]
fn threads_are_measured_when_idle_and_kept_for_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let cache_dir = Some(folder.path().to_string_lossy().into_owned());
    let options = || ModelOptions { cache_dir: cache_dir.clone(), ..ModelOptions::default() };
    let files = || std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    let most = phonelm_kernels::default_threads();

    let model = load(path(TINY), options()).unwrap();
    let answer = finish(&ask(&session(&model), "Who are you?")).unwrap().text;
    let start = Instant::now();
    while most > 1 && files().iter().all(|file| file.extension().is_some()) {
        assert!(start.elapsed() < Duration::from_secs(60), "nothing was measured");
        std::thread::sleep(Duration::from_millis(10));
    }
    model.unload();
    let [file] = &files()[..] else { return assert_eq!((most, files().len()), (1, 0)) };
    let kept: usize = std::fs::read_to_string(file).unwrap().trim().parse().unwrap();
    assert!((1..=most).contains(&kept), "{kept} of {most}");

    // What was kept is taken over; nonsense is measured anew.
    for text in ["1\n", "many"] {
        std::fs::write(file, text).unwrap();
        let model = load(path(TINY), options()).unwrap();
        assert_eq!(finish(&ask(&session(&model), "Who are you?")).unwrap().text, answer);
    }
}
