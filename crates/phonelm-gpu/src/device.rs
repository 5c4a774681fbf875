//! The GPU: which there are, what the chosen one can do (read once), and its failures, which the driver tells behind our
//! back and which every step asks for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use phonelm_model::ExecutorError;
use pollster::block_on;
use wgpu::{
    Backends, Buffer, BufferDescriptor, BufferUsages, CooperativeMatrixProperties, CooperativeScalarType,
    DeviceDescriptor, DeviceType, ErrorFilter, ExperimentalFeatures, Features, Instance, InstanceDescriptor, Limits,
    MemoryHints, PollType, Queue, Trace,
};

use crate::error::LoadError;
use crate::pipelines::experimental;
use crate::shaders::Arithmetic;

/// What is said of a GPU.
#[derive(Clone, Debug)]
pub struct Adapter {
    /// Its name.
    pub name: String,
    /// `Vulkan` or `Metal`.
    pub backend: String,
    /// Name and version of the driver.
    pub driver: String,
    /// `discrete`, `integrated`, `virtual` or `software`.
    pub kind: &'static str,
    /// Threads of a subgroup, if it can add them up and their number is fixed.
    pub subgroup: Option<u32>,
    /// Whether shaders can compute with half precision.
    pub f16: bool,
    /// Whether shaders can multiply matrices of 16 by 16 in half precision, with sums in single.
    pub matrices: bool,
    /// Bytes that a shader can read from one binding.
    pub max_binding: u64,
}

impl Adapter {
    /// The most that shaders can compute with.
    pub(crate) fn arithmetic(&self) -> Arithmetic {
        match (self.f16, self.matrices) {
            (_, true) => Arithmetic::Matrices,
            (true, false) => Arithmetic::Half,
            (false, false) => Arithmetic::Single,
        }
    }

    fn of(adapter: &wgpu::Adapter) -> Self {
        let (info, features) = (adapter.get_info(), adapter.features());
        let fixed = info.subgroup_min_size == info.subgroup_max_size && info.subgroup_min_size.is_power_of_two();
        let usable = fixed && (4..=64).contains(&info.subgroup_min_size) && features.contains(Features::SUBGROUP);
        let limits = adapter.limits();
        Self {
            name: info.name,
            backend: format!("{:?}", info.backend),
            driver: [info.driver, info.driver_info].join(" ").trim().to_owned(),
            kind: match info.device_type {
                DeviceType::DiscreteGpu => "discrete",
                DeviceType::IntegratedGpu => "integrated",
                DeviceType::VirtualGpu => "virtual",
                DeviceType::Cpu => "software",
                DeviceType::Other => "unknown",
            },
            subgroup: usable.then_some(info.subgroup_min_size),
            f16: features.contains(Features::SHADER_F16),
            matrices: usable && multiplies_matrices(adapter),
            max_binding: limits.max_storage_buffer_binding_size.min(limits.max_buffer_size),
        }
    }
}

/// Matrices as our shader takes them, which divides its work among subgroups of 32.
const MATRICES: CooperativeMatrixProperties = CooperativeMatrixProperties {
    m_size: 16,
    n_size: 16,
    k_size: 16,
    ab_type: CooperativeScalarType::F16,
    cr_type: CooperativeScalarType::F32,
    saturating_accumulation: false,
};

/// Bytes of workgroup memory that our shader takes.
const MATRICES_MEMORY: u32 = 2 * 64 * 18 * 8 + 256 * 16;

fn multiplies_matrices(adapter: &wgpu::Adapter) -> bool {
    let wanted = Features::EXPERIMENTAL_COOPERATIVE_MATRIX | Features::SHADER_F16;
    adapter.features().contains(wanted)
        && adapter.get_info().subgroup_min_size == 32
        && adapter.limits().max_compute_workgroup_storage_size >= MATRICES_MEMORY
        && adapter.cooperative_matrix_properties().contains(&MATRICES)
}

/// The GPUs of this machine, the one that is taken by default first.
pub fn adapters() -> Vec<Adapter> {
    found().iter().map(Adapter::of).collect()
}

const BACKENDS: Backends = Backends::VULKAN.union(Backends::METAL);

/// One for the process: NVIDIA's driver may crash where several threads make one at once (gfx-rs/wgpu#5930).
static INSTANCE: LazyLock<Instance> = LazyLock::new(|| {
    Instance::new(InstanceDescriptor { backends: BACKENDS, ..InstanceDescriptor::new_without_display_handle() })
});

fn found() -> Vec<wgpu::Adapter> {
    let mut adapters = block_on(INSTANCE.enumerate_adapters(BACKENDS));
    let rank = |kind| match kind {
        DeviceType::DiscreteGpu => 0,
        DeviceType::IntegratedGpu => 1,
        DeviceType::VirtualGpu => 2,
        DeviceType::Other => 3,
        DeviceType::Cpu => 4,
    };
    adapters.sort_by_key(|adapter| rank(adapter.get_info().device_type));
    adapters
}

/// What went wrong on the GPU and nobody has been told yet.
type Fault = Arc<Mutex<Option<String>>>;

/// An opened GPU.
pub(crate) struct Device {
    pub(crate) adapter: Adapter,
    pub(crate) gpu: wgpu::Device,
    pub(crate) queue: Queue,
    fault: Fault,
    /// Whether the last result took no longer than [`BRIEF`].
    brief: AtomicBool,
}

/// A wait in which no thread sleeps: it would take longer to wake than such a GPU takes to compute.
const BRIEF: Duration = Duration::from_millis(2);

impl Device {
    /// Opens the first GPU whose name contains `name`, in any case, or the default one. A `max_binding` below the GPU's own
    /// is kept to.
    pub(crate) fn open(name: Option<&str>, max_binding: Option<u64>) -> Result<Self, LoadError> {
        let found = found();
        let fits = |adapter: &&wgpu::Adapter| {
            name.is_none_or(|name| adapter.get_info().name.to_lowercase().contains(&name.to_lowercase()))
        };
        let chosen = found.iter().find(fits).ok_or_else(|| match name {
            Some(name) if !found.is_empty() => {
                let names: Vec<String> = found.iter().map(|adapter| adapter.get_info().name).collect();
                LoadError::UnknownAdapter { name: name.to_owned(), found: names.join(", ") }
            }
            _ => LoadError::NoAdapter,
        })?;
        let mut adapter = Adapter::of(chosen);
        let max_binding = max_binding.unwrap_or(u64::MAX).min(adapter.max_binding);
        adapter.max_binding = max_binding;
        let mut wanted = Features::SUBGROUP | Features::SHADER_F16 | Features::PIPELINE_CACHE;
        wanted.set(Features::EXPERIMENTAL_COOPERATIVE_MATRIX, adapter.matrices);
        let open = block_on(chosen.request_device(&DeviceDescriptor {
            label: Some("phonelm"),
            required_features: chosen.features() & wanted,
            required_limits: Limits { max_storage_buffer_binding_size: max_binding, ..chosen.limits() },
            experimental_features: if adapter.matrices { experimental() } else { ExperimentalFeatures::disabled() },
            memory_hints: MemoryHints::Performance,
            trace: Trace::Off,
        }));
        let (gpu, queue) =
            open.map_err(|cause| LoadError::Open { adapter: adapter.name.clone(), cause: cause.to_string() })?;
        let fault = Fault::default();
        let tell = |fault: &Fault, text: String| {
            let mut fault = fault.lock().unwrap_or_else(PoisonError::into_inner);
            tracing::error!(text, "GPU");
            fault.get_or_insert(text);
        };
        let uncaptured = fault.clone();
        gpu.on_uncaptured_error(Arc::new(move |error: wgpu::Error| tell(&uncaptured, error.to_string())));
        let lost = fault.clone();
        gpu.set_device_lost_callback(move |reason, text| {
            // Dropping the device is no failure.
            if reason != wgpu::DeviceLostReason::Destroyed {
                tell(&lost, text);
            }
        });
        Ok(Self { adapter, gpu, queue, fault, brief: AtomicBool::new(false) })
    }

    /// Fails if anything has gone wrong so far. A GPU that failed once is not trusted again.
    pub(crate) fn check(&self) -> Result<(), ExecutorError> {
        match &*self.fault.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(cause) => Err(ExecutorError::Device { cause: cause.clone() }),
            None => Ok(()),
        }
    }

    /// As [`Self::check`], while a model is loaded.
    pub(crate) fn check_load(&self) -> Result<(), LoadError> {
        match &*self.fault.lock().unwrap_or_else(PoisonError::into_inner) {
            Some(cause) => Err(LoadError::Driver { cause: cause.clone() }),
            None => Ok(()),
        }
    }

    /// Waits until everything submitted has run.
    pub(crate) fn wait(&self) -> Result<(), ExecutorError> {
        self.gpu
            .poll(PollType::wait_indefinitely())
            .map_err(|cause| ExecutorError::Device { cause: cause.to_string() })?;
        self.check()
    }

    /// A buffer of zeros, or `None` if there is no memory for it.
    pub(crate) fn buffer(&self, label: &'static str, bytes: u64, usage: BufferUsages) -> Option<Buffer> {
        let memory = self.gpu.push_error_scope(ErrorFilter::OutOfMemory);
        let size = bytes.next_multiple_of(16).max(16);
        let buffer =
            self.gpu.create_buffer(&BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false });
        block_on(memory.pop()).is_none().then_some(buffer)
    }

    /// The bytes of `buffer`, which can be mapped for reading, once all that was submitted has run.
    pub(crate) fn read<R>(
        &self,
        buffer: &Buffer,
        bytes: u64,
        take: impl FnOnce(&[u8]) -> R,
    ) -> Result<R, ExecutorError> {
        let slice = buffer.slice(..bytes);
        let outcome: Arc<Mutex<Option<Result<(), wgpu::BufferAsyncError>>>> = Arc::default();
        let told = outcome.clone();
        slice.map_async(wgpu::MapMode::Read, move |result| {
            *told.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        });
        let take_outcome = || outcome.lock().unwrap_or_else(PoisonError::into_inner).take();
        let device = |cause: String| ExecutorError::Device { cause };
        let start = Instant::now();
        let mut found = None;
        while found.is_none() && self.brief.load(Ordering::Relaxed) && start.elapsed() < BRIEF {
            self.gpu.poll(PollType::Poll).map_err(|cause| device(cause.to_string()))?;
            found = take_outcome();
        }
        if found.is_none() {
            self.wait()?;
            found = take_outcome();
        }
        self.brief.store(start.elapsed() < BRIEF, Ordering::Relaxed);
        self.check()?;
        if let Some(Err(cause)) = found {
            return Err(device(cause.to_string()));
        }
        let mapped = slice.get_mapped_range().map_err(|cause| ExecutorError::Device { cause: cause.to_string() })?;
        let result = take(&mapped);
        drop(mapped);
        buffer.unmap();
        Ok(result)
    }
}
