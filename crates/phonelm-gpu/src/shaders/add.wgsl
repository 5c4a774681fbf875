// Outputs are added to the residual stream.

fn emit(m: u32, n: u32, sums: vec4<f32>) {
    if n >= shape.limit {
        return;
    }
    let at = (m * shape.out_stride + n) / 2u;
    out[at] += sums.xy;
    out[at + 1u] += sums.zw;
}
