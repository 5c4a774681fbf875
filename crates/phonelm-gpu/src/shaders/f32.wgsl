// Single precision weights in order. No scales.

// Four columns of four rows.
fn square(at: u32) -> mat4x4<f32> {
    return transpose(mat4x4<f32>(floats(at), floats(at + 1u), floats(at + 2u), floats(at + 3u)));
}

fn floats(at: u32) -> vec4<f32> {
    return bitcast<vec4<f32>>(words[at]);
}

fn tile(block: u32, part: u32) -> Tile {
    let at = block * 32u + part * 8u;
    let a = square(at);
    let b = square(at + 4u);
    return Tile(Eight(a[0], b[0]), Eight(a[1], b[1]), Eight(a[2], b[2]), Eight(a[3], b[3]), vec4<f32>(1.0));
}

fn places(part: u32) -> vec2<u32> {
    return vec2<u32>(2u * part, 2u * part + 1u);
}
