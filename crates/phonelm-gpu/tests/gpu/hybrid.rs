//! A GPU that fails, or may not be used, costs no text a token: caches move to the CPU or are computed there again.

use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex};

use phonelm_gguf::TensorType;
use phonelm_gpu::{GpuExecutor, GpuOptions, HybridExecutor};
use phonelm_kernels::{CpuOptions, KvType};
use phonelm_model::{
    CacheId, Config, Executor, ExecutorError, ExportShape, Family, Input, Logits, LogitsFor, ModelFile, Placement,
    Segment,
};
use phonelm_tests::{distance, extend, logits, small_config};

use crate::common::{KV_TYPES, cpu, gpu, gpu_with, model, text};

/// What a test tells a GPU that fails, and learns from it.
#[derive(Default)]
struct Script {
    /// Fails that many passes from now, with this error.
    fails: Option<(usize, ExecutorError)>,
    /// Whether it then answers nothing any more.
    dies: bool,
    dead: bool,
    passes: usize,
}

/// A GPU executor that fails as its script says.
struct Failing {
    inner: GpuExecutor,
    script: Arc<Mutex<Script>>,
}

fn lost() -> ExecutorError {
    ExecutorError::Device { cause: "injected".to_owned() }
}

impl Failing {
    fn answers(&self) -> Result<(), ExecutorError> {
        if self.script.lock().unwrap().dead { Err(lost()) } else { Ok(()) }
    }
}

impl Executor for Failing {
    fn describe(&self) -> String {
        self.inner.describe()
    }

    fn context(&self) -> usize {
        self.inner.context()
    }

    fn create(&mut self) -> CacheId {
        self.inner.create()
    }

    fn fork(&mut self, cache: CacheId) -> Result<CacheId, ExecutorError> {
        self.inner.fork(cache)
    }

    fn len(&self, cache: CacheId) -> Result<usize, ExecutorError> {
        self.inner.len(cache)
    }

    fn truncate(&mut self, cache: CacheId, len: usize) -> Result<usize, ExecutorError> {
        self.inner.truncate(cache, len)
    }

    fn release(&mut self, cache: CacheId) {
        self.inner.release(cache);
    }

    fn export_shape(&self) -> Result<ExportShape, ExecutorError> {
        self.inner.export_shape()
    }

    fn append_blocks(&self, cache: CacheId, blocks: Range<usize>, out: &mut Vec<u8>) -> Result<(), ExecutorError> {
        self.answers()?;
        self.inner.append_blocks(cache, blocks, out)
    }

    fn import(&mut self, bytes: &[u8]) -> Result<CacheId, ExecutorError> {
        self.answers()?;
        self.inner.import(bytes)
    }

    fn cache_bytes(&self) -> usize {
        self.inner.cache_bytes()
    }

    fn forward(&mut self, segments: &[Segment<'_>]) -> Result<Logits, ExecutorError> {
        self.answers()?;
        let mut script = self.script.lock().unwrap();
        match &mut script.fails {
            Some((0, error)) => {
                let error = error.clone();
                (script.dead, script.fails) = (script.dies, None);
                return Err(error);
            }
            Some((passes, _)) => *passes -= 1,
            None => {}
        }
        script.passes += 1;
        drop(script);
        self.inner.forward(segments)
    }
}

const CPU: CpuOptions = CpuOptions { threads: Some(2), kv: KvType::F16, context: None, kernels: None, dense: false };

fn failing(file: &ModelFile, kv: KvType) -> (HybridExecutor, Arc<Mutex<Script>>) {
    let script = Arc::new(Mutex::new(Script::default()));
    let gpu = Failing { inner: gpu(file), script: script.clone() };
    (HybridExecutor::around(Box::new(gpu), file.clone(), &CpuOptions { kv, ..CPU }), script)
}

fn fail(script: &Mutex<Script>, after: usize, error: ExecutorError, dies: bool) {
    let mut script = script.lock().unwrap();
    (script.fails, script.dies) = (Some((after, error)), dies);
}

fn config() -> Config {
    small_config(Family::Qwen2, true)
}

/// Logits of keys and values of another side are near to the CPU's own, with weights of f16.
#[track_caller]
fn assert_near(found: &[f32], expected: &[f32]) {
    assert_within(2e-3, found, expected);
}

#[track_caller]
fn assert_within(limit: f64, found: &[f32], expected: &[f32]) {
    let apart = distance(found, expected);
    assert!(apart < limit, "{apart:.1e} of the spread");
}

/// A text of 100 tokens, 80 at once and then one by one, whose GPU fails in the pass `after`. What was computed after the failure.
fn through(after: usize, dies: bool) -> (Vec<f32>, Vec<f32>) {
    let config = config();
    let file = model(&config, TensorType::F16);
    let tokens = text(100, config.vocab);
    let (mut hybrid, script) = failing(&file, KvType::F16);
    fail(&script, after, lost(), dies);
    let cache = hybrid.create();
    let mut found = extend(&mut hybrid, cache, &tokens[..80]);
    for token in &tokens[80..] {
        found.extend(extend(&mut hybrid, cache, &[*token]));
    }
    let change = hybrid.take_change().unwrap();
    assert!(change.from.starts_with("GPU, ") && change.to.starts_with("CPU, "), "{change:?}");
    assert!(change.reason.contains("injected"), "{change:?}");
    assert_eq!((hybrid.take_change(), hybrid.placement()), (None, Placement::Cpu));
    assert_eq!(hybrid.len(cache), Ok(100));
    let first = if after == 0 { 0 } else { (79 + after) * config.vocab };
    let expected = logits(&mut cpu(&file, KvType::F16), &tokens);
    assert_eq!(found.len(), expected.len());
    (found[first..].to_vec(), expected[first..].to_vec())
}

#[test]
fn a_gpu_that_dies_costs_no_token() {
    // In prefill, at the first token, in the middle of the answer.
    for after in [0, 1, 7] {
        let (found, expected) = through(after, true);
        assert!(found == expected, "what the CPU computes again is its own to the bit");
        let (found, expected) = through(after, false);
        assert_near(&found, &expected);
    }
}

#[test]
fn forks_and_sessions_go_on() {
    let config = config();
    let file = model(&config, TensorType::F16);
    let vocab = config.vocab;
    let tokens = text(150, vocab);
    for dies in [true, false] {
        let (mut hybrid, script) = failing(&file, KvType::F16);
        let mut reference = cpu(&file, KvType::F16);
        let run = |executor: &mut dyn Executor, fails: bool| {
            let a = executor.create();
            extend(executor, a, &tokens[..90]);
            let b = executor.fork(a).unwrap();
            extend(executor, b, &[5, 6, 7]);
            let c = executor.create();
            extend(executor, c, &tokens[100..]);
            if fails {
                fail(&script, 0, lost(), dies);
            }
            let segment = |cache, tokens| Segment { cache, input: Input::Tokens(tokens), logits: LogitsFor::Last };
            let mut found = executor.forward(&[segment(a, &tokens[90..91]), segment(c, &[1])]).unwrap().values;
            found.extend(extend(executor, b, &[8]));
            assert_eq!(executor.truncate(b, 70), Ok(70));
            found.extend(extend(executor, b, &tokens[70..75]));
            let bytes = executor.cache_bytes();
            assert_eq!([a, b, c].map(|cache| executor.len(cache).unwrap()), [91, 75, 51]);
            [a, b, c].into_iter().for_each(|cache| executor.release(cache));
            assert_eq!(executor.cache_bytes(), 0);
            (found, bytes)
        };
        let ((found, bytes), (expected, of_cpu)) = (run(&mut hybrid, true), run(&mut reference, false));
        if dies {
            assert!(found == expected);
            assert_eq!(bytes, of_cpu, "forks share what is computed again");
        } else {
            assert_near(&found, &expected);
        }
    }
}

#[test]
fn a_restored_text_is_computed_again_from_its_tokens() {
    let config = config();
    let file = model(&config, TensorType::F16);
    let tokens = text(80, config.vocab);
    let (mut hybrid, script) = failing(&file, KvType::F16);
    let before = hybrid.create();
    extend(&mut hybrid, before, &tokens[..64]);
    let saved = hybrid.export(before).unwrap();
    hybrid.release(before);
    let restored = hybrid.import(&saved).unwrap();
    hybrid.remember(restored, &tokens[..64]);
    fail(&script, 0, lost(), true);
    let found = extend(&mut hybrid, restored, &tokens[64..]);
    assert!(found == logits(&mut cpu(&file, KvType::F16), &tokens)[64 * config.vocab..]);
}

#[test]
fn keys_that_the_cpu_keeps_otherwise_are_computed_again() {
    let config = Config { head_dim: 32, ..small_config(Family::Llama, false) };
    let file = model(&config, TensorType::Q8_0);
    let tokens = text(70, config.vocab);
    let (mut hybrid, script) = failing(&file, KvType::Q8_0);
    let cache = hybrid.create();
    extend(&mut hybrid, cache, &tokens[..60]);
    fail(&script, 0, lost(), false);
    let found = extend(&mut hybrid, cache, &tokens[60..]);
    assert!(found == logits(&mut cpu(&file, KvType::Q8_0), &tokens)[60 * config.vocab..]);
}

#[test]
fn a_gpu_without_memory_hands_its_texts_over() {
    let config = Config { context: 4000, ..small_config(Family::Llama, false) };
    let file = model(&config, TensorType::F16);
    let options = GpuOptions { max_binding: Some(200_000), ..GpuOptions::default() };
    let gpu = GpuExecutor::new(file.clone(), &options).unwrap();
    let mut hybrid = HybridExecutor::around(Box::new(gpu), file.clone(), &CPU);
    // A binding holds six blocks of 64 tokens.
    let tokens = text(500, config.vocab);
    let (cache, other) = (hybrid.create(), hybrid.create());
    extend(&mut hybrid, cache, &tokens[..200]);
    extend(&mut hybrid, other, &tokens[..90]);
    assert!(hybrid.describe().starts_with("GPU, "));
    let found = extend(&mut hybrid, cache, &tokens[200..]);
    assert!(hybrid.describe().starts_with("CPU, "));
    let expected = logits(&mut cpu(&file, KvType::F16), &tokens);
    assert_near(&found, &expected[200 * config.vocab..]);
    let found = extend(&mut hybrid, other, &tokens[90..100]);
    assert_near(&found, &expected[90 * config.vocab..100 * config.vocab]);
}

#[test]
fn mistakes_of_the_caller_are_no_failures_of_the_gpu() {
    let config = config();
    let file = model(&config, TensorType::Q8_0);
    let (mut hybrid, _) = failing(&file, KvType::F16);
    let cache = hybrid.create();
    let segment = |tokens| Segment { cache, input: Input::Tokens(tokens), logits: LogitsFor::Last };
    let long = vec![1; config.context + 1];
    let full = ExecutorError::ContextFull { needed: config.context + 1, limit: config.context };
    assert_eq!(hybrid.forward(&[segment(&long)]), Err(full));
    assert_eq!(hybrid.forward(&[segment(&[1]), segment(&[1])]), Err(ExecutorError::DuplicateCache { id: cache.0 }));
    let unknown = ExecutorError::UnknownCache { id: 77 };
    assert_eq!(hybrid.fork(CacheId(77)), Err(unknown));
    assert_eq!((hybrid.placement(), hybrid.len(cache)), (Placement::Gpu, Ok(0)));
}

#[test]
fn in_the_background_the_gpu_is_left_alone() {
    let config = config();
    let file = model(&config, TensorType::F16);
    let tokens = text(110, config.vocab);
    let expected = logits(&mut cpu(&file, KvType::F16), &tokens);
    let (mut hybrid, script) = failing(&file, KvType::F16);
    let passes = || script.lock().unwrap().passes;
    let cache = hybrid.create();
    let mut found = extend(&mut hybrid, cache, &tokens[..80]);
    hybrid.set_background(true);
    let change = hybrid.take_change().unwrap();
    assert!(change.to.starts_with("CPU, ") && change.reason.contains("background"), "{change:?}");
    let before = passes();
    // A GPU that is asked for anything now would fail.
    script.lock().unwrap().dead = true;
    found.extend(extend(&mut hybrid, cache, &tokens[80..90]));
    script.lock().unwrap().dead = false;
    assert_eq!(passes(), before);
    hybrid.set_background(false);
    assert!(hybrid.take_change().unwrap().to.starts_with("GPU, "));
    found.extend(extend(&mut hybrid, cache, &tokens[90..]));
    assert_eq!(passes(), before + 1);
    assert_near(&found, &expected);
}

fn hybrid(file: &ModelFile, kv: KvType, placement: Placement) -> HybridExecutor {
    let go_on = &mut |_| ControlFlow::Continue(());
    let cpu = CpuOptions { kv, ..CPU };
    HybridExecutor::load(file.clone(), &cpu, &GpuOptions::default(), placement, go_on).unwrap()
}

#[test]
fn prompts_on_the_gpu_and_answers_on_the_cpu() {
    let config = Config { head_dim: 32, ..config() };
    let file = model(&config, TensorType::F16);
    let tokens = text(100, config.vocab);
    // The CPU rounds queries too where keys are bytes.
    for (kv, limit) in KV_TYPES.into_iter().zip([2e-3, 2e-2]) {
        let expected = logits(&mut cpu(&file, kv), &tokens);
        let mut hybrid = hybrid(&file, kv, Placement::PrefillOnGpu);
        let name = hybrid.describe();
        assert!(name.starts_with("GPU, ") && name.contains("; CPU, "), "{name}");
        let on_gpu = logits(&mut gpu_with(&file, kv), &tokens[..60]);
        let cache = hybrid.create();
        let mut found = extend(&mut hybrid, cache, &tokens[..60]);
        assert!(found == on_gpu, "a prompt is the GPU's");
        for token in &tokens[60..70] {
            found.extend(extend(&mut hybrid, cache, &[*token]));
        }
        // The next prompt, after all of that.
        found.extend(extend(&mut hybrid, cache, &tokens[70..]));
        assert_within(limit, &found, &expected);
    }
}

#[test]
fn the_fastest_side_is_measured_and_taken() {
    let config = config();
    let file = model(&config, TensorType::F16);
    let tokens = text(60, config.vocab);
    let expected = logits(&mut cpu(&file, KvType::F16), &tokens);
    let mut hybrid = hybrid(&file, KvType::F16, Placement::Cpu);
    let cache = hybrid.create();
    let mut found = extend(&mut hybrid, cache, &tokens[..50]);
    let held = hybrid.cache_bytes();
    // Whoever waits ends it, at whatever pass; nothing is left behind.
    for most in [0, 5, 18, 25] {
        let mut asked = 0;
        let mut go_on = || {
            asked += 1;
            asked <= most
        };
        assert_eq!(hybrid.measure_placement(&mut go_on), Ok(None));
        assert_eq!((hybrid.placement(), hybrid.cache_bytes()), (Placement::Cpu, held));
    }
    let chosen = hybrid.measure_placement(&mut || true).unwrap().unwrap();
    println!("{chosen:?}: {}", hybrid.describe());
    assert_eq!(hybrid.placement(), chosen);
    assert_eq!(hybrid.take_change().is_some(), chosen != Placement::Cpu);
    found.extend(extend(&mut hybrid, cache, &tokens[50..]));
    assert_near(&found, &expected);
}

#[test]
fn the_model_that_ships_says_the_same_after_a_failure() {
    const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/phonelm-tiny/phonelm-tiny.gguf");
    let file = ModelFile::open(TINY.as_ref()).unwrap();
    let greedy = |executor: &mut dyn Executor| {
        let cache = executor.create();
        let mut said = text(12, file.config().vocab);
        let mut next = said.clone();
        for _ in 0..24 {
            let logits = extend(executor, cache, &next);
            let row = &logits[logits.len() - file.config().vocab..];
            next = vec![(0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap() as u32];
            said.extend(&next);
        }
        said
    };
    let expected = greedy(&mut cpu(&file, KvType::F16));
    for (after, dies) in [(0, true), (1, true), (9, true), (9, false)] {
        let (mut hybrid, script) = failing(&file, KvType::F16);
        fail(&script, after, lost(), dies);
        assert_eq!(greedy(&mut hybrid), expected, "after {after} passes");
        assert!(hybrid.take_change().is_some());
    }
}
