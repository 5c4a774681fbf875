// Outputs are stored, with a bias where there is one.

fn emit(m: u32, n: u32, sums: vec4<f32>) {
    if n >= shape.limit {
        return;
    }
    var v = sums;
    if BIAS {
        v += vectors[shape.blocks * 8u + n / 4u];
    }
    let at = (m * shape.out_stride + n) / 2u;
    out[at] = v.xy;
    out[at + 1u] = v.zw;
}
