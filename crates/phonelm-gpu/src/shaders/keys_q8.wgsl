// Keys and values as bytes, 32 neighbouring elements of a token with a scale. A unit is four elements, a word. In a block lie the
// keys of a head, [UNITS][64], its values, [64][UNITS], and their scales, [HEAD_DIM / 32][64]: f16 of the key in the lower half
// of a word, of the value in the upper one. So each word is one token's, and one thread writes it.

alias Unit = vec4<f32>;
// A unit as the cache keeps it: its bytes, and the bits of its scale.
alias Kept = vec2<u32>;

const UNITS = HEAD_DIM / 4u;
// Words of a head in a block.
const HEAD_WORDS = 2u * KEYS + 2u * HEAD_DIM;

// A unit of `head`.
fn of_head(unit: u32) -> Unit {
    let i = 4u * unit;
    return vec4<f32>(head[i], head[i + 1u], head[i + 2u], head[i + 3u]);
}

// A unit of `fresh` on its way into the cache, as the CPU rounds it: the largest of 32 becomes 127; zeros where the scale is zero,
// too small for its inverse, or no number.
fn keep(unit: u32) -> Kept {
    let first = unit / 8u * 32u;
    var top = 0u;
    for (var i = 0u; i < 32u; i++) {
        top = max(top, bitcast<u32>(fresh[first + i]) & 0x7fffffffu);
    }
    let scale = bitcast<f32>(top) / 127.0;
    if bitcast<u32>(scale) < 0x00800000u {
        return vec2<u32>(0u);
    }
    if top >= 0x7f800000u {
        return vec2<u32>(0u, half_bits(top));
    }
    let i = 4u * unit;
    let four = vec4<f32>(fresh[i], fresh[i + 1u], fresh[i + 2u], fresh[i + 3u]);
    return vec2<u32>(pack4xI8(vec4<i32>(round(four * (1.0 / scale)))), half_bits(bitcast<u32>(scale)));
}

// The f16 nearest to a float that is not negative, from bits to bits, halves to even: GPUs round in ways of their own.
fn half_bits(bits: u32) -> u32 {
    if bits >= 0x477ff000u {
        return select(0x7c00u, 0x7e00u, bits > 0x7f800000u);
    }
    if bits < 0x38800000u {
        return u32(round(bitcast<f32>(bits) * 16777216.0));
    }
    return (bits - 0x38000000u + 0xfffu + ((bits >> 13u) & 1u)) >> 13u;
}

fn unit_of(kept: Kept) -> Unit {
    return unpack2x16float(kept.y).x * vec4<f32>(unpack4xI8(kept.x));
}

fn store(block: u32, token: u32, unit: u32, key: Kept, value: Kept) {
    pool[key_at(block, token, unit)] = key.x;
    pool[value_at(block, token, unit)] = value.x;
    if unit % 8u == 0u {
        pool[scale_at(key_at(block, token, 0u), unit)] = key.y | (value.y << 16u);
    }
}

// Where the scales of a unit lie of the token whose key begins at `key`.
fn scale_at(key: u32, unit: u32) -> u32 {
    return key + 2u * KEYS + unit / 8u * 64u;
}

fn key_of(key: u32, unit: u32) -> Unit {
    return unpack2x16float(pool[scale_at(key, unit)]).x * vec4<f32>(unpack4xI8(pool[key + unit * 64u]));
}

// What a unit of the query gives to the score of the token whose key begins at `key`.
fn score_of(key: u32, unit: u32) -> f32 {
    let scale = unpack2x16float(pool[scale_at(key, unit)]).x;
    return scale * dot(query[unit], vec4<f32>(unpack4xI8(pool[key + unit * 64u])));
}

fn value_of(block: u32, token: u32, unit: u32) -> Unit {
    let scale = unpack2x16float(pool[scale_at(key_at(block, token, 0u), unit)]).y;
    return scale * vec4<f32>(unpack4xI8(pool[value_at(block, token, unit)]));
}
