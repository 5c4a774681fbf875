//! The shapes of a budget, and what a shape becomes.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use half::f16;
use phonelm_convert::{Layout, Options, convert, random_model};
use phonelm_gguf::TensorType;
use phonelm_model::{Activation, Mapping, ModelFile};
use phonelm_search::{Error, Objective, Search, Shape};
use safetensors::tensor::{Dtype, TensorView};

fn names(shapes: &[Shape]) -> BTreeSet<String> {
    shapes.iter().map(ToString::to_string).collect()
}

#[test]
fn shapes_are_the_same_each_time_each_once_and_inside_the_budget() {
    for params in [1_000_000, 100_000_000, 510_000_000, 1_618_000_000] {
        let mut search = Search::new(params);
        if params < 10_000_000 {
            search = Search { vocab: 512, ..search };
            search.space.head_dims.push(32);
        }
        let shapes = search.shapes().unwrap();
        assert_eq!(shapes, search.shapes().unwrap());
        assert_eq!(names(&shapes).len(), shapes.len());
        assert!((10..20_000).contains(&shapes.len()), "{params}: {}", shapes.len());
        for shape in &shapes {
            let off = shape.parameters(search.vocab).abs_diff(params) as f64 / params as f64;
            assert!(off <= 0.02, "{shape}: {off}");
            assert!(shape.hidden.is_multiple_of(32) && shape.ffn.is_multiple_of(32) && shape.head_dim() >= 32);
            assert_eq!(shape.heads * shape.head_dim(), shape.hidden);
            assert!(shape.heads.is_multiple_of(shape.kv_heads));
        }
    }
}

#[test]
fn the_published_models_are_among_the_shapes_of_their_size() {
    let relu = Activation::Relu;
    for (params, hidden, layers, ffn) in [(510_000_000, 1024, 24, 4864), (1_618_000_000, 2560, 19, 6816)] {
        let published = Shape { hidden, layers, ffn, heads: 16, kv_heads: 16, activation: relu, tied: true };
        assert!(Search::new(params).shapes().unwrap().contains(&published), "{published}");
    }
}

#[test]
fn parameters_are_those_of_the_model_itself() {
    let mut search = Search { vocab: 512, tolerance: 0.1, ..Search::new(400_000) };
    search.space.head_dims = vec![16, 32];
    search.space.tied = vec![true, false];
    search.space.activations = vec![Activation::Relu, Activation::Silu];
    let shapes = search.shapes().unwrap();
    for shape in shapes.iter().step_by(1 + shapes.len() / 12) {
        let bytes = random_model(&shape.config(512, 64), TensorType::Q4_0, 1).unwrap();
        let file = ModelFile::new(Mapping::from_vec(bytes)).unwrap();
        let elements = file.gguf().tensors().iter().map(|tensor| tensor.shape.iter().product::<u64>());
        assert_eq!(elements.sum::<u64>(), shape.parameters(512), "{shape}");
        assert_eq!(file.config().tied, shape.tied);
        assert_eq!(file.config().activation, shape.activation);
    }
}

/// A Hugging Face folder of zeros with the config of a shape.
fn folder(shape: &Shape, vocab: usize, context: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let config = shape.hugging_face(vocab, context).to_string();
    std::fs::write(dir.path().join("config.json"), config).unwrap();
    let (hidden, kv) = (shape.hidden, shape.kv_heads * shape.head_dim());
    let mut tensors =
        vec![("embed_tokens.weight".to_owned(), vec![vocab, hidden]), ("norm.weight".to_owned(), vec![hidden])];
    for layer in 0..shape.layers {
        let parts = [
            ("input_layernorm", vec![hidden]),
            ("post_attention_layernorm", vec![hidden]),
            ("self_attn.q_proj", vec![hidden, hidden]),
            ("self_attn.k_proj", vec![kv, hidden]),
            ("self_attn.v_proj", vec![kv, hidden]),
            ("self_attn.o_proj", vec![hidden, hidden]),
            ("mlp.gate_proj", vec![shape.ffn, hidden]),
            ("mlp.up_proj", vec![shape.ffn, hidden]),
            ("mlp.down_proj", vec![hidden, shape.ffn]),
        ];
        tensors.extend(parts.map(|(name, size)| (format!("layers.{layer}.{name}.weight"), size)));
    }
    let zeros = vec![0; size_of::<f16>() * vocab.max(shape.ffn) * hidden];
    let views = tensors.iter().map(|(name, size)| {
        let bytes = &zeros[..size_of::<f16>() * size.iter().product::<usize>()];
        (format!("model.{name}"), TensorView::new(Dtype::F16, size.clone(), bytes).unwrap())
    });
    let file = safetensors::serialize(views, None).unwrap();
    std::fs::write(dir.path().join("model.safetensors"), file).unwrap();
    dir
}

#[test]
fn config_json_is_what_convert_reads() {
    let relu =
        Shape { hidden: 96, layers: 2, ffn: 224, heads: 6, kv_heads: 3, activation: Activation::Relu, tied: true };
    for shape in [relu, Shape { activation: Activation::Silu, ..relu }] {
        let folder = folder(&shape, 512, 128);
        let out = folder.path().join("out.gguf");
        let options = Options { ty: TensorType::F16, layout: Layout::Standard };
        convert(folder.path(), &out, &options, &mut |_| std::ops::ControlFlow::Continue(())).unwrap();
        assert_eq!(*ModelFile::open(&out).unwrap().config(), shape.config(512, 128), "{shape}");
    }
}

#[test]
fn an_impossible_budget_says_what_is_possible() {
    let impossible = |search: Search| match search.shapes() {
        Err(Error::Impossible { nearest, smallest, largest, .. }) => [smallest, nearest, largest],
        other => panic!("{other:?}"),
    };
    // The vocabulary alone is larger.
    let [smallest, nearest, largest] = impossible(Search::new(1_000_000));
    assert!(1_000_000 < smallest && smallest == nearest && largest > 10_000_000_000);
    let mut narrow = Search { tolerance: 0.0001, ..Search::new(500_000_000) };
    narrow.space.layers = 40..=40;
    narrow.space.head_dims = vec![160];
    let [smallest, nearest, largest] = impossible(narrow);
    assert!(smallest < nearest && nearest < largest);

    let mut empty = Search::new(100_000_000);
    empty.space.head_dims.clear();
    assert!(matches!(empty.shapes(), Err(Error::EmptySpace { .. })));
}

#[test]
fn settings_out_of_range_are_named() {
    let base = || Search::new(100_000_000);
    let odd =
        Shape { hidden: 100, layers: 1, ffn: 32, heads: 3, kv_heads: 1, activation: Activation::Relu, tied: true };
    let cases = [
        (Search { tolerance: 0.0, ..base() }, "tolerance"),
        (Search { tolerance: f64::NAN, ..base() }, "tolerance"),
        (Search { params: 0, ..base() }, "params"),
        (Search { params: u64::MAX, ..base() }, "params"),
        (Search { vocab: 0, ..base() }, "vocab"),
        (Search { context: usize::MAX, ..base() }, "context"),
        (Search { prefill: 4000, ..base() }, "prefill"),
        (Search { decode: 2000, ..base() }, "decode"),
        (Search { decode: 0, ..base() }, "decode"),
        (Search { sparsity: Some(1.5), ..base() }, "sparsity"),
        (Search { sparsity: Some(0.5), ty: TensorType::Q8_0, ..base() }, "sparsity"),
        (Search { ty: TensorType::Q6_K, ..base() }, "type"),
        (Search { objective: Objective::Weighted { decode: 2.0 }, ..base() }, "weight"),
        (Search { also: vec![odd], ..base() }, "shape"),
    ];
    for (search, name) in cases {
        match search.shapes() {
            Err(Error::Setting { setting, .. }) => assert_eq!(setting, name),
            other => panic!("{name}: {:?}", other.map(|shapes| shapes.len())),
        }
    }
    type Change = fn(&mut Search);
    let spaces: [(Change, &str); 5] = [
        (|s| s.space.head_dims.push(24), "head width"),
        (|s| s.space.groups.push(0), "query heads for a key head"),
        (|s| s.space.layers = 0..=4, "layers"),
        (|s| s.space.aspect = 5.0..=1.0, "width to depth"),
        (|s| s.space.ffn_ratio = f64::NAN..=1.0, "FFN to width"),
    ];
    for (change, name) in spaces {
        let mut search = base();
        change(&mut search);
        assert!(matches!(search.shapes(), Err(Error::Setting { setting, .. }) if setting == name), "{name}");
    }
}
