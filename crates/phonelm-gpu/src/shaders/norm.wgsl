// RMSNorm of whole rows, a workgroup a row, for products of many rows.

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let row = group.x * (shape.in_stride / 4u);
    var squares = 0.0;
    for (var i = thread; i < shape.blocks * 8u; i += THREADS) {
        squares += dot(x[row + i], x[row + i]);
    }
    let scale = inverseSqrt(sum_all(squares, thread) / shape.columns + shape.eps);
    for (var i = thread; i < shape.blocks * 8u; i += THREADS) {
        let v = x[row + i] * scale * vectors[i];
        out[2u * (row + i)] = v.xy;
        out[2u * (row + i) + 1u] = v.zw;
    }
}
