// Weights scale * q: thirty-two signed bytes a block in order; the f16 scales lie apart.

const WORDS = 2u;
const SCALED = true;

fn eight(first: u32, second: u32) -> Eight {
    return eight_of(vec4<f32>(unpack4xI8(first)), vec4<f32>(unpack4xI8(second)));
}
