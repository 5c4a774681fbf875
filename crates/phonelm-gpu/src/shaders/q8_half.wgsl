// As q8.wgsl, in half precision, two bytes at a time: q + 128 in the mantissa of 1024.

const WORDS = 2u;
const SCALED = true;

fn even(word: u32) -> vec2<f16> {
    return halves(((word & 0x00ff00ffu) ^ 0x00800080u) | 0x64006400u) - vec2<f16>(1152.0h);
}

fn eight(first: u32, second: u32) -> Eight {
    return Eight(even(first), even(first >> 8u), even(second), even(second >> 8u));
}
