// Sum and largest of one number a thread, or sums of four, over all THREADS of a workgroup: subgroups of SUBGROUP first.

var<workgroup> parts: array<f32, THREADS / SUBGROUP>;
var<workgroup> fours: array<vec4<f32>, THREADS / SUBGROUP>;

fn sum_all(v: f32, thread: u32) -> f32 {
    let one = subgroupAdd(v);
    workgroupBarrier();
    if thread % SUBGROUP == 0u {
        parts[thread / SUBGROUP] = one;
    }
    workgroupBarrier();
    var sum = 0.0;
    for (var i = 0u; i < THREADS / SUBGROUP; i++) {
        sum += parts[i];
    }
    return sum;
}

fn sums_all(v: vec4<f32>, thread: u32) -> vec4<f32> {
    let one = subgroupAdd(v);
    workgroupBarrier();
    if thread % SUBGROUP == 0u {
        fours[thread / SUBGROUP] = one;
    }
    workgroupBarrier();
    var sum = vec4<f32>(0.0);
    for (var i = 0u; i < THREADS / SUBGROUP; i++) {
        sum += fours[i];
    }
    return sum;
}

fn max_all(v: f32, thread: u32) -> f32 {
    let one = subgroupMax(v);
    workgroupBarrier();
    if thread % SUBGROUP == 0u {
        parts[thread / SUBGROUP] = one;
    }
    workgroupBarrier();
    var most = parts[0];
    for (var i = 1u; i < THREADS / SUBGROUP; i++) {
        most = max(most, parts[i]);
    }
    return most;
}
