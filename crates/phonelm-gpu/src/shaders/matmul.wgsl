// Products of many rows of x: a workgroup makes 64 outputs of 64 rows, a thread eight of eight. Block by block of 32
// columns, x and the dequantised weights pass through workgroup memory, column by column.

var<workgroup> xs: array<vec4<f32>, 512>;
var<workgroup> ws: array<vec4<f32>, 512>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let n0 = group.x * 64u;
    let m0 = group.y * 64u;
    // While filling: four rows, eight columns of them. While multiplying: outputs and rows.
    let four = thread % 16u;
    let part = thread / 16u;
    let tn = thread % 8u;
    let tm = thread / 8u;
    var sums: array<vec4<f32>, 16>;
    for (var block = 0u; block < shape.blocks; block++) {
        let wi = (n0 + 4u * four) * shape.blocks + block;
        let w0 = eight(wi, part);
        let w1 = eight(wi + shape.blocks, part);
        let w2 = eight(wi + 2u * shape.blocks, part);
        let w3 = eight(wi + 3u * shape.blocks, part);
        let stride = shape.in_stride / 4u;
        let xi = (m0 + 4u * four) * stride + block * 8u + part * 2u;
        let x0 = Eight(x[xi], x[xi + 1u]);
        let x1 = Eight(x[xi + stride], x[xi + stride + 1u]);
        let x2 = Eight(x[xi + 2u * stride], x[xi + 2u * stride + 1u]);
        let x3 = Eight(x[xi + 3u * stride], x[xi + 3u * stride + 1u]);
        let at = part * 128u + four;
        workgroupBarrier();
        ws[at] = vec4<f32>(w0.a.x, w1.a.x, w2.a.x, w3.a.x);
        ws[at + 16u] = vec4<f32>(w0.a.y, w1.a.y, w2.a.y, w3.a.y);
        ws[at + 32u] = vec4<f32>(w0.a.z, w1.a.z, w2.a.z, w3.a.z);
        ws[at + 48u] = vec4<f32>(w0.a.w, w1.a.w, w2.a.w, w3.a.w);
        ws[at + 64u] = vec4<f32>(w0.b.x, w1.b.x, w2.b.x, w3.b.x);
        ws[at + 80u] = vec4<f32>(w0.b.y, w1.b.y, w2.b.y, w3.b.y);
        ws[at + 96u] = vec4<f32>(w0.b.z, w1.b.z, w2.b.z, w3.b.z);
        ws[at + 112u] = vec4<f32>(w0.b.w, w1.b.w, w2.b.w, w3.b.w);
        xs[at] = vec4<f32>(x0.a.x, x1.a.x, x2.a.x, x3.a.x);
        xs[at + 16u] = vec4<f32>(x0.a.y, x1.a.y, x2.a.y, x3.a.y);
        xs[at + 32u] = vec4<f32>(x0.a.z, x1.a.z, x2.a.z, x3.a.z);
        xs[at + 48u] = vec4<f32>(x0.a.w, x1.a.w, x2.a.w, x3.a.w);
        xs[at + 64u] = vec4<f32>(x0.b.x, x1.b.x, x2.b.x, x3.b.x);
        xs[at + 80u] = vec4<f32>(x0.b.y, x1.b.y, x2.b.y, x3.b.y);
        xs[at + 96u] = vec4<f32>(x0.b.z, x1.b.z, x2.b.z, x3.b.z);
        xs[at + 112u] = vec4<f32>(x0.b.w, x1.b.w, x2.b.w, x3.b.w);
        workgroupBarrier();
        for (var k = 0u; k < 32u; k++) {
            let a = xs[k * 16u + tm];
            let b = xs[k * 16u + 8u + tm];
            let left = ws[k * 16u + tn];
            let right = ws[k * 16u + 8u + tn];
            sums[0] += a.x * left;
            sums[1] += a.x * right;
            sums[2] += a.y * left;
            sums[3] += a.y * right;
            sums[4] += a.z * left;
            sums[5] += a.z * right;
            sums[6] += a.w * left;
            sums[7] += a.w * right;
            sums[8] += b.x * left;
            sums[9] += b.x * right;
            sums[10] += b.y * left;
            sums[11] += b.y * right;
            sums[12] += b.z * left;
            sums[13] += b.z * right;
            sums[14] += b.w * left;
            sums[15] += b.w * right;
        }
    }
    let n = shape.first + n0 + 4u * tn;
    for (var i = 0u; i < 4u; i++) {
        let m = m0 + 4u * tm + i;
        emit(m, n, sums[2u * i]);
        emit(m, n + 32u, sums[2u * i + 1u]);
        emit(m + 32u, n, sums[2u * i + 8u]);
        emit(m + 32u, n + 32u, sums[2u * i + 9u]);
    }
}
