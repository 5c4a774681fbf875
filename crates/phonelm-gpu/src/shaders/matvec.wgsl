// The product of one row of x, as in decode. A thread keeps PARTS parts of x, of BLOCKS blocks, in registers; workgroups
// take four outputs after four outputs in turn (where LOOPS), and the weights of the next are under way while those of the
// last are multiplied. Where NORM, x passes an RMSNorm on the way: its weights multiply each element, and the mean of squares divides
// the sums. Where HALF, a thread's x is brought below 2 by a power of two, so that no sum leaves half precision.

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let part = thread % 4u;
    let end = (shape.limit - shape.first) / 4u;
    var four = group.x;
    var raws: array<Raw, PARTS>;
    for (var i = 0u; i < PARTS; i++) {
        raws[i] = fetch(four * BLOCKS + block_of(thread, i), part);
    }
    var a: array<vec4<f32>, PARTS>;
    var b: array<vec4<f32>, PARTS>;
    var squares = 0.0;
    var most = 0.0;
    for (var i = 0u; i < PARTS; i++) {
        let at = block_of(thread, i) * 8u + places(part);
        a[i] = x[at.x];
        b[i] = x[at.y];
        if thread / 4u + i * STEP >= BLOCKS {
            a[i] = vec4<f32>();
            b[i] = vec4<f32>();
        }
        if NORM {
            squares += dot(a[i], a[i]) + dot(b[i], b[i]);
            a[i] *= vectors[at.x];
            b[i] *= vectors[at.y];
        }
        let larger = max(abs(a[i]), abs(b[i]));
        most = max(most, max(max(larger.x, larger.y), max(larger.z, larger.w)));
    }
    var scale = 1.0;
    var inverse = 1.0;
    if HALF {
        let exponent = clamp(bitcast<u32>(most) >> 23u, 1u, 253u);
        scale = bitcast<f32>(exponent << 23u);
        inverse = bitcast<f32>((254u - exponent) << 23u);
    }
    var parts: array<Eight, PARTS>;
    for (var i = 0u; i < PARTS; i++) {
        parts[i] = eight_of(a[i] * inverse, b[i] * inverse);
    }
    if NORM {
        scale *= inverseSqrt(sum_all(squares, thread) / shape.columns + shape.eps);
    }
    loop {
        let next = four + groups.x;
        var then: array<Raw, PARTS>;
        if LOOPS {
            // Without a condition, which would make the GPU wait here.
            for (var i = 0u; i < PARTS; i++) {
                then[i] = fetch(min(next, end - 1u) * BLOCKS + block_of(thread, i), part);
            }
        }
        var sums = vec4<f32>();
        for (var i = 0u; i < PARTS; i++) {
            sums += products(raws[i], parts[i]);
        }
        sums = sums_all(scale * sums, thread);
        if thread == 0u {
            emit(0u, shape.first + four * 4u, sums);
        }
        if next >= end {
            break;
        }
        four = next;
        raws = then;
    }
}

// Blocks from one part of a thread to its next.
const STEP = THREADS / 4u;

// The block of a thread's part. Behind the last one there is x of zero for it.
fn block_of(thread: u32, i: u32) -> u32 {
    return min(thread / 4u + i * STEP, BLOCKS - 1u);
}
