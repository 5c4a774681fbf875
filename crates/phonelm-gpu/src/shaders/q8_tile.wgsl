
fn tile(raw: Raw) -> Tile {
    let a = raw.words[0];
    let b = raw.words[1];
    return Tile(eight(a.x, b.x), eight(a.y, b.y), eight(a.z, b.z), eight(a.w, b.w));
}

fn places(part: u32) -> vec2<u32> {
    return vec2<u32>(2u * part, 2u * part + 1u);
}
