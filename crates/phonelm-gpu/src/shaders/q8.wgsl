// Weights scale * q: thirty-two signed bytes a block in order; the f16 scales lie apart, two a word.

fn eight(block: u32, part: u32) -> Eight {
    let at = block * 8u + part * 2u;
    return Eight(
        vec4<f32>(unpack4xI8(words[at])),
        vec4<f32>(unpack4xI8(words[at + 1u])),
        unpack2x16float(scales[block / 2u] >> (block % 2u * 16u)).x,
    );
}

fn places(part: u32) -> vec2<u32> {
    return vec2<u32>(2u * part, 2u * part + 1u);
}
