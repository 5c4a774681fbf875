//! A shader with one wrong line is found by its name.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashSet;

use phonelm_convert::random_model;
use phonelm_gguf::TensorType;
use phonelm_model::{Config, Family, Mapping};
use phonelm_tests::small_config;

use super::*;
use crate::executor::{GpuExecutor, GpuOptions};
use crate::kept::KeptPipelines;
use crate::keys::KvFormat;
use crate::pipelines::Edit;
use crate::shaders::{Composer, Emit};

fn file(config: &Config, ty: TensorType) -> ModelFile {
    ModelFile::new(Mapping::from_vec(random_model(config, ty, 7).unwrap())).unwrap()
}

/// Tests the shaders of a model with another text of some.
fn tested(config: &Config, ty: TensorType, keys: KvFormat, edit: Edit) -> Result<(), LoadError> {
    let file = file(config, ty);
    let executor = GpuExecutor::new(file.clone(), &GpuOptions::default())?;
    let device = Device::open(None, None)?;
    let composer = Composer::new(config, keys, device.adapter.subgroup, device.adapter.arithmetic());
    let mut pipelines = Pipelines::new(&device, composer, edit, None);
    run(&device, &mut pipelines, &file, executor.network(), keys)
}

#[test]
fn one_wrong_line_of_any_shader_is_found() {
    let config = small_config(Family::Qwen3, true);
    let wrong: [(&str, Edit); 9] = [
        ("Matvec", |shader, text| match shader {
            Shader::Matvec { emit: Emit::Gated { .. }, .. } => text.replace("parts[i]);", "parts[0]);"),
            _ => text,
        }),
        ("rows: 4", |shader, text| match shader {
            Shader::Matfew { rows: 4, .. } => {
                text.replace("(*sums).squares[m] += dot(a, a)", "(*sums).squares[m] += 0.0")
            }
            _ => text,
        }),
        ("Matmul", |shader, text| match shader {
            Shader::Matmul { emit: Emit::Add, .. } => text.replace("out[at + 1u] += sums.zw;", ""),
            _ => text,
        }),
        ("Columns", |shader, text| match shader {
            Shader::Columns { norm: true } => text.replace("factors = inverseSqrt", "factors = sqrt"),
            _ => text,
        }),
        ("Rope", |shader, text| match shader {
            Shader::Rope => text.replace("- b * turn.y", "+ b * turn.y"),
            _ => text,
        }),
        ("AttentionRows", |shader, text| match shader {
            Shader::AttentionRows => text.replace("= column / sum;", "= column;"),
            _ => text,
        }),
        ("Attention", |shader, text| match shader {
            Shader::Attention => {
                text.replace("store(block_of(table, position, kv_head), position, thread, key, value);", "")
            }
            _ => text,
        }),
        ("Merge", |shader, text| match shader {
            Shader::Merge => text.replace("weight * partials", "partials"),
            _ => text,
        }),
        ("Best", |shader, text| match shader {
            Shader::Best { count: 8, .. } => text.replace("round < COUNT", "round < COUNT - 1u"),
            _ => text,
        }),
    ];
    for (name, edit) in wrong {
        assert_found(&config, KvFormat::F16, name, edit);
    }
}

#[track_caller]
fn assert_found(config: &Config, keys: KvFormat, name: &str, edit: Edit) {
    let error = tested(config, TensorType::Q4_0, keys, edit).err().map(|error| error.to_string());
    assert!(error.as_ref().is_some_and(|error| error.contains(name)), "{name}: {error:?}");
}

#[test]
fn one_wrong_line_about_keys_in_bytes_is_found() {
    let config = Config { head_dim: 64, ..small_config(Family::Qwen3, true) };
    let wrong: [(&str, Edit); 4] = [
        ("Rope", |shader, text| match shader {
            Shader::Rope => text.replace("(top) / 127.0", "(top) / 150.0"),
            _ => text,
        }),
        ("Rope", |shader, text| match shader {
            Shader::Rope => text.replace("if unit % 8u == 0u", "if unit == 0u"),
            _ => text,
        }),
        ("AttentionRows", |shader, text| match shader {
            Shader::AttentionRows => text.replace("[scale_at(key, unit)]).x", "[scale_at(key, unit)]).y"),
            _ => text,
        }),
        ("Attention", |shader, text| match shader {
            Shader::Attention => text.replace("unit / 8u * 64u", "0u"),
            _ => text,
        }),
    ];
    for (name, edit) in wrong {
        assert_found(&config, KvFormat::Q8, name, edit);
    }
}

#[test]
fn what_is_kept_holds_proved_shaders_too() {
    let config = small_config(Family::Qwen2, true);
    let (ty, keys) = (TensorType::F32, KvFormat::F16);
    let file = file(&config, ty);
    let executor = GpuExecutor::new(file.clone(), &GpuOptions::default()).unwrap();
    let device = Device::open(None, None).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let compiled = |cache| {
        let composer = Composer::new(&config, keys, device.adapter.subgroup, device.adapter.arithmetic());
        let mut pipelines = Pipelines::new(&device, composer, |_, text| text, cache);
        run(&device, &mut pipelines, &file, executor.network(), keys).unwrap();
        pipelines
    };
    assert_eq!(compiled(None).compiled(), 0, "the executor's own have passed");
    let Some(kept) = KeptPipelines::open(&device, dir.path()) else { return };
    let pipelines = compiled(Some(kept.cache.clone()));
    let products = linear::used(executor.network(), &config, &pipelines);
    let products = products.iter().flat_map(|kind| kind.shaders(&pipelines));
    let all: HashSet<Shader> = products.chain(best::shaders()).chain(heads::SHADERS).collect();
    assert_eq!(pipelines.compiled(), all.len());
}

#[test]
fn the_right_shaders_pass_and_are_tested_once() {
    let types = [TensorType::Q8_0, TensorType::F16, TensorType::F32, TensorType::Q4_0];
    for (family, ty) in Family::ALL.into_iter().zip(types) {
        let start = std::time::Instant::now();
        for keys in KvFormat::ALL {
            let config = Config { head_dim: 96, ..small_config(family, true) };
            tested(&config, ty, keys, |_, text| text).unwrap_or_else(|error| panic!("{error}"));
        }
        println!("{} as {ty}: {:?}", family.name(), start.elapsed());
    }
    let texts: HashSet<String> = PROVED.lock().unwrap().clone();
    let start = std::time::Instant::now();
    let config = Config { head_dim: 96, ..small_config(Family::Llama, true) };
    tested(&config, TensorType::Q4_0, KvFormat::Q8, |_, text| text).unwrap();
    println!("{:?} for a model whose shaders are proved", start.elapsed());
    assert!(texts.is_subset(&PROVED.lock().unwrap()));
}
