//! A weight matrix on the GPU, and which shader multiplies with it.

use wgpu::{BindGroup, ComputePass};

use crate::device::Device;
use crate::pipelines::Pipelines;
use crate::scratch::Product;
use crate::shaders::{Emit, FEW_ROWS, Format, MATVEC_OUTPUTS, Shader};

/// Rows of a tile of [`Shader::Matmul`], and its outputs.
pub(crate) const TILE: usize = 64;
/// Workgroups that one dimension of a dispatch holds (the least that WebGPU promises).
pub(crate) const MAX_GROUPS: u32 = 65_535;

/// A matrix, in several parts where it is larger than one binding.
pub(crate) struct Matrix {
    pub(crate) format: Format,
    /// Blocks of a row.
    pub(crate) blocks: u32,
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

    /// Rows times a matrix, after the RMSNorm whose weights lie with it where `norm`.
    pub(crate) fn product(&mut self, matrix: &Matrix, rows: &Product, emit: Emit, norm: bool, count: usize) {
        if count == 1 && matrix.format.has_scales() {
            self.matvec(matrix, &rows.direct, emit, norm);
        } else if count == 1 {
            // Floats would take too many registers.
            self.matfew(matrix, &rows.direct, emit, norm, 1);
        } else if let Some(made) = FEW_ROWS.into_iter().find(|made| *made as usize >= count) {
            self.matfew(matrix, &rows.direct, emit, norm, made);
        } else if self.pipelines.halves(matrix.format) {
            self.prepare(Shader::Columns { norm }, matrix, &rows.to_columns, count.div_ceil(4));
            self.matmul(matrix, &rows.of_columns, emit, count);
        } else if norm {
            self.prepare(Shader::Norm, matrix, &rows.to_normed, count);
            self.matmul(matrix, &rows.of_normed, emit, count);
        } else {
            self.matmul(matrix, &rows.direct, emit, count);
        }
    }

    fn matvec(&mut self, matrix: &Matrix, rows: &BindGroup, emit: Emit, norm: bool) {
        let (format, blocks) = (matrix.format, matrix.blocks);
        for part in &matrix.parts {
            let (groups, loops) = self.pipelines.matvec_groups(part.outputs, blocks);
            self.step(Shader::Matvec { format, emit, norm, blocks, loops }, [&part.group, rows], [groups, 1, 1]);
        }
    }

    fn matfew(&mut self, matrix: &Matrix, rows: &BindGroup, emit: Emit, norm: bool, made_for: u32) {
        let shader = Shader::Matfew { format: matrix.format, emit, norm, rows: made_for };
        for part in &matrix.parts {
            let groups = part.outputs.div_ceil(MATVEC_OUTPUTS);
            let across = groups.min(MAX_GROUPS);
            self.step(shader, [&part.group, rows], [across, groups.div_ceil(across), 1]);
        }
    }

    fn matmul(&mut self, matrix: &Matrix, rows: &BindGroup, emit: Emit, count: usize) {
        let shader = Shader::Matmul { format: matrix.format, emit };
        for part in &matrix.parts {
            let tiles = [part.outputs.div_ceil(TILE as u32), count.div_ceil(TILE) as u32, 1];
            self.step(shader, [&part.group, rows], tiles);
        }
    }

    /// Rows made ready for a product with many of them.
    fn prepare(&mut self, shader: Shader, matrix: &Matrix, rows: &BindGroup, groups: usize) {
        if let Some(part) = matrix.parts.first() {
            self.step(shader, [&part.group, rows], [groups as u32, 1, 1]);
        }
    }
}
