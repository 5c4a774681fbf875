//! Every variant of every shader is valid WGSL and goes through naga into SPIR-V and, but for matrices of a size that Metal has not,
//! into Metal's language.

use std::collections::HashSet;

use naga::back::{msl, spv};
use naga::valid::{Capabilities, ValidationFlags, Validator};
use phonelm_gpu::KvFormat;
use phonelm_gpu::shaders::{Arithmetic, Composer, all};
use phonelm_model::{Config, Family};
use phonelm_tests::small_config;

#[test]
fn all_variants_are_valid_and_translate() {
    let mut texts = HashSet::new();
    for (family, keys) in Family::ALL.into_iter().flat_map(|family| KvFormat::ALL.map(|keys| (family, keys))) {
        let machines = [
            (None, Arithmetic::Single),
            (Some(8), Arithmetic::Half),
            (Some(32), Arithmetic::Single),
            (Some(32), Arithmetic::Matrices),
            (Some(64), Arithmetic::Half),
        ];
        for (subgroup, arithmetic) in machines {
            let config = Config { head_dim: 96, ..small_config(family, true) };
            let composer = Composer::new(&config, keys, subgroup, arithmetic);
            for shader in all() {
                let text = composer.source(shader);
                if !texts.insert(text.clone()) {
                    continue;
                }
                let module = naga::front::wgsl::parse_str(&text)
                    .unwrap_or_else(|e| panic!("{shader:?}: {}", e.emit_to_string(&text)));
                let info = Validator::new(
                    ValidationFlags::all(),
                    Capabilities::SUBGROUP
                        | Capabilities::SHADER_FLOAT16
                        | Capabilities::SHADER_FLOAT16_IN_FLOAT32
                        | Capabilities::COOPERATIVE_MATRIX,
                )
                .validate(&module)
                .unwrap_or_else(|e| panic!("{shader:?}: {}", e.emit_to_string(&text)));
                spv::write_vec(&module, &info, &spv::Options { lang_version: (1, 3), ..Default::default() }, None)
                    .unwrap_or_else(|e| panic!("{shader:?}: {e}"));
                if text.contains("wgpu_cooperative_matrix") {
                    continue;
                }
                let options = msl::Options { lang_version: (2, 4), fake_missing_bindings: true, ..Default::default() };
                let (metal, _) = msl::write_string(&module, &info, &options, &Default::default())
                    .unwrap_or_else(|e| panic!("{shader:?}: {e}"));
                assert!(metal.contains("kernel void"), "{shader:?}");
            }
        }
    }
    println!("{} texts", texts.len());
}
