//! Keys and values in bytes are the CPU's, byte for byte.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use half::f16;
use phonelm_convert::random_model;
use phonelm_gguf::TensorType;
use phonelm_kernels::{GROUP, QuantizedGroup, choose};
use phonelm_model::{Family, Mapping, ModelFile};
use phonelm_tests::small_config;

use super::*;
use crate::device::Device;
use crate::pipelines::Pipelines;
use crate::shaders::Composer;

/// Rows whose heads RoPE leaves alone: halves between two bytes, zeros, and scales that f16 rounds, holds badly or not at all.
fn qkv(config: &Config) -> Vec<f32> {
    let mut qkv = values(ROWS * padded(config.q_width() + 2 * config.kv_width()), 6);
    for (group, x) in qkv.chunks_exact_mut(GROUP).enumerate() {
        match group % 7 {
            0 => x.iter_mut().enumerate().for_each(|(i, x)| *x = i as f32 - 15.5),
            1 => x.iter_mut().enumerate().for_each(|(i, x)| *x = if i == 3 { -127.0 } else { i as f32 - 15.5 }),
            2 => x.fill(0.0),
            3 => x.iter_mut().for_each(|x| *x *= 1e-5),
            4 => x.iter_mut().for_each(|x| *x *= 1e-37),
            5 => x.iter_mut().for_each(|x| *x *= 1e7),
            _ => {}
        }
    }
    qkv
}

#[test]
fn bytes_are_those_of_the_cpu() {
    let config = Config { head_dim: 96, layers: 1, ..small_config(Family::Llama, true) };
    let file = ModelFile::new(Mapping::from_vec(random_model(&config, TensorType::Q8_0, 7).unwrap())).unwrap();
    let device = Device::open(None, None).unwrap();
    let composer = Composer::new(&config, KvFormat::Q8, device.adapter.subgroup, device.adapter.arithmetic());
    let mut pipelines = Pipelines::new(&device, composer, |_, text| text, None);
    let mut bench = Bench { device: &device, pipelines: &mut pipelines, file: &file };
    let inputs = Inputs {
        config: &config,
        format: KvFormat::Q8,
        qkv: qkv(&config),
        turns: [1.0, 0.0].repeat(ROWS * config.head_dim / 2),
        norms: Vec::new(),
        cached: made_up(KvFormat::Q8, BEFORE.div_ceil(KV_BLOCK) * 2 * config.kv_width() * KV_BLOCK / 32 * 34),
    };
    let kernels = choose().unwrap();
    for (shader, rows, heads) in
        [(Shader::Rope, ROWS, config.heads + config.kv_heads), (Shader::Attention, 1, config.heads)]
    {
        let setup = Setup::new(&bench, &inputs, rows, 1).unwrap();
        let bound = [setup.pool.group(0), &setup.group];
        bench.run(&setup.out, |recorder| recorder.step(shader, bound, [heads as u32, rows as u32, 1])).unwrap();
        let mut blocks = Vec::new();
        setup.pool.append_blocks(&device, &setup.cache, 0..usize::MAX, &mut blocks).unwrap();
        for (row, head) in (0..rows).flat_map(|row| (0..config.kv_heads).map(move |head| (row, head))) {
            let first = config.q_width() + head * config.head_dim;
            for (which, first) in [first, first + config.kv_width()].into_iter().enumerate() {
                let mut expected = vec![QuantizedGroup::default(); config.head_dim / GROUP];
                kernels.quantize(&inputs.row(row)[first..][..config.head_dim], &mut expected);
                let found = inputs.half(&blocks, BEFORE + row, head, which == 1);
                for (group, expected) in expected.iter().enumerate() {
                    for (i, byte) in expected.values.iter().enumerate() {
                        let found = found.byte((BEFORE + row) % KV_BLOCK, group * GROUP + i);
                        let scale = f16::from_f32(expected.scale);
                        assert_eq!(found, (*byte, scale), "{shader:?}: row {row}, head {head}, {which}, {group}, {i}");
                    }
                }
            }
        }
    }
}
