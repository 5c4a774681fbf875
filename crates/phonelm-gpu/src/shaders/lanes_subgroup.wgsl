// Sums over the LANES threads of a set, which are one subgroup.

fn lane_sums(v: vec4<f32>, thread: u32) -> vec4<f32> {
    return subgroupAdd(v);
}

fn lane_sum(v: f32, thread: u32) -> f32 {
    return subgroupAdd(v);
}
