// Sum and largest of one number a thread, or sums of four, over all THREADS of a workgroup, through workgroup memory.

var<workgroup> parts: array<f32, THREADS>;
var<workgroup> fours: array<vec4<f32>, THREADS>;

fn sum_all(v: f32, thread: u32) -> f32 {
    workgroupBarrier();
    parts[thread] = v;
    workgroupBarrier();
    for (var left = THREADS; left > 1u; left = (left + 1u) / 2u) {
        let half = (left + 1u) / 2u;
        if thread + half < left {
            parts[thread] += parts[thread + half];
        }
        workgroupBarrier();
    }
    return parts[0];
}

fn sums_all(v: vec4<f32>, thread: u32) -> vec4<f32> {
    workgroupBarrier();
    fours[thread] = v;
    workgroupBarrier();
    for (var left = THREADS; left > 1u; left = (left + 1u) / 2u) {
        let half = (left + 1u) / 2u;
        if thread + half < left {
            fours[thread] += fours[thread + half];
        }
        workgroupBarrier();
    }
    return fours[0];
}

fn max_all(v: f32, thread: u32) -> f32 {
    workgroupBarrier();
    parts[thread] = v;
    workgroupBarrier();
    for (var left = THREADS; left > 1u; left = (left + 1u) / 2u) {
        let half = (left + 1u) / 2u;
        if thread + half < left {
            parts[thread] = max(parts[thread], parts[thread + half]);
        }
        workgroupBarrier();
    }
    return parts[0];
}
