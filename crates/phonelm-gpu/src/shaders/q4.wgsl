// Weights scale * (q - 8): sixteen bytes a block, byte j with weight j in its low and weight j + 16 in its high nibble;
// the f16 scales lie apart. A part of a row's block is a word.
//
// A nibble becomes a float without a conversion, which GPUs do slowly: it is put into the mantissa of 2^23 where it stands,
// and one exact multiplication and addition brings it to its place and takes 8 away.

const WORDS = 1u;
const SCALED = true;
const SHIFTS = vec4<f32>(1.0, 0.0625, 0.00390625, 0.000244140625);

// Four nibbles in the low half of a word: q - 8 of each.
fn nibbles(word: u32) -> vec4<f32> {
    let bits = (vec4<u32>(word) & vec4<u32>(0xfu, 0xf0u, 0xf00u, 0xf000u)) | vec4<u32>(0x4b000000u);
    return bitcast<vec4<f32>>(bits) * SHIFTS - (8388608.0 * SHIFTS + 8.0);
}

fn eight(word: u32) -> Eight {
    let low = nibbles(word);
    let high = nibbles(word >> 16u);
    return Eight(vec2<f32>(low.x, high.x), vec2<f32>(low.z, high.z), vec2<f32>(low.y, high.y), vec2<f32>(low.w, high.w));
}
