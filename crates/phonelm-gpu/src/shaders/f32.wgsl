// Single precision weights in order, four a vector of words. No scales.

struct Weights { v: array<vec4<f32>, 8> }

fn four(at: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(quants[at]);
}

fn load(block: u32) -> Weights {
    let at = 8u * block;
    return Weights(array<vec4<f32>, 8>(
        four(at), four(at + 1u), four(at + 2u), four(at + 3u), four(at + 4u), four(at + 5u), four(at + 6u), four(at + 7u),
    ));
}

fn times(w: Weights, x: Input) -> f32 {
    return dot(w.v[0], x.v[0]) + dot(w.v[1], x.v[1]) + dot(w.v[2], x.v[2]) + dot(w.v[3], x.v[3])
        + dot(w.v[4], x.v[4]) + dot(w.v[5], x.v[5]) + dot(w.v[6], x.v[6]) + dot(w.v[7], x.v[7]);
}

fn eight(block: u32, part: u32) -> Eight {
    let at = 8u * block + 2u * part;
    return Eight(four(at), four(at + 1u));
}
