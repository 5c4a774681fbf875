// Products of ROWS rows of x, a few: the weights stream past once. A workgroup makes four outputs; its threads take the
// parts of blocks in turn, so that neighbours read neighbouring words of weights and of x. Where NORM, x passes an RMSNorm on
// the way: its weights multiply each element, and the mean of squares, which is gathered as x is read, divides the sums.

struct Sums { outputs: array<vec4<f32>, ROWS>, squares: array<f32, ROWS> }

@compute @workgroup_size(THREADS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let n = (group.y * groups.x + group.x) * 4u;
    if shape.first + n >= shape.limit {
        return;
    }
    let part = thread % 4u;
    var block = thread / 4u;
    var sums: Sums;
    // Twice as many loads under way as one block gives.
    for (; block + THREADS / 4u < shape.blocks; block += THREADS / 2u) {
        multiply(&sums, n, block, part);
        multiply(&sums, n, block + THREADS / 4u, part);
    }
    if block < shape.blocks {
        multiply(&sums, n, block, part);
    }
    for (var m = 0u; m < ROWS; m++) {
        var v = sums_all(sums.outputs[m], thread);
        if NORM {
            v *= inverseSqrt(sum_all(sums.squares[m], thread) / shape.columns + shape.eps);
        }
        if thread == 0u {
            emit(m, shape.first + n, v);
        }
    }
}

// Adds one part of a block of four rows of weights.
fn multiply(sums: ptr<function, Sums>, n: u32, block: u32, part: u32) {
    let raw = fetch(n / 4u * shape.blocks + block, part);
    let place = block * 8u + places(part);
    for (var m = 0u; m < ROWS; m++) {
        var a = x[m * (shape.in_stride / 4u) + place.x];
        var b = x[m * (shape.in_stride / 4u) + place.y];
        if NORM {
            (*sums).squares[m] += dot(a, a) + dot(b, b);
            a *= vectors[place.x];
            b *= vectors[place.y];
        }
        (*sums).outputs[m] += products(raw, eight_of(a, b));
    }
}
