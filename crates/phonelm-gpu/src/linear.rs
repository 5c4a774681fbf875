//! A weight matrix on the GPU, and which shader multiplies with it.

use wgpu::{BindGroup, ComputePass};

use crate::device::Device;
use crate::pipelines::Pipelines;
use crate::shaders::{Emit, Format, MATVEC_OUTPUTS, MATVEC_ROWS, Shader};

/// Rows of a tile of [`Shader::Matmul`], and its outputs.
pub(crate) const TILE: usize = 64;
/// Workgroups that one dimension of a dispatch holds (the least that WebGPU promises).
pub(crate) const MAX_GROUPS: u32 = 65_535;

/// A matrix, in several parts where it is larger than one binding.
pub(crate) struct Matrix {
    pub(crate) format: Format,
    pub(crate) parts: Vec<Part>,
}

/// Neighbouring outputs of a matrix.
pub(crate) struct Part {
    pub(crate) group: BindGroup,
    pub(crate) outputs: u32,
}

/// Writes the steps of a pass down, and counts them.
pub(crate) struct Recorder<'a> {
    pub(crate) device: &'a Device,
    pub(crate) pipelines: &'a mut Pipelines,
    pub(crate) pass: ComputePass<'a>,
    pub(crate) dispatches: u64,
}

impl Recorder<'_> {
    /// One step over so many workgroups.
    pub(crate) fn step(&mut self, shader: Shader, groups: [&BindGroup; 2], size: [u32; 3]) {
        self.pass.set_pipeline(self.pipelines.get(self.device, shader));
        self.pass.set_bind_group(0, groups[0], &[]);
        self.pass.set_bind_group(1, groups[1], &[]);
        self.pass.dispatch_workgroups(size[0], size[1], size[2]);
        self.dispatches += 1;
    }

    /// A few rows times a matrix: the weights are read once.
    pub(crate) fn matvec(&mut self, matrix: &Matrix, rows: &BindGroup, emit: Emit, norm: bool, count: usize) {
        let made_for = MATVEC_ROWS.into_iter().find(|made| *made as usize >= count).unwrap_or(MATVEC_ROWS[3]);
        let shader = Shader::Matvec { format: matrix.format, emit, norm, rows: made_for };
        for part in &matrix.parts {
            let groups = part.outputs.div_ceil(MATVEC_OUTPUTS);
            let across = groups.min(MAX_GROUPS);
            self.step(shader, [&part.group, rows], [across, groups.div_ceil(across), 1]);
        }
    }

    /// Many rows times a matrix.
    pub(crate) fn matmul(&mut self, matrix: &Matrix, rows: &BindGroup, emit: Emit, count: usize) {
        let shader = Shader::Matmul { format: matrix.format, emit };
        for part in &matrix.parts {
            let tiles = [part.outputs.div_ceil(TILE as u32), count.div_ceil(TILE) as u32, 1];
            self.step(shader, [&part.group, rows], tiles);
        }
    }

    /// RMSNorm of whole rows, with the weights that lie with the matrix behind it.
    pub(crate) fn norm(&mut self, matrix: &Matrix, rows: &BindGroup, count: usize) {
        if let Some(part) = matrix.parts.first() {
            self.step(Shader::Norm, [&part.group, rows], [count as u32, 1, 1]);
        }
    }
}
