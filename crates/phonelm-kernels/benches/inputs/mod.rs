//! What the benchmarks and `examples/count.rs` multiply.

use phonelm_kernels::{GROUP, Q8Square, QuantizedGroup};

/// Activations.
pub(crate) fn waves(count: usize) -> Vec<f32> {
    (0..count).map(|i| (i as f32).sin()).collect()
}

/// Keys or values in bytes of all sizes.
pub(crate) fn square() -> Q8Square {
    let mut square = Q8Square::ZERO;
    for token in 0..GROUP {
        let values = std::array::from_fn(|i| ((i * 37 + token * 11) % 255) as i8);
        square.put_key(token, &QuantizedGroup { values, scale: 0.01, ..QuantizedGroup::default() });
    }
    square
}
