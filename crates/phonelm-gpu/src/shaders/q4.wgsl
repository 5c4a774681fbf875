// Weights scale * (q - 8): sixteen bytes a block, byte j with weight j in its low and weight j + 16 in its high nibble;
// the f16 scales lie apart. A part of a block is a word.
//
// A nibble becomes a float without a conversion, which GPUs do slowly: it is put into the mantissa of 2^23 where it stands,
// and one exact multiplication and addition brings it to its place and takes 8 away.

const PLACES = vec4<f32>(1.0, 0.0625, 0.00390625, 0.000244140625);

// Four nibbles in the low half of a word: q - 8 of each.
fn nibbles(word: u32) -> vec4<f32> {
    let bits = (vec4<u32>(word) & vec4<u32>(0xfu, 0xf0u, 0xf00u, 0xf000u)) | vec4<u32>(0x4b000000u);
    return bitcast<vec4<f32>>(bits) * PLACES - (8388608.0 * PLACES + 8.0);
}

fn eight(word: u32) -> Eight {
    let low = nibbles(word);
    let high = nibbles(word >> 16u);
    return Eight(vec4<f32>(low.xz, high.xz), vec4<f32>(low.yw, high.yw));
}

fn tile(block: u32, part: u32) -> Tile {
    let rows = words[block * 4u + part];
    return Tile(eight(rows.x), eight(rows.y), eight(rows.z), eight(rows.w), scales_of(block));
}

fn places(part: u32) -> vec2<u32> {
    return vec2<u32>(part, part + 4u);
}
