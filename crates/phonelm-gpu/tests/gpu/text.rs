//! What a model says is what it says on the CPU, and packed files say it too.

use std::ops::ControlFlow;

use phonelm_convert::{Layout, random_model, repack};
use phonelm_gguf::TensorType;
use phonelm_kernels::KvType;
use phonelm_model::{Executor, Family, ModelFile};
use phonelm_tests::{extend, logits, small_config};

use crate::common::{KV_TYPES, cpu, gpu, gpu_with, model, text};

/// The likeliest token, and how far the next one is behind.
fn likeliest(row: &[f32]) -> (u32, f32) {
    let best = (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap();
    let second = row.iter().enumerate().filter(|(i, _)| *i != best).map(|(_, x)| *x).fold(f32::MIN, f32::max);
    (best as u32, row[best] - second)
}

#[test]
fn greedy_text_is_the_cpus_up_to_a_near_tie() {
    const TINY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/phonelm-tiny/phonelm-tiny.gguf");
    let file = ModelFile::open(TINY.as_ref()).unwrap();
    assert_eq!(file.weights().layers[0].q.ty, TensorType::Q8_0x16);
    KV_TYPES.into_iter().for_each(|kv| compare(&file, kv));
}

fn compare(file: &ModelFile, kv: KvType) {
    let (mut gpu, mut cpu) = (gpu_with(file, kv), cpu(file, kv));
    let (on_gpu, on_cpu) = (gpu.create(), cpu.create());
    let mut next = text(12, file.config().vocab);
    for count in 0..64 {
        let (found, expected) = (extend(&mut gpu, on_gpu, &next), extend(&mut cpu, on_cpu, &next));
        let last = found.len() - file.config().vocab;
        let (found, expected) = (&found[last..], &expected[last..]);
        let apart = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        let ((ours, _), (theirs, ahead)) = (likeliest(found), likeliest(expected));
        if ours != theirs {
            println!("token {count} differs: two lie {ahead} from one another, logits at most {apart} apart");
            // Each of the two may have moved by that much.
            assert!(ahead <= 2.0 * apart && count > 0);
            return;
        }
        next = vec![ours];
    }
    println!("64 tokens are the same");
}

#[test]
fn packed_files_give_the_same_bits() {
    let dir = tempfile::tempdir().unwrap();
    let (standard, packed) = (dir.path().join("standard.gguf"), dir.path().join("packed.gguf"));
    for ty in [TensorType::Q4_0, TensorType::Q8_0] {
        let config = small_config(Family::PhoneLm, false);
        std::fs::write(&standard, random_model(&config, ty, 7).unwrap()).unwrap();
        repack(&standard, &packed, Layout::Packed, &mut |_| ControlFlow::Continue(())).unwrap();
        let packed = ModelFile::open(&packed).unwrap();
        assert_eq!(Some(packed.weights().layers[0].q.ty), ty.packed());
        let tokens = text(5, config.vocab);
        assert_eq!(logits(&mut gpu(&packed), &tokens), logits(&mut gpu(&model(&config, ty)), &tokens), "{ty}");
    }
}
