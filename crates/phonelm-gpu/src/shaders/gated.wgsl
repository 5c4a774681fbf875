// Outputs are gates and ups in turn: what is stored is activation(gate) * up, half as many.

fn activate(gate: vec2<f32>) -> vec2<f32> {
    if RELU {
        // NaN must stay NaN: neither max() nor a choice between gate and zero, of which compilers make max().
        return gate * select(vec2<f32>(0.0), vec2<f32>(1.0), gate > vec2<f32>(0.0));
    }
    return gate / (1.0 + exp(-gate));
}

fn emit(m: u32, n: u32, sums: vec4<f32>) {
    if n >= shape.limit {
        return;
    }
    out[(m * shape.out_stride + n / 2u) / 2u] = activate(sums.xz) * sums.yw;
}
