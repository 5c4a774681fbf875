// Keys and values as f16. A unit is two elements, a word. In a block lie the keys of a head, [UNITS][64], and its values,
// [64][UNITS].

alias Unit = vec2<f32>;
// A unit as the cache keeps it.
alias Kept = u32;

const UNITS = HEAD_DIM / 2u;
// Words of a head in a block.
const HEAD_WORDS = 2u * KEYS;

// A unit of `head`.
fn of_head(unit: u32) -> Unit {
    return vec2<f32>(head[2u * unit], head[2u * unit + 1u]);
}

// A unit of `fresh` on its way into the cache.
fn keep(unit: u32) -> Kept {
    return pack2x16float(vec2<f32>(fresh[2u * unit], fresh[2u * unit + 1u]));
}

fn unit_of(kept: Kept) -> Unit {
    return unpack2x16float(kept);
}

fn store(block: u32, token: u32, unit: u32, key: Kept, value: Kept) {
    pool[key_at(block, token, unit)] = key;
    pool[value_at(block, token, unit)] = value;
}

fn key_of(key: u32, unit: u32) -> Unit {
    return unpack2x16float(pool[key + unit * 64u]);
}

// What a unit of the query gives to the score of the token whose key begins at `key`.
fn score_of(key: u32, unit: u32) -> f32 {
    return dot(query[unit], key_of(key, unit));
}

fn value_of(block: u32, token: u32, unit: u32) -> Unit {
    return unpack2x16float(pool[value_at(block, token, unit)]);
}
