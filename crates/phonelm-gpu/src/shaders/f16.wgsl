// Half precision weights in order, two a word. No scales.

fn eight(block: u32, part: u32) -> Eight {
    let at = block * 16u + part * 4u;
    return Eight(
        vec4<f32>(unpack2x16float(words[at]), unpack2x16float(words[at + 1u])),
        vec4<f32>(unpack2x16float(words[at + 2u]), unpack2x16float(words[at + 3u])),
        1.0,
    );
}

fn places(part: u32) -> vec2<u32> {
    return vec2<u32>(2u * part, 2u * part + 1u);
}
