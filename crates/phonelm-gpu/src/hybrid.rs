//! GPU and CPU as one executor: each text's cache lies on one of them and goes where the next pass is computed.
//!
//! What was fed into a cache is remembered. A GPU that fails is given up in the middle of a text: caches move to the CPU as
//! exported bytes, or are computed there again from what was fed, and the pass that failed is computed on the CPU. Either
//! side is made when it is first needed.
//!
//! The trap: keys and values that came from the GPU differ a little from the CPU's own, so that logits after a change do too.

mod carry;
mod measure;
mod text;

use std::ops::{ControlFlow, Range};

use phonelm_kernels::{CpuExecutor, CpuOptions};
use phonelm_model::{
    BackendChange, Best, CacheId, Caches, Executor, ExecutorError, ExportShape, Input, Logits, ModelFile,
    PREFILL_BATCH, Placement, Segment,
};

use crate::error::LoadError;
use crate::executor::{GpuExecutor, GpuOptions};
use text::{Fed, Home, Side, Text};

/// Positions that one pass of [`Placement::PrefillOnGpu`] computes on the CPU: a token and those drafted after it.
const FEW: usize = 8;

/// Runs one model on GPU and CPU.
pub struct HybridExecutor {
    file: ModelFile,
    cpu_options: CpuOptions,
    gpu_options: GpuOptions,
    cpu: Option<Box<dyn Executor>>,
    gpu: Option<Box<dyn Executor>>,
    placement: Placement,
    background: bool,
    /// Threads of the CPU, if they were set.
    threads: Option<usize>,
    /// The share of them that may compute.
    thread_share: f64,
    context: usize,
    texts: Caches<Text>,
    change: Option<BackendChange>,
}

impl HybridExecutor {
    /// Brings a model to where it is to compute. `progress` hears what share is done, 0 to 1, and ends the loading with
    /// [`ControlFlow::Break`]. Options of the two sides that both have, the CPU's decide.
    pub fn load(
        file: ModelFile,
        cpu: &CpuOptions,
        gpu: &GpuOptions,
        placement: Placement,
        progress: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<Self, LoadError> {
        let context = cpu.context.unwrap_or(file.config().context);
        let mut hybrid = Self {
            file,
            cpu_options: cpu.clone(),
            gpu_options: GpuOptions { context: cpu.context, kv: cpu.kv, ..gpu.clone() },
            cpu: None,
            gpu: None,
            placement,
            background: false,
            threads: None,
            thread_share: 1.0,
            context,
            texts: Caches::default(),
            change: None,
        };
        if placement != Placement::Cpu {
            hybrid.load_gpu(progress)?;
        }
        if placement != Placement::Gpu {
            hybrid.load_cpu(progress)?;
        }
        Ok(hybrid)
    }

    /// All on a GPU executor that is there already.
    pub fn around(gpu: Box<dyn Executor>, file: ModelFile, cpu: &CpuOptions) -> Self {
        Self {
            context: gpu.context(),
            file,
            cpu_options: CpuOptions { context: Some(gpu.context()), ..cpu.clone() },
            gpu_options: GpuOptions { context: Some(gpu.context()), kv: cpu.kv, ..GpuOptions::default() },
            cpu: None,
            gpu: Some(gpu),
            placement: Placement::Gpu,
            background: false,
            threads: None,
            thread_share: 1.0,
            texts: Caches::default(),
            change: None,
        }
    }

    /// Where it computes.
    pub fn placement(&self) -> Placement {
        self.placement
    }

    fn load_cpu(&mut self, progress: &mut dyn FnMut(f64) -> ControlFlow<()>) -> Result<(), LoadError> {
        let mut cpu = CpuExecutor::load(self.file.clone(), &self.cpu_options, progress)?;
        if let Some(threads) = self.threads {
            cpu.set_threads(threads);
        }
        cpu.set_thread_share(self.thread_share);
        self.cpu = Some(Box::new(cpu));
        Ok(())
    }

    fn load_gpu(&mut self, progress: &mut dyn FnMut(f64) -> ControlFlow<()>) -> Result<(), LoadError> {
        self.gpu = Some(Box::new(GpuExecutor::load(self.file.clone(), &self.gpu_options, progress)?));
        Ok(())
    }

    /// The executor of a side, which must be there.
    fn ready(&self, side: Side) -> Result<&dyn Executor, ExecutorError> {
        let executor = match side {
            Side::Cpu => &self.cpu,
            Side::Gpu => &self.gpu,
        };
        executor.as_deref().ok_or_else(|| absent(side))
    }

    /// The executor of a side; the CPU's is made if there is none.
    fn side(&mut self, side: Side) -> Result<&mut Box<dyn Executor>, ExecutorError> {
        if side == Side::Cpu && self.cpu.is_none() {
            let made = self.load_cpu(&mut |_| ControlFlow::Continue(()));
            made.map_err(|cause| ExecutorError::Device { cause: format!("and so did the CPU: {cause}") })?;
        }
        let executor = match side {
            Side::Cpu => &mut self.cpu,
            Side::Gpu => &mut self.gpu,
        };
        executor.as_mut().ok_or_else(|| absent(side))
    }

    /// Where a pass over so many positions is computed.
    fn side_of(&self, positions: usize) -> Side {
        match self.placement {
            _ if self.background || self.gpu.is_none() => Side::Cpu,
            Placement::Cpu => Side::Cpu,
            Placement::PrefillOnGpu if positions <= FEW => Side::Cpu,
            Placement::PrefillOnGpu | Placement::Gpu => Side::Gpu,
        }
    }

    /// Computes a pass on one side.
    fn pass_on<R>(
        &mut self,
        side: Side,
        segments: &[Segment<'_>],
        pass: &impl Fn(&mut dyn Executor, &[Segment<'_>]) -> Result<R, ExecutorError>,
    ) -> Result<R, ExecutorError> {
        let mut there = Vec::with_capacity(segments.len());
        for segment in segments {
            self.bring(segment.cache, side)?;
            let home = self.texts.get(segment.cache)?.home;
            let cache = home.ok_or(ExecutorError::UnknownCache { id: segment.cache.0 })?.cache;
            there.push(Segment { cache, ..*segment });
        }
        let result = pass(&mut **self.side(side)?, &there)?;
        let hidden = self.file.config().hidden;
        for segment in segments {
            self.texts.get_mut(segment.cache)?.push(segment.input, hidden);
        }
        Ok(result)
    }

    /// Computes a pass where it is to be computed, and on the CPU should the GPU fail.
    fn pass<R>(
        &mut self,
        segments: &[Segment<'_>],
        pass: impl Fn(&mut dyn Executor, &[Segment<'_>]) -> Result<R, ExecutorError>,
    ) -> Result<R, ExecutorError> {
        let hidden = self.file.config().hidden.max(1);
        let mut positions = 0;
        for (index, segment) in segments.iter().enumerate() {
            // Told here, because the sides have numbers of their own.
            self.texts.get(segment.cache)?;
            if segments[..index].iter().any(|earlier| earlier.cache == segment.cache) {
                return Err(ExecutorError::DuplicateCache { id: segment.cache.0 });
            }
            positions += match segment.input {
                Input::Tokens(tokens) => tokens.len(),
                Input::Rows(values) => values.len() / hidden,
            };
        }
        let side = self.side_of(positions);
        match self.pass_on(side, segments, &pass) {
            Err(error) if side == Side::Gpu && is_fault(&error) => {
                self.give_up(&error)?;
                self.pass_on(Side::Cpu, segments, &pass)
            }
            result => result,
        }
    }

    /// Goes on without the GPU, whose memory is given back.
    fn give_up(&mut self, why: &ExecutorError) -> Result<(), ExecutorError> {
        let from = self.describe();
        self.side(Side::Cpu)?;
        self.carry_all(Side::Cpu);
        self.gpu = None;
        self.placement = Placement::Cpu;
        self.tell(from, why.to_string());
        Ok(())
    }

    /// Computes elsewhere from now on; a side that is not needed is given up. Fails if a side that is needed cannot be made,
    /// and then leaves everything as it was.
    fn place(&mut self, placement: Placement, reason: &str) -> Result<(), ExecutorError> {
        let from = self.describe();
        if placement != Placement::Gpu {
            self.side(Side::Cpu)?;
        }
        self.placement = placement;
        match placement {
            Placement::Cpu => {
                self.carry_all(Side::Cpu);
                self.gpu = None;
            }
            Placement::Gpu => {
                self.carry_all(Side::Gpu);
                self.cpu = None;
            }
            Placement::PrefillOnGpu => {}
        }
        self.tell(from, reason.to_owned());
        Ok(())
    }

    fn tell(&mut self, from: String, reason: String) {
        let to = self.describe();
        if from != to {
            self.change = Some(BackendChange { from, to, reason });
        }
    }
}

fn absent(side: Side) -> ExecutorError {
    ExecutorError::Device { cause: format!("there is no {side:?} executor any more") }
}

/// Whether the CPU may do better.
fn is_fault(error: &ExecutorError) -> bool {
    use ExecutorError::{Device, NotFinite, OutOfMemory};
    matches!(error, Device { .. } | OutOfMemory { .. } | NotFinite { .. })
}

impl Executor for HybridExecutor {
    fn describe(&self) -> String {
        let name = |side| self.ready(side).map_or_else(|_| "CPU".to_owned(), Executor::describe);
        match (self.side_of(FEW + 1), self.side_of(1)) {
            (a, b) if a == b => name(a),
            (many, few) => format!("{} for prompts; {} for answers", name(many), name(few)),
        }
    }

    fn context(&self) -> usize {
        self.context
    }

    fn create(&mut self) -> CacheId {
        self.texts.insert(Text::default())
    }

    fn fork(&mut self, cache: CacheId) -> Result<CacheId, ExecutorError> {
        let mut copy = self.texts.get(cache)?.clone();
        if let Some(home) = &mut copy.home {
            home.cache = self.side(home.side)?.fork(home.cache)?;
        }
        Ok(self.texts.insert(copy))
    }

    fn len(&self, cache: CacheId) -> Result<usize, ExecutorError> {
        Ok(self.texts.get(cache)?.len())
    }

    fn truncate(&mut self, cache: CacheId, len: usize) -> Result<usize, ExecutorError> {
        let text = self.texts.get(cache)?;
        let mut kept = len.min(text.len());
        if let Some(home) = text.home {
            kept = self.side(home.side)?.truncate(home.cache, kept)?;
        }
        self.texts.get_mut(cache)?.truncate(kept);
        Ok(kept)
    }

    fn release(&mut self, cache: CacheId) {
        if let Some(text) = self.texts.remove(cache) {
            self.forget(text.home);
        }
    }

    fn export_shape(&self) -> Result<ExportShape, ExecutorError> {
        self.ready(Side::Cpu).or_else(|_| self.ready(Side::Gpu))?.export_shape()
    }

    fn append_blocks(&self, cache: CacheId, blocks: Range<usize>, out: &mut Vec<u8>) -> Result<(), ExecutorError> {
        let home = self.texts.get(cache)?.home;
        let home = home.ok_or(ExecutorError::Device { cause: "the text is not computed yet".to_owned() })?;
        self.ready(home.side)?.append_blocks(home.cache, blocks, out)
    }

    fn import(&mut self, bytes: &[u8]) -> Result<CacheId, ExecutorError> {
        let side = self.side_of(1);
        let cache = self.side(side)?.import(bytes)?;
        let imported = self.side(side)?.len(cache)?;
        Ok(self.texts.insert(Text { home: Some(Home { side, cache }), imported, inputs: Vec::new() }))
    }

    fn remember(&mut self, cache: CacheId, tokens: &[u32]) {
        if let Ok(text) = self.texts.get_mut(cache)
            && text.imported == tokens.len()
        {
            text.inputs.splice(0..0, tokens.iter().copied().map(Fed::Token));
            text.imported = 0;
        }
    }

    fn cache_bytes(&self) -> usize {
        [&self.cpu, &self.gpu].into_iter().flatten().map(|executor| executor.cache_bytes()).sum()
    }

    fn prefill_batch(&self) -> usize {
        self.ready(self.side_of(FEW + 1)).map_or(PREFILL_BATCH, Executor::prefill_batch)
    }

    fn bytes_per_token(&self, context: usize) -> u64 {
        self.ready(self.side_of(1)).map_or(0, |executor| executor.bytes_per_token(context))
    }

    fn threads(&self) -> usize {
        match self.side_of(1) {
            Side::Cpu => self.cpu.as_ref().map_or(1, |cpu| cpu.threads()),
            Side::Gpu => 1,
        }
    }

    fn set_threads(&mut self, threads: usize) {
        self.threads = Some(threads);
        if let Some(cpu) = &mut self.cpu {
            cpu.set_threads(threads);
        }
    }

    fn set_thread_share(&mut self, share: f64) {
        self.thread_share = share;
        if let Some(cpu) = &mut self.cpu {
            cpu.set_thread_share(share);
        }
    }

    fn take_change(&mut self) -> Option<BackendChange> {
        self.change.take()
    }

    fn set_background(&mut self, background: bool) {
        let from = self.describe();
        self.background = background;
        if background && self.gpu.is_some() {
            // Later the GPU may not even be asked for them. Caches that came along return with their next pass.
            match self.side(Side::Cpu) {
                Ok(_) => self.carry_all(Side::Cpu),
                Err(error) => tracing::warn!(%error, "the CPU is not ready"),
            }
        }
        let reason = if background { "the app went to the background" } else { "the app is in front again" };
        self.tell(from, reason.to_owned());
    }

    fn measure_placement(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<Option<Placement>, ExecutorError> {
        self.measure(go_on)
    }

    fn forward(&mut self, segments: &[Segment<'_>]) -> Result<Logits, ExecutorError> {
        self.pass(segments, |executor, segments| executor.forward(segments))
    }

    fn forward_best(&mut self, segments: &[Segment<'_>], count: usize) -> Result<Best, ExecutorError> {
        self.pass(segments, |executor, segments| executor.forward_best(segments, count))
    }
}
