// Single precision weights in order. No scales.

fn four(at: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(vec4<u32>(words[at], words[at + 1u], words[at + 2u], words[at + 3u]));
}

fn eight(block: u32, part: u32) -> Eight {
    let at = block * 32u + part * 8u;
    return Eight(four(at), four(at + 4u), 1.0);
}

fn places(part: u32) -> vec2<u32> {
    return vec2<u32>(2u * part, 2u * part + 1u);
}
