// Weights scale * (q - 8): sixteen bytes a block, byte j with weight j in its low and weight j + 16 in its high nibble;
// the f16 scales lie apart, two a word. A part of a block is a word.

const OFFSET = 8.0;

fn eight(block: u32, part: u32) -> Eight {
    let word = words[block * 4u + part];
    let two = unpack2x16float(scales[block / 2u]);
    return Eight(
        vec4<f32>(unpack4xU8(word & 0x0f0f0f0fu)),
        vec4<f32>(unpack4xU8((word >> 4u) & 0x0f0f0f0fu)),
        select(two.x, two.y, block % 2u == 1u),
    );
}

fn places(part: u32) -> vec2<u32> {
    return vec2<u32>(part, part + 4u);
}
