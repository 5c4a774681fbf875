// Products of many rows of x on the units that multiply small matrices: a workgroup of four subgroups makes 64 outputs of 64 rows,
// a subgroup 32 of 32, in matrices of 16 by 16. Two blocks of 32 columns at a time, x and the weights with their scales pass through
// workgroup memory in half precision, column by column, while the next two are under way. All sums are single precision.

// Eight rows of a column. columns.wgsl has brought x into this order.
struct Octet { a: vec4<f16>, b: vec4<f16> }

@group(1) @binding(0) var<storage, read> x: array<Octet>;
@group(1) @binding(1) var<storage, read_write> out: array<vec2<f32>>;

// Vectors from one column to the next: two more than hold 64 rows or outputs, so that columns begin in different banks.
const LINE = 18u;
// Weights are made so many times larger: small scales would lose bits in half precision. Below 1023 they still fit.
const LARGER = 64.0;

var<workgroup> xs: array<vec4<f16>, 64u * LINE>;
var<workgroup> ws: array<vec4<f16>, 64u * LINE>;
// A matrix of sums for each subgroup.
var<workgroup> made: array<vec4<f32>, 256>;

alias Rows = coop_mat16x16<f16, A>;
alias Outputs = coop_mat16x16<f16, B>;
alias Sums = coop_mat16x16<f32, C>;

@compute @workgroup_size(128)
fn main(
    @builtin(workgroup_id) group: vec3<u32>,
    @builtin(local_invocation_index) thread: u32,
    @builtin(subgroup_id) subgroup: u32,
    @builtin(subgroup_invocation_id) lane: u32,
) {
    let n0 = group.x * 64u;
    let m0 = group.y * 64u;
    // While filling: four outputs, a part of one of both blocks; an octet of rows, four columns of both.
    let four = thread % 16u;
    let part = thread / 16u % 4u;
    let second = thread / 64u;
    let octet = thread % 8u;
    let columns = thread / 8u * 4u;
    let w_row = (n0 / 4u + four) * shape.blocks;
    let x_row = (m0 / 8u + octet) * (shape.in_stride + 1u);
    let w_at = (places(part) * 4u + 32u * second) * LINE + four;
    let x_at = columns * LINE + 2u * octet;
    let last = shape.blocks - 1u;
    // While multiplying.
    let rows = subgroup / 2u * 8u;
    let outputs = subgroup % 2u * 8u;
    var upper_left: Sums;
    var upper_right: Sums;
    var lower_left: Sums;
    var lower_right: Sums;
    var raw = fetch(w_row + min(second, last), part);
    var at = x_row + min(columns, 32u * last + 28u);
    var x0 = x[at];
    var x1 = x[at + 1u];
    var x2 = x[at + 2u];
    var x3 = x[at + 3u];
    for (var block = 0u; block < shape.blocks; block += 2u) {
        // Behind an odd last block comes none: it counts as zeros.
        let larger = select(0.0, LARGER, block + second <= last);
        let factors = vec4<f16>(scales_of(raw) * larger);
        let w = tile(raw);
        workgroupBarrier();
        xs[x_at] = x0.a;
        xs[x_at + 1u] = x0.b;
        xs[x_at + LINE] = x1.a;
        xs[x_at + LINE + 1u] = x1.b;
        xs[x_at + 2u * LINE] = x2.a;
        xs[x_at + 2u * LINE + 1u] = x2.b;
        xs[x_at + 3u * LINE] = x3.a;
        xs[x_at + 3u * LINE + 1u] = x3.b;
        ws[w_at.x] = factors * vec4<f16>(w.r0.a.x, w.r1.a.x, w.r2.a.x, w.r3.a.x);
        ws[w_at.x + LINE] = factors * vec4<f16>(w.r0.b.x, w.r1.b.x, w.r2.b.x, w.r3.b.x);
        ws[w_at.x + 2u * LINE] = factors * vec4<f16>(w.r0.a.y, w.r1.a.y, w.r2.a.y, w.r3.a.y);
        ws[w_at.x + 3u * LINE] = factors * vec4<f16>(w.r0.b.y, w.r1.b.y, w.r2.b.y, w.r3.b.y);
        ws[w_at.y] = factors * vec4<f16>(w.r0.c.x, w.r1.c.x, w.r2.c.x, w.r3.c.x);
        ws[w_at.y + LINE] = factors * vec4<f16>(w.r0.d.x, w.r1.d.x, w.r2.d.x, w.r3.d.x);
        ws[w_at.y + 2u * LINE] = factors * vec4<f16>(w.r0.c.y, w.r1.c.y, w.r2.c.y, w.r3.c.y);
        ws[w_at.y + 3u * LINE] = factors * vec4<f16>(w.r0.d.y, w.r1.d.y, w.r2.d.y, w.r3.d.y);
        workgroupBarrier();
        let next = block + 2u;
        raw = fetch(w_row + min(next + second, last), part);
        at = x_row + min(32u * next + columns, 32u * last + 28u);
        x0 = x[at];
        x1 = x[at + 1u];
        x2 = x[at + 2u];
        x3 = x[at + 3u];
        for (var k = 0u; k < 64u * LINE; k += 16u * LINE) {
            let upper = coopLoad<Rows>(&xs[k + rows], LINE);
            let lower = coopLoad<Rows>(&xs[k + rows + 4u], LINE);
            let left = coopLoadT<Outputs>(&ws[k + outputs], LINE);
            let right = coopLoadT<Outputs>(&ws[k + outputs + 4u], LINE);
            upper_left = coopMultiplyAdd(upper, left, upper_left);
            upper_right = coopMultiplyAdd(upper, right, upper_right);
            lower_left = coopMultiplyAdd(lower, left, lower_left);
            lower_right = coopMultiplyAdd(lower, right, lower_right);
        }
    }
    let m = m0 + 4u * rows;
    let n = n0 + 4u * outputs;
    finish(upper_left, m, n, subgroup, lane);
    finish(upper_right, m, n + 16u, subgroup, lane);
    finish(lower_left, m + 16u, n, subgroup, lane);
    finish(lower_right, m + 16u, n + 16u, subgroup, lane);
}

// A matrix of sums from row m and output n on, through workgroup memory: who holds which of them is the GPU's affair.
fn finish(sums: Sums, m: u32, n: u32, subgroup: u32, lane: u32) {
    workgroupBarrier();
    coopStoreT(sums, &made[subgroup * 64u], 4u);
    workgroupBarrier();
    for (var i = lane; i < 64u; i += 32u) {
        let row = m + i / 4u;
        // What the row was divided by, as an exponent behind its last column.
        let exponents = x[row / 8u * (shape.in_stride + 1u) + shape.in_stride];
        let four = select(exponents.a, exponents.b, row % 8u >= 4u);
        let factor = exp2(f32(four[row % 4u])) / LARGER;
        emit(row, shape.first + n + i % 4u * 4u, factor * made[subgroup * 64u + i]);
    }
}
