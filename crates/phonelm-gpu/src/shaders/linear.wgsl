// What all products with a weight matrix share: out[m][n] = sum over k of x[m][k] * W[n][k]. A row of W is a number of
// blocks of 32 columns; what lies behind the last column is zero. Four rows lie together, word by word, so that a thread
// reads sixteen bytes at a time. Rows of x and out lie at multiples of 32 elements.

struct Shape {
    // Blocks of a row.
    blocks: u32,
    // First output of this part of the matrix, and the end of its outputs rounded up to four.
    first: u32,
    limit: u32,
    // Elements from one row of x to the next, and of out.
    in_stride: u32,
    out_stride: u32,
    // Columns without padding, for the mean of squares.
    columns: f32,
    eps: f32,
}

@group(0) @binding(0) var<storage, read> words: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read> scales: array<vec2<u32>>;
// Weights of the RMSNorm before the product, then the biases.
@group(0) @binding(2) var<storage, read> vectors: array<vec4<f32>>;
@group(0) @binding(3) var<uniform> shape: Shape;
@group(1) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read_write> out: array<vec2<f32>>;

// One of the four parts of a block: eight weights of each of four rows, to be multiplied with the rows' scales. A format
// gives it with `tile`, and says with `places` which two vectors of its block's columns the halves of a row belong to.
struct Eight { a: vec4<f32>, b: vec4<f32> }
struct Tile { r0: Eight, r1: Eight, r2: Eight, r3: Eight, scale: vec4<f32> }

// Scales of four rows, where a format has them.
fn scales_of(block: u32) -> vec4<f32> {
    let two = scales[block];
    return vec4<f32>(unpack2x16float(two.x), unpack2x16float(two.y));
}
