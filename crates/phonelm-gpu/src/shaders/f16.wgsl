// Half precision weights in order, eight a vector of words. No scales.

struct Weights { a: vec4<u32>, b: vec4<u32>, c: vec4<u32>, d: vec4<u32> }

fn load(block: u32) -> Weights {
    let at = 4u * block;
    return Weights(quants[at], quants[at + 1u], quants[at + 2u], quants[at + 3u]);
}

fn halves(words: vec2<u32>) -> vec4<f32> {
    return vec4<f32>(unpack2x16float(words.x), unpack2x16float(words.y));
}

fn times(w: Weights, x: Input) -> f32 {
    return dot(halves(w.a.xy), x.v[0]) + dot(halves(w.a.zw), x.v[1]) + dot(halves(w.b.xy), x.v[2]) + dot(halves(w.b.zw), x.v[3])
        + dot(halves(w.c.xy), x.v[4]) + dot(halves(w.c.zw), x.v[5]) + dot(halves(w.d.xy), x.v[6]) + dot(halves(w.d.zw), x.v[7]);
}

fn eight(block: u32, part: u32) -> Eight {
    let q = quants[4u * block + part];
    return Eight(halves(q.xy), halves(q.zw));
}
