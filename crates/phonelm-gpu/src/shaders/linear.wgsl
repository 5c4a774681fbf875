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
