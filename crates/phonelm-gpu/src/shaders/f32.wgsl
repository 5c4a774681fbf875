// Single precision weights in order. No scales.

const WORDS = 8u;
const SCALED = false;

// Four columns of four rows, as rows.
fn square(a: vec4<u32>, b: vec4<u32>, c: vec4<u32>, d: vec4<u32>) -> mat4x4<f32> {
    let columns = mat4x4<f32>(bitcast<vec4<f32>>(a), bitcast<vec4<f32>>(b), bitcast<vec4<f32>>(c), bitcast<vec4<f32>>(d));
    return transpose(columns);
}

fn tile(raw: Raw) -> Tile {
    let a = square(raw.words[0], raw.words[1], raw.words[2], raw.words[3]);
    let b = square(raw.words[4], raw.words[5], raw.words[6], raw.words[7]);
    return Tile(eight_of(a[0], b[0]), eight_of(a[1], b[1]), eight_of(a[2], b[2]), eight_of(a[3], b[3]));
}

fn places(part: u32) -> vec2<u32> {
    return vec2<u32>(2u * part, 2u * part + 1u);
}
