// As q4.wgsl, in half precision, two nibbles at a time: in the mantissa of 1024.

const WORDS = 1u;
const SCALED = true;

// The nibbles at the bottom of both halves of a word, and those above them: q - 8 of each.
fn low(word: u32) -> vec2<f16> {
    return halves((word & 0x000f000fu) | 0x64006400u) - vec2<f16>(1032.0h);
}

fn high(word: u32) -> vec2<f16> {
    return fma(halves((word & 0x00f000f0u) | 0x64006400u), vec2<f16>(0.0625h), vec2<f16>(-72.0h));
}

fn eight(word: u32) -> Eight {
    let odd = word >> 8u;
    return Eight(low(word), low(odd), high(word), high(odd));
}
