//! The highest logits that the GPU finds are those of its whole rows.

use phonelm_convert::random_model;
use phonelm_gguf::{Gguf, TensorType};
use phonelm_gpu::shaders::Arithmetic;
use phonelm_gpu::{GpuExecutor, GpuOptions};
use phonelm_model::{Best, Config, Executor, Family, Input, LogitsFor, Mapping, ModelFile, Segment};
use phonelm_tests::small_config;

use crate::common::text;

#[test]
fn the_highest_logits_are_those_of_whole_rows() {
    let config = Config { hidden: 32, vocab: 2600, ..small_config(Family::PhoneLm, false) };
    let mut bytes = random_model(&config, TensorType::F32, 7).unwrap();
    let head = Gguf::parse(&bytes).unwrap().tensor("token_embd.weight").unwrap().range.start as usize;
    let row = 4 * config.hidden;
    // Each token's logit three times, in the same chunk and in others.
    for token in 0..900 {
        let from = head + token * row;
        for to in [token + 900, 2599 - token % 800] {
            bytes.copy_within(from..from + row, head + to * row);
        }
    }
    let file = ModelFile::new(Mapping::from_vec(bytes)).unwrap();
    for arithmetic in [None, Some(Arithmetic::Single)] {
        let mut gpu = GpuExecutor::new(file.clone(), &GpuOptions { arithmetic, ..GpuOptions::default() }).unwrap();
        for rows in [1, 3, 70] {
            let tokens = text(rows, config.vocab);
            let input = Input::Tokens(&tokens);
            let mut segment = || [Segment { cache: gpu.create(), input, logits: LogitsFor::All }];
            let segments = [(); 6].map(|()| segment());
            let logits = gpu.forward(&segments[5]).unwrap();
            for (segment, count) in segments.iter().zip([1, 5, 64, 100, 5000]) {
                let found = gpu.forward_best(segment, count).unwrap();
                assert_eq!(found, Best::of(&logits, count), "{rows} rows, {count} highest");
            }
        }
    }
}
