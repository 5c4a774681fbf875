// What the formats of weights share. `block` counts blocks of four rows, and a part is a quarter of a block: eight weights of
// each row. A format says how many vectors of words a part has (WORDS), whether a block has scales, with `tile` what a part
// stands for, and with `places` to which two vectors of its block's columns they belong.

struct Raw { words: array<vec4<u32>, WORDS>, scales: vec2<u32> }
// Columns 0 and 2, 1 and 3 of the first vector, then of the second: as half precision takes them out of words.
struct Eight { a: vec2<Number>, b: vec2<Number>, c: vec2<Number>, d: vec2<Number> }
struct Tile { r0: Eight, r1: Eight, r2: Eight, r3: Eight }

fn fetch(block: u32, part: u32) -> Raw {
    var raw: Raw;
    for (var i = 0u; i < WORDS; i++) {
        raw.words[i] = words[(block * 4u + part) * WORDS + i];
    }
    if SCALED {
        raw.scales = scales[block];
    }
    return raw;
}

// Scales of the four rows.
fn scales_of(raw: Raw) -> vec4<f32> {
    if SCALED {
        return vec4<f32>(unpack2x16float(raw.scales.x), unpack2x16float(raw.scales.y));
    }
    return vec4<f32>(1.0);
}

// Four products of eight weights with eight elements of x.
fn products(raw: Raw, x: Eight) -> vec4<f32> {
    let w = tile(raw);
    return scales_of(raw) * vec4<f32>(times(w.r0, x), times(w.r1, x), times(w.r2, x), times(w.r3, x));
}

fn times(w: Eight, x: Eight) -> f32 {
    let two = fma(w.a, x.a, fma(w.b, x.b, fma(w.c, x.c, w.d * x.d)));
    return f32(two.x) + f32(two.y);
}

fn eight_of(a: vec4<f32>, b: vec4<f32>) -> Eight {
    return Eight(vec2<Number>(a.xz), vec2<Number>(a.yw), vec2<Number>(b.xz), vec2<Number>(b.yw));
}
