// Half precision weights in order, two a word. No scales.

const WORDS = 4u;
const SCALED = false;

fn four(a: u32, b: u32) -> vec4<f32> {
    return vec4<f32>(unpack2x16float(a), unpack2x16float(b));
}

fn tile(raw: Raw) -> Tile {
    let a = raw.words[0];
    let b = raw.words[1];
    let c = raw.words[2];
    let d = raw.words[3];
    return Tile(
        eight_of(four(a.x, b.x), four(c.x, d.x)),
        eight_of(four(a.y, b.y), four(c.y, d.y)),
        eight_of(four(a.z, b.z), four(c.z, d.z)),
        eight_of(four(a.w, b.w), four(c.w, d.w)),
    );
}

fn places(part: u32) -> vec2<u32> {
    return vec2<u32>(2u * part, 2u * part + 1u);
}
