// Half precision weights in order, two a word. No scales.

fn four(a: u32, b: u32) -> vec4<f32> {
    return vec4<f32>(unpack2x16float(a), unpack2x16float(b));
}

fn tile(block: u32, part: u32) -> Tile {
    let at = block * 16u + part * 4u;
    let a = words[at];
    let b = words[at + 1u];
    let c = words[at + 2u];
    let d = words[at + 3u];
    return Tile(
        Eight(four(a.x, b.x), four(c.x, d.x)),
        Eight(four(a.y, b.y), four(c.y, d.y)),
        Eight(four(a.z, b.z), four(c.z, d.z)),
        Eight(four(a.w, b.w), four(c.w, d.w)),
        vec4<f32>(1.0),
    );
}

fn places(part: u32) -> vec2<u32> {
    return vec2<u32>(2u * part, 2u * part + 1u);
}
