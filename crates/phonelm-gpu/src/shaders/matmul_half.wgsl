// Products of many rows of x in half precision: a workgroup makes 64 outputs of 64 rows, a thread eight of eight. Block by
// block of 32 columns, x and the weights without their scales pass through workgroup memory, column by column, while the next
// block is under way. The sums of a block are half precision, the sums of blocks single.

// Eight rows or outputs of a column. columns.wgsl has brought x into this order.
struct Octet { a: vec4<f16>, b: vec4<f16> }

@group(1) @binding(0) var<storage, read> x: array<Octet>;
@group(1) @binding(1) var<storage, read_write> out: array<vec2<f32>>;

// Eight octets of each of 32 columns.
var<workgroup> xs: array<Octet, 256>;
var<workgroup> ws: array<Octet, 256>;
var<workgroup> factors: array<vec4<f32>, 16>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let n0 = group.x * 64u;
    let m0 = group.y * 64u;
    // While filling: four outputs, a part of a block of them; an octet of rows, four of its columns. While multiplying: octets
    // of outputs and of rows.
    let four = thread % 16u;
    let part = thread / 16u;
    let octet = thread % 8u;
    let columns = thread / 8u * 4u;
    let tn = thread % 8u;
    let tm = thread / 8u;
    let w_row = (n0 / 4u + four) * shape.blocks;
    let x_row = (m0 / 8u + octet) * (shape.in_stride + 1u) + columns;
    let w_at = places(part) * 32u + four / 2u;
    let x_at = columns * 8u + octet;
    var sums: array<vec4<f32>, 16>;
    var raw = fetch(w_row, part);
    var x0 = x[x_row];
    var x1 = x[x_row + 1u];
    var x2 = x[x_row + 2u];
    var x3 = x[x_row + 3u];
    for (var block = 0u; block < shape.blocks; block++) {
        workgroupBarrier();
        xs[x_at] = x0;
        xs[x_at + 8u] = x1;
        xs[x_at + 16u] = x2;
        xs[x_at + 24u] = x3;
        let w = tile(raw);
        if four % 2u == 0u {
            ws[w_at.x].a = vec4<f16>(w.r0.a.x, w.r1.a.x, w.r2.a.x, w.r3.a.x);
            ws[w_at.x + 8u].a = vec4<f16>(w.r0.b.x, w.r1.b.x, w.r2.b.x, w.r3.b.x);
            ws[w_at.x + 16u].a = vec4<f16>(w.r0.a.y, w.r1.a.y, w.r2.a.y, w.r3.a.y);
            ws[w_at.x + 24u].a = vec4<f16>(w.r0.b.y, w.r1.b.y, w.r2.b.y, w.r3.b.y);
            ws[w_at.y].a = vec4<f16>(w.r0.c.x, w.r1.c.x, w.r2.c.x, w.r3.c.x);
            ws[w_at.y + 8u].a = vec4<f16>(w.r0.d.x, w.r1.d.x, w.r2.d.x, w.r3.d.x);
            ws[w_at.y + 16u].a = vec4<f16>(w.r0.c.y, w.r1.c.y, w.r2.c.y, w.r3.c.y);
            ws[w_at.y + 24u].a = vec4<f16>(w.r0.d.y, w.r1.d.y, w.r2.d.y, w.r3.d.y);
        } else {
            ws[w_at.x].b = vec4<f16>(w.r0.a.x, w.r1.a.x, w.r2.a.x, w.r3.a.x);
            ws[w_at.x + 8u].b = vec4<f16>(w.r0.b.x, w.r1.b.x, w.r2.b.x, w.r3.b.x);
            ws[w_at.x + 16u].b = vec4<f16>(w.r0.a.y, w.r1.a.y, w.r2.a.y, w.r3.a.y);
            ws[w_at.x + 24u].b = vec4<f16>(w.r0.b.y, w.r1.b.y, w.r2.b.y, w.r3.b.y);
            ws[w_at.y].b = vec4<f16>(w.r0.c.x, w.r1.c.x, w.r2.c.x, w.r3.c.x);
            ws[w_at.y + 8u].b = vec4<f16>(w.r0.d.x, w.r1.d.x, w.r2.d.x, w.r3.d.x);
            ws[w_at.y + 16u].b = vec4<f16>(w.r0.c.y, w.r1.c.y, w.r2.c.y, w.r3.c.y);
            ws[w_at.y + 24u].b = vec4<f16>(w.r0.d.y, w.r1.d.y, w.r2.d.y, w.r3.d.y);
        }
        if part == 0u {
            factors[four] = scales_of(raw);
        }
        workgroupBarrier();
        let next = min(block + 1u, shape.blocks - 1u);
        raw = fetch(w_row + next, part);
        x0 = x[x_row + 32u * next];
        x1 = x[x_row + 32u * next + 1u];
        x2 = x[x_row + 32u * next + 2u];
        x3 = x[x_row + 32u * next + 3u];
        var block_sums = array<vec4<f16>, 16>();
        for (var k = 0u; k < 256u; k += 32u) {
            column(&block_sums, k, tn, tm);
            column(&block_sums, k + 8u, tn, tm);
            column(&block_sums, k + 16u, tn, tm);
            column(&block_sums, k + 24u, tn, tm);
        }
        let left = factors[2u * tn];
        let right = factors[2u * tn + 1u];
        sums[0] += left * vec4<f32>(block_sums[0]);
        sums[1] += right * vec4<f32>(block_sums[1]);
        sums[2] += left * vec4<f32>(block_sums[2]);
        sums[3] += right * vec4<f32>(block_sums[3]);
        sums[4] += left * vec4<f32>(block_sums[4]);
        sums[5] += right * vec4<f32>(block_sums[5]);
        sums[6] += left * vec4<f32>(block_sums[6]);
        sums[7] += right * vec4<f32>(block_sums[7]);
        sums[8] += left * vec4<f32>(block_sums[8]);
        sums[9] += right * vec4<f32>(block_sums[9]);
        sums[10] += left * vec4<f32>(block_sums[10]);
        sums[11] += right * vec4<f32>(block_sums[11]);
        sums[12] += left * vec4<f32>(block_sums[12]);
        sums[13] += right * vec4<f32>(block_sums[13]);
        sums[14] += left * vec4<f32>(block_sums[14]);
        sums[15] += right * vec4<f32>(block_sums[15]);
    }
    // What the rows were divided by, as exponents behind their last column.
    let exponents = x[(m0 / 8u + tm) * (shape.in_stride + 1u) + shape.in_stride];
    let upper = exp2(vec4<f32>(exponents.a));
    let lower = exp2(vec4<f32>(exponents.b));
    let n = shape.first + n0 + 8u * tn;
    let m = m0 + 8u * tm;
    // One by one: an array that a variable indexes would not stay in registers.
    emit(m, n, upper.x * sums[0]);
    emit(m, n + 4u, upper.x * sums[1]);
    emit(m + 1u, n, upper.y * sums[2]);
    emit(m + 1u, n + 4u, upper.y * sums[3]);
    emit(m + 2u, n, upper.z * sums[4]);
    emit(m + 2u, n + 4u, upper.z * sums[5]);
    emit(m + 3u, n, upper.w * sums[6]);
    emit(m + 3u, n + 4u, upper.w * sums[7]);
    emit(m + 4u, n, lower.x * sums[8]);
    emit(m + 4u, n + 4u, lower.x * sums[9]);
    emit(m + 5u, n, lower.y * sums[10]);
    emit(m + 5u, n + 4u, lower.y * sums[11]);
    emit(m + 6u, n, lower.z * sums[12]);
    emit(m + 6u, n + 4u, lower.z * sums[13]);
    emit(m + 7u, n, lower.w * sums[14]);
    emit(m + 7u, n + 4u, lower.w * sums[15]);
}

// One column's share of all sums.
fn column(sums: ptr<function, array<vec4<f16>, 16>>, at: u32, tn: u32, tm: u32) {
    let rows = xs[at + tm];
    let outputs = ws[at + tn];
    (*sums)[0] += rows.a.x * outputs.a;
    (*sums)[1] += rows.a.x * outputs.b;
    (*sums)[2] += rows.a.y * outputs.a;
    (*sums)[3] += rows.a.y * outputs.b;
    (*sums)[4] += rows.a.z * outputs.a;
    (*sums)[5] += rows.a.z * outputs.b;
    (*sums)[6] += rows.a.w * outputs.a;
    (*sums)[7] += rows.a.w * outputs.b;
    (*sums)[8] += rows.b.x * outputs.a;
    (*sums)[9] += rows.b.x * outputs.b;
    (*sums)[10] += rows.b.y * outputs.a;
    (*sums)[11] += rows.b.y * outputs.b;
    (*sums)[12] += rows.b.z * outputs.a;
    (*sums)[13] += rows.b.z * outputs.b;
    (*sums)[14] += rows.b.w * outputs.a;
    (*sums)[15] += rows.b.w * outputs.b;
}
