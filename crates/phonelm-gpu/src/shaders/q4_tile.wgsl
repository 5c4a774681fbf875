
fn tile(raw: Raw) -> Tile {
    let rows = raw.words[0];
    return Tile(eight(rows.x), eight(rows.y), eight(rows.z), eight(rows.w));
}

fn places(part: u32) -> vec2<u32> {
    return vec2<u32>(part, part + 4u);
}
