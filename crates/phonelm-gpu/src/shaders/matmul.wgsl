// Products of many rows of x: a workgroup makes 64 outputs of 64 rows, a thread eight of eight. Block by block of 32
// columns, x and the dequantised weights pass through workgroup memory, column by column.

var<workgroup> xs: array<vec4<f32>, 512>;
var<workgroup> ws: array<vec4<f32>, 512>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let n0 = group.x * 64u;
    let m0 = group.y * 64u;
    // While filling: four rows, a part of a block of them. While multiplying: outputs and rows.
    let four = thread % 16u;
    let part = thread / 16u;
    let tn = thread % 8u;
    let tm = thread / 8u;
    var sums: array<vec4<f32>, 16>;
    for (var block = 0u; block < shape.blocks; block++) {
        let raw = fetch((n0 / 4u + four) * shape.blocks + block, part);
        let w = tile(raw);
        let scale = scales_of(raw);
        let stride = shape.in_stride / 4u;
        let xi = (m0 + 4u * four) * stride + block * 8u + places(part);
        let x0 = Two(x[xi.x], x[xi.y]);
        let x1 = Two(x[xi.x + stride], x[xi.y + stride]);
        let x2 = Two(x[xi.x + 2u * stride], x[xi.y + 2u * stride]);
        let x3 = Two(x[xi.x + 3u * stride], x[xi.y + 3u * stride]);
        let at = places(part) * 64u + four;
        workgroupBarrier();
        ws[at.x] = scale * vec4<f32>(w.r0.a.x, w.r1.a.x, w.r2.a.x, w.r3.a.x);
        ws[at.x + 16u] = scale * vec4<f32>(w.r0.b.x, w.r1.b.x, w.r2.b.x, w.r3.b.x);
        ws[at.x + 32u] = scale * vec4<f32>(w.r0.a.y, w.r1.a.y, w.r2.a.y, w.r3.a.y);
        ws[at.x + 48u] = scale * vec4<f32>(w.r0.b.y, w.r1.b.y, w.r2.b.y, w.r3.b.y);
        ws[at.y] = scale * vec4<f32>(w.r0.c.x, w.r1.c.x, w.r2.c.x, w.r3.c.x);
        ws[at.y + 16u] = scale * vec4<f32>(w.r0.d.x, w.r1.d.x, w.r2.d.x, w.r3.d.x);
        ws[at.y + 32u] = scale * vec4<f32>(w.r0.c.y, w.r1.c.y, w.r2.c.y, w.r3.c.y);
        ws[at.y + 48u] = scale * vec4<f32>(w.r0.d.y, w.r1.d.y, w.r2.d.y, w.r3.d.y);
        xs[at.x] = vec4<f32>(x0.a.x, x1.a.x, x2.a.x, x3.a.x);
        xs[at.x + 16u] = vec4<f32>(x0.a.y, x1.a.y, x2.a.y, x3.a.y);
        xs[at.x + 32u] = vec4<f32>(x0.a.z, x1.a.z, x2.a.z, x3.a.z);
        xs[at.x + 48u] = vec4<f32>(x0.a.w, x1.a.w, x2.a.w, x3.a.w);
        xs[at.y] = vec4<f32>(x0.b.x, x1.b.x, x2.b.x, x3.b.x);
        xs[at.y + 16u] = vec4<f32>(x0.b.y, x1.b.y, x2.b.y, x3.b.y);
        xs[at.y + 32u] = vec4<f32>(x0.b.z, x1.b.z, x2.b.z, x3.b.z);
        xs[at.y + 48u] = vec4<f32>(x0.b.w, x1.b.w, x2.b.w, x3.b.w);
        workgroupBarrier();
        for (var k = 0u; k < 32u; k += 4u) {
            column(&sums, k, tn, tm);
            column(&sums, k + 1u, tn, tm);
            column(&sums, k + 2u, tn, tm);
            column(&sums, k + 3u, tn, tm);
        }
    }
    let n = shape.first + n0 + 4u * tn;
    // One by one: an array that a variable indexes would not stay in registers.
    let m = m0 + 4u * tm;
    emit(m, n, sums[0]);
    emit(m, n + 32u, sums[1]);
    emit(m + 1u, n, sums[2]);
    emit(m + 1u, n + 32u, sums[3]);
    emit(m + 2u, n, sums[4]);
    emit(m + 2u, n + 32u, sums[5]);
    emit(m + 3u, n, sums[6]);
    emit(m + 3u, n + 32u, sums[7]);
    emit(m + 32u, n, sums[8]);
    emit(m + 32u, n + 32u, sums[9]);
    emit(m + 33u, n, sums[10]);
    emit(m + 33u, n + 32u, sums[11]);
    emit(m + 34u, n, sums[12]);
    emit(m + 34u, n + 32u, sums[13]);
    emit(m + 35u, n, sums[14]);
    emit(m + 35u, n + 32u, sums[15]);
}

struct Two { a: vec4<f32>, b: vec4<f32> }

// One column's share of all sums.
fn column(sums: ptr<function, array<vec4<f32>, 16>>, k: u32, tn: u32, tm: u32) {
    let a = xs[k * 16u + tm];
    let b = xs[k * 16u + 8u + tm];
    let left = ws[k * 16u + tn];
    let right = ws[k * 16u + 8u + tn];
    (*sums)[0] += a.x * left;
    (*sums)[1] += a.x * right;
    (*sums)[2] += a.y * left;
    (*sums)[3] += a.y * right;
    (*sums)[4] += a.z * left;
    (*sums)[5] += a.z * right;
    (*sums)[6] += a.w * left;
    (*sums)[7] += a.w * right;
    (*sums)[8] += b.x * left;
    (*sums)[9] += b.x * right;
    (*sums)[10] += b.y * left;
    (*sums)[11] += b.y * right;
    (*sums)[12] += b.z * left;
    (*sums)[13] += b.z * right;
    (*sums)[14] += b.w * left;
    (*sums)[15] += b.w * right;
}
