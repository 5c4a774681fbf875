// Weights scale * (q - 8): sixteen bytes a block, byte j with weight j in its low and weight j + 16 in its high nibble;
// the f16 scales lie apart, two a word.

struct Weights { q: vec4<u32>, scale: f32 }

fn scale_of(block: u32) -> f32 {
    let two = unpack2x16float(scales[block / 2u]);
    return select(two.x, two.y, block % 2u == 1u);
}

fn load(block: u32) -> Weights {
    return Weights(quants[block], scale_of(block));
}

fn bytes(word: u32) -> vec4<f32> {
    return vec4<f32>(unpack4xU8(word));
}

fn times(w: Weights, x: Input) -> f32 {
    let low = w.q & vec4<u32>(0x0f0f0f0fu);
    let high = (w.q >> vec4<u32>(4u)) & vec4<u32>(0x0f0f0f0fu);
    let sum = dot(bytes(low.x), x.v[0]) + dot(bytes(low.y), x.v[1]) + dot(bytes(low.z), x.v[2]) + dot(bytes(low.w), x.v[3])
        + dot(bytes(high.x), x.v[4]) + dot(bytes(high.y), x.v[5]) + dot(bytes(high.z), x.v[6]) + dot(bytes(high.w), x.v[7]);
    return w.scale * (sum - 8.0 * x.sum);
}

fn eight(block: u32, part: u32) -> Eight {
    let q = quants[block];
    let words = select(q.xy, q.zw, part % 2u == 1u) >> vec2<u32>(4u * (part / 2u));
    let scale = scale_of(block);
    return Eight(scale * (bytes(words.x & 0x0f0f0f0fu) - 8.0), scale * (bytes(words.y & 0x0f0f0f0fu) - 8.0));
}
