//! Each shader that a model will use against plain Rust on this very device, before the model computes: some drivers compute
//! wrongly, and a wrong one is to be found before it talks nonsense.
//!
//! Small inputs with odd sizes, through the same uploads, bindings and steps as the model's own. What passed once is not
//! tested again in this process.

mod best;
mod heads;
mod keys;
mod linear;

use std::collections::HashSet;
use std::sync::{LazyLock, Mutex, PoisonError};

use phonelm_model::ModelFile;
use wgpu::{Buffer, BufferUsages, CommandEncoderDescriptor};

use crate::device::Device;
use crate::error::LoadError;
use crate::keys::KvFormat;
use crate::linear::Recorder;
use crate::pass::Network;
use crate::pipelines::Pipelines;
use crate::shaders::Shader;
use crate::upload::Uploader;

/// How far a result may lie from the reference, in parts of the spread: far above what another order of sums makes, far
/// below a wrong element.
const LIMIT: f64 = 1e-2;
/// The same where sums of a block are half precision, or what is stored are bytes.
const HALF_LIMIT: f64 = 5e-2;

/// Shaders that gave the right numbers, by device and text.
static PROVED: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// What a test works with.
struct Bench<'a> {
    device: &'a Device,
    pipelines: &'a mut Pipelines,
    file: &'a ModelFile,
}

/// Tests what a model of these matrices will use. Fails with the first shader that computes wrongly.
pub(crate) fn run(
    device: &Device,
    pipelines: &mut Pipelines,
    file: &ModelFile,
    network: &Network,
    keys: KvFormat,
) -> Result<(), LoadError> {
    let start = std::time::Instant::now();
    let config = file.config();
    let mut bench = Bench { device, pipelines, file };
    let mut tested = 0;
    for kind in linear::used(network, config, bench.pipelines) {
        tested += bench.unproved(&kind.shaders(bench.pipelines), |bench| kind.run(bench))?;
    }
    tested += bench.unproved(&best::shaders(), |bench| best::run(bench, config))?;
    tested += bench.unproved(&heads::SHADERS, |bench| heads::run(bench, config, keys))?;
    tracing::info!(shaders = tested, seconds = start.elapsed().as_secs_f64(), "shaders tested");
    Ok(())
}

impl Bench<'_> {
    /// Runs a test unless all of its shaders have passed before. How many have not. All are compiled where that is kept.
    fn unproved(
        &mut self,
        shaders: &[Shader],
        test: impl FnOnce(&mut Self) -> Result<(), LoadError>,
    ) -> Result<usize, LoadError> {
        let device = &self.device.adapter;
        let key = |shader: &Shader| format!("{}\n{}\n{}", device.name, device.driver, self.pipelines.source(*shader));
        let keys: Vec<String> = shaders.iter().map(key).collect();
        let proved = || PROVED.lock().unwrap_or_else(PoisonError::into_inner);
        let new = keys.iter().filter(|key| !proved().contains(*key)).count();
        if new > 0 {
            test(self)?;
            proved().extend(keys);
        } else if self.pipelines.are_kept() {
            // What is kept is to hold all that the next start compiles.
            shaders.iter().for_each(|shader| _ = self.pipelines.get(self.device, *shader));
        }
        Ok(new)
    }

    /// A buffer with these words.
    fn buffer(&self, words: &[u32]) -> Result<Buffer, LoadError> {
        let usage = BufferUsages::STORAGE | BufferUsages::COPY_DST | BufferUsages::COPY_SRC;
        let bytes = size_of_val(words) as u64;
        let buffer = self.device.buffer("self-test", bytes, usage);
        let buffer = buffer.ok_or(LoadError::OutOfMemory { what: "the self-test", bytes })?;
        self.device.queue.write_buffer(&buffer, 0, bytemuck::cast_slice(words));
        Ok(buffer)
    }

    fn floats(&self, values: &[f32]) -> Result<Buffer, LoadError> {
        self.buffer(bytemuck::cast_slice(values))
    }

    /// Takes the steps that `steps` writes down, and gives what `buffer` holds then.
    fn run(&mut self, buffer: &Buffer, steps: impl FnOnce(&mut Recorder<'_>)) -> Result<Vec<f32>, LoadError> {
        let usage = BufferUsages::COPY_DST | BufferUsages::MAP_READ;
        let none = LoadError::OutOfMemory { what: "the self-test", bytes: buffer.size() };
        let staging = self.device.buffer("self-test", buffer.size(), usage).ok_or(none)?;
        let mut encoder = self.device.gpu.create_command_encoder(&CommandEncoderDescriptor::default());
        let mut recorder = Recorder {
            device: self.device,
            pipelines: self.pipelines,
            pass: encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default()),
            dispatches: 0,
        };
        steps(&mut recorder);
        drop(recorder);
        encoder.copy_buffer_to_buffer(buffer, 0, &staging, 0, buffer.size());
        self.device.queue.submit([encoder.finish()]);
        let read = self.device.read(&staging, buffer.size(), bytemuck::pod_collect_to_vec);
        read.map_err(|cause| LoadError::Driver { cause: cause.to_string() })
    }

    /// Fails if a result lies far from the reference anywhere.
    fn compare(&self, shaders: &[Shader], found: &[f32], expected: &[f64]) -> Result<(), LoadError> {
        let halves = |shader: &Shader| shader.format().is_some_and(|format| self.pipelines.halves(format));
        let limit = if shaders.iter().any(halves) { HALF_LIMIT } else { LIMIT };
        self.compare_within(limit, shaders, found, expected)
    }

    /// As [`Self::compare`], with a limit in parts of the spread.
    fn compare_within(&self, limit: f64, shaders: &[Shader], found: &[f32], expected: &[f64]) -> Result<(), LoadError> {
        let mean = expected.iter().sum::<f64>() / expected.len() as f64;
        let spread = (expected.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / expected.len() as f64).sqrt();
        let apart = found.iter().zip(expected).map(|(found, expected)| (f64::from(*found) - expected).abs() / spread);
        // NaN is as far away as can be.
        let apart = apart.map(|apart| if apart.is_nan() { f64::INFINITY } else { apart }).fold(0.0, f64::max);
        if apart <= limit && found.len() == expected.len() {
            return Ok(());
        }
        Err(self.wrong(shaders, apart))
    }

    fn wrong(&self, shaders: &[Shader], apart: f64) -> LoadError {
        let names: Vec<String> = shaders.iter().map(|shader| format!("{shader:?}")).collect();
        let adapter = &self.device.adapter;
        LoadError::WrongResult {
            kernel: names.join(" or "),
            apart,
            adapter: adapter.name.clone(),
            driver: adapter.driver.clone(),
        }
    }

    fn uploader(&self) -> Uploader<'_> {
        Uploader { device: self.device, pipelines: self.pipelines, file: self.file, bytes: 0 }
    }
}

/// Numbers in -1..1 that repeat late, other ones for each `seed`.
fn values(len: usize, seed: usize) -> Vec<f32> {
    (0..len).map(|i| (((i + 31 * seed) * 7919 + 13) % 2003) as f32 / 1001.5 - 1.0).collect()
}

// The suite `rust` leaves tests of this name out: they need a GPU.
#[cfg(test)]
mod on_gpu;
