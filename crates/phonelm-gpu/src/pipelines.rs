//! Compiled shaders, made when first needed, and the layouts of what is bound to them.

use std::collections::HashMap;

use wgpu::{
    BindGroup, BindGroupDescriptor, BindGroupEntry, BindGroupLayout, BindGroupLayoutDescriptor, BindGroupLayoutEntry,
    BindingType, Buffer, BufferBindingType, ComputePipeline, ComputePipelineDescriptor, ExperimentalFeatures,
    PipelineCache, PipelineCompilationOptions, PipelineLayout, PipelineLayoutDescriptor, ShaderModule,
    ShaderModuleDescriptor, ShaderRuntimeChecks, ShaderSource, ShaderStages,
};

use crate::device::Device;
use crate::shaders::{Composer, Format, Shader};

/// The groups that shaders bind, by what they hold.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Group {
    /// A matrix: quants, scales, vectors, shape.
    Matrix,
    /// Rows in, rows out.
    Rows,
    /// A layer's keys and values, and its norms of heads.
    Layer,
    /// qkv, attended, calls, turns, partials.
    Heads,
}

const READ: BufferBindingType = BufferBindingType::Storage { read_only: true };
const WRITE: BufferBindingType = BufferBindingType::Storage { read_only: false };

impl Group {
    const ALL: [Self; 4] = [Self::Matrix, Self::Rows, Self::Layer, Self::Heads];

    fn bindings(self) -> &'static [BufferBindingType] {
        match self {
            Self::Matrix => &[READ, READ, READ, BufferBindingType::Uniform],
            Self::Rows => &[READ, WRITE],
            Self::Layer => &[WRITE, READ],
            Self::Heads => &[WRITE, WRITE, READ, READ, WRITE],
        }
    }

    fn layout(self, device: &Device) -> BindGroupLayout {
        let entry = |(binding, ty): (usize, &BufferBindingType)| BindGroupLayoutEntry {
            binding: binding as u32,
            visibility: ShaderStages::COMPUTE,
            ty: BindingType::Buffer { ty: *ty, has_dynamic_offset: false, min_binding_size: None },
            count: None,
        };
        let entries: Vec<_> = self.bindings().iter().enumerate().map(entry).collect();
        device.gpu.create_bind_group_layout(&BindGroupLayoutDescriptor { label: None, entries: &entries })
    }
}

/// A shader without the checks that wgpu adds to each index and loop: they cost a tenth of decode and of prefill.
#[expect(unsafe_code, reason = "the only way to leave the checks out")]
fn trusted(device: &Device, label: &str, source: String) -> ShaderModule {
    let source = ShaderSource::Wgsl(source.into());
    let module = ShaderModuleDescriptor { label: Some(label), source };
    // SAFETY: the text is one of `shaders/`, and no number of it comes from weights, activations or a file unchecked. Sizes
    // are those of the configuration, which the loader has compared with the tensors: `upload.rs` pads matrices to whole
    // tiles, `scratch.rs` gives rows, logits, calls and partial results the room of whole tiles or of the largest matvec, and
    // `linear.rs` and `pass.rs` start no workgroup beyond them. Positions and lists of blocks are the pool's own: it reserves
    // a block before a position in it is sent. Indices of workgroup memory are below THREADS, CHUNK, HEAD_DIM or the tile by
    // their loops. Each loop counts up to one of these numbers, none divides by a variable.
    unsafe { device.gpu.create_shader_module_trusted(module, ShaderRuntimeChecks::unchecked()) }
}

/// Consent to what wgpu calls experimental.
#[expect(unsafe_code, reason = "the only way to matrices")]
pub(crate) fn experimental() -> ExperimentalFeatures {
    // SAFETY: of what is experimental only cooperative matrices are asked for. They are loaded from and stored to workgroup memory
    // alone, inside its bounds (`matmul_matrices.wgsl`), by whole subgroups in uniform control flow, of a size and type that the
    // driver lists.
    unsafe { ExperimentalFeatures::enabled() }
}

/// What is done to the text of a shader: nothing, but for tests of what finds wrong ones.
pub(crate) type Edit = fn(Shader, String) -> String;

struct Sources {
    composer: Composer,
    edit: Edit,
}

impl Sources {
    fn of(&self, shader: Shader) -> String {
        (self.edit)(shader, self.composer.source(shader))
    }
}

/// What is compiled for one model on one GPU.
pub(crate) struct Pipelines {
    sources: Sources,
    cache: Option<PipelineCache>,
    groups: [BindGroupLayout; 4],
    linear: PipelineLayout,
    heads: PipelineLayout,
    made: HashMap<Shader, ComputePipeline>,
}

impl Pipelines {
    /// For a model; compiled shaders are looked up in `cache` first.
    pub(crate) fn new(device: &Device, composer: Composer, edit: Edit, cache: Option<PipelineCache>) -> Self {
        let groups = Group::ALL.map(|group| group.layout(device));
        let layout = |[a, b]: [Group; 2]| {
            device.gpu.create_pipeline_layout(&PipelineLayoutDescriptor {
                label: None,
                bind_group_layouts: &[Some(&groups[a as usize]), Some(&groups[b as usize])],
                immediate_size: 0,
            })
        };
        Self {
            sources: Sources { composer, edit },
            cache,
            linear: layout([Group::Matrix, Group::Rows]),
            heads: layout([Group::Layer, Group::Heads]),
            groups,
            made: HashMap::new(),
        }
    }

    /// Whether what is compiled is kept for other starts.
    pub(crate) fn are_kept(&self) -> bool {
        self.cache.is_some()
    }

    /// How many are compiled.
    #[cfg(test)]
    pub(crate) fn compiled(&self) -> usize {
        self.made.len()
    }

    /// The text of a shader.
    pub(crate) fn source(&self, shader: Shader) -> String {
        self.sources.of(shader)
    }

    /// Whether many rows are multiplied with such a matrix in half precision.
    pub(crate) fn halves(&self, format: Format) -> bool {
        self.sources.composer.halves(format)
    }

    /// Workgroups for one row's product, and whether they loop.
    pub(crate) fn matvec_groups(&self, outputs: u32, blocks: u32) -> (u32, bool) {
        self.sources.composer.matvec_groups(outputs, blocks)
    }

    /// The compiled shader. One that the driver refuses is a fault that [`Device::check`] tells.
    pub(crate) fn get(&mut self, device: &Device, shader: Shader) -> &ComputePipeline {
        self.made.entry(shader).or_insert_with(|| {
            let label = format!("{shader:?}");
            let module = trusted(device, &label, self.sources.of(shader));
            let layout = match shader {
                Shader::Rope | Shader::Attention | Shader::AttentionRows | Shader::Merge => &self.heads,
                _ => &self.linear,
            };
            device.gpu.create_compute_pipeline(&ComputePipelineDescriptor {
                label: Some(&label),
                layout: Some(layout),
                module: &module,
                entry_point: None,
                // Nothing reads workgroup memory that it has not written.
                compilation_options: PipelineCompilationOptions {
                    zero_initialize_workgroup_memory: false,
                    ..PipelineCompilationOptions::default()
                },
                cache: self.cache.as_ref(),
            })
        })
    }

    /// Binds whole buffers in the order of the group's bindings.
    pub(crate) fn bind(&self, device: &Device, group: Group, buffers: &[&Buffer]) -> BindGroup {
        let resources = buffers.iter().map(|buffer| buffer.as_entire_binding());
        let entries: Vec<_> =
            (0..).zip(resources).map(|(binding, resource)| BindGroupEntry { binding, resource }).collect();
        let layout = &self.groups[group as usize];
        device.gpu.create_bind_group(&BindGroupDescriptor { label: None, layout, entries: &entries })
    }
}
