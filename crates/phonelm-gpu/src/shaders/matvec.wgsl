// Products of ROWS rows of x, a few: the weights stream past once. LANES threads share four outputs, lane by lane a block
// of columns; SETS such sets are a workgroup. Where NORM, x passes an RMSNorm on the way: its weights multiply each
// element, and the mean of squares, which all sets gather as they go, divides the sums at the end.

@compute @workgroup_size(LANES * SETS)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
) {
    let first = (group.y * groups.x + group.x) * SETS * 4u;
    if shape.first + first >= shape.limit {
        return;
    }
    let n = first + thread / LANES * 4u;
    var sums: array<vec4<f32>, ROWS>;
    var squares: array<f32, ROWS>;
    for (var block = thread % LANES; block < shape.blocks; block += LANES) {
        let at = n * shape.blocks + block;
        let w0 = load(at);
        let w1 = load(at + shape.blocks);
        let w2 = load(at + 2u * shape.blocks);
        let w3 = load(at + 3u * shape.blocks);
        for (var m = 0u; m < ROWS; m++) {
            var input = row_block(m, block);
            if NORM {
                squares[m] += square(input);
                input = scaled(input, block);
            }
            input.sum = total(input);
            sums[m] += vec4<f32>(times(w0, input), times(w1, input), times(w2, input), times(w3, input));
        }
    }
    for (var m = 0u; m < ROWS; m++) {
        var v = lane_sums(sums[m], thread);
        if NORM {
            v *= inverseSqrt(lane_sum(squares[m], thread) / shape.columns + shape.eps);
        }
        if thread % LANES == 0u {
            emit(m, shape.first + n, v);
        }
    }
}

fn row_block(m: u32, block: u32) -> Input {
    let at = m * (shape.in_stride / 4u) + block * 8u;
    return Input(array<vec4<f32>, 8>(
        x[at], x[at + 1u], x[at + 2u], x[at + 3u], x[at + 4u], x[at + 5u], x[at + 6u], x[at + 7u],
    ), 0.0);
}

fn square(i: Input) -> f32 {
    return dot(i.v[0], i.v[0]) + dot(i.v[1], i.v[1]) + dot(i.v[2], i.v[2]) + dot(i.v[3], i.v[3])
        + dot(i.v[4], i.v[4]) + dot(i.v[5], i.v[5]) + dot(i.v[6], i.v[6]) + dot(i.v[7], i.v[7]);
}

fn scaled(i: Input, block: u32) -> Input {
    let at = block * 8u;
    return Input(array<vec4<f32>, 8>(
        i.v[0] * vectors[at], i.v[1] * vectors[at + 1u], i.v[2] * vectors[at + 2u], i.v[3] * vectors[at + 3u],
        i.v[4] * vectors[at + 4u], i.v[5] * vectors[at + 5u], i.v[6] * vectors[at + 6u], i.v[7] * vectors[at + 7u],
    ), 0.0);
}

fn total(i: Input) -> f32 {
    return dot(i.v[0] + i.v[1] + i.v[2] + i.v[3] + i.v[4] + i.v[5] + i.v[6] + i.v[7], vec4<f32>(1.0));
}
