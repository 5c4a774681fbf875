//! A weight that is no number is found by the search through the whole file, with its tensor and place.

#![allow(clippy::unwrap_used)]

use std::ops::ControlFlow;

use phonelm_convert::random_model;
use phonelm_gguf::{Gguf, TensorType};
use phonelm_kernels::{BadWeight, check_weights};
use phonelm_model::{Config, Family, Mapping, ModelFile};
use phonelm_tests::small_config;

fn check(bytes: Vec<u8>) -> Result<ControlFlow<()>, BadWeight> {
    check_weights(&ModelFile::new(Mapping::from_vec(bytes)).unwrap(), &mut |_| ControlFlow::Continue(()))
}

#[test]
fn the_first_damaged_element_is_told() {
    let config = Config { vocab: 1000, ..small_config(Family::PhoneLm, false) };
    for (ty, block) in
        [(TensorType::F32, 70_000), (TensorType::BF16, 1), (TensorType::Q4_0, 3), (TensorType::Q8_0, 3000)]
    {
        let mut bytes = random_model(&config, ty, 7).unwrap();
        assert_eq!(check(bytes.clone()), Ok(ControlFlow::Continue(())), "{ty}");
        let embedding = Gguf::parse(&bytes).unwrap().tensor("token_embd.weight").unwrap().range.start as usize;
        let at = embedding + block * ty.block_bytes();
        match ty {
            TensorType::F32 => bytes[at..at + 4].copy_from_slice(&f32::INFINITY.to_le_bytes()),
            TensorType::BF16 => bytes[at..at + 2].copy_from_slice(&[0xc0, 0x7f]),
            // A quantised block begins with its scale, an f16.
            _ => bytes[at..at + 2].copy_from_slice(&[0x00, 0x7e]),
        }
        let element = (block * ty.block_len()) as u64;
        assert_eq!(check(bytes), Err(BadWeight { tensor: "token_embd.weight".into(), element }), "{ty}");
    }
}
