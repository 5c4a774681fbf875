// Weights scale * q: thirty-two signed bytes a block in order; the f16 scales lie apart.

fn eight(a: u32, b: u32) -> Eight {
    return Eight(vec4<f32>(unpack4xI8(a)), vec4<f32>(unpack4xI8(b)));
}

fn tile(block: u32, part: u32) -> Tile {
    let a = words[block * 8u + part * 2u];
    let b = words[block * 8u + part * 2u + 1u];
    return Tile(eight(a.x, b.x), eight(a.y, b.y), eight(a.z, b.z), eight(a.w, b.w), scales_of(block));
}

fn places(part: u32) -> vec2<u32> {
    return vec2<u32>(2u * part, 2u * part + 1u);
}
