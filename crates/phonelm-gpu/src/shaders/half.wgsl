enable f16;
alias Number = f16;

// Two halves from their bits. Compilers see that there and back is nothing; naga knows no bitcast for it.
fn halves(bits: u32) -> vec2<f16> {
    return vec2<f16>(unpack2x16float(bits));
}
