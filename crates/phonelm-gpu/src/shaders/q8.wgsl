// Weights scale * q: thirty-two signed bytes a block in order; the f16 scales lie apart, two a word.

struct Weights { a: vec4<u32>, b: vec4<u32>, scale: f32 }

fn scale_of(block: u32) -> f32 {
    let two = unpack2x16float(scales[block / 2u]);
    return select(two.x, two.y, block % 2u == 1u);
}

fn load(block: u32) -> Weights {
    return Weights(quants[2u * block], quants[2u * block + 1u], scale_of(block));
}

fn bytes(word: u32) -> vec4<f32> {
    return vec4<f32>(unpack4xI8(word));
}

fn times(w: Weights, x: Input) -> f32 {
    let sum = dot(bytes(w.a.x), x.v[0]) + dot(bytes(w.a.y), x.v[1]) + dot(bytes(w.a.z), x.v[2]) + dot(bytes(w.a.w), x.v[3])
        + dot(bytes(w.b.x), x.v[4]) + dot(bytes(w.b.y), x.v[5]) + dot(bytes(w.b.z), x.v[6]) + dot(bytes(w.b.w), x.v[7]);
    return w.scale * sum;
}

fn eight(block: u32, part: u32) -> Eight {
    let q = quants[2u * block + part / 2u];
    let words = select(q.xy, q.zw, part % 2u == 1u);
    let scale = scale_of(block);
    return Eight(scale * bytes(words.x), scale * bytes(words.y));
}
