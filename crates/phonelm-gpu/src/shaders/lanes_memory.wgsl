// Sums over the LANES threads of a set, through workgroup memory.

var<workgroup> lane_parts: array<vec4<f32>, LANES * SETS>;

fn lane_sums(v: vec4<f32>, thread: u32) -> vec4<f32> {
    workgroupBarrier();
    lane_parts[thread] = v;
    workgroupBarrier();
    for (var half = LANES / 2u; half > 0u; half /= 2u) {
        if thread % LANES < half {
            lane_parts[thread] += lane_parts[thread + half];
        }
        workgroupBarrier();
    }
    return lane_parts[thread - thread % LANES];
}

fn lane_sum(v: f32, thread: u32) -> f32 {
    return lane_sums(vec4<f32>(v), thread).x;
}
