// Rows of x, after their RMSNorm where NORM, as matmul_half.wgsl reads them: eight side by side, column by column. A row is
// divided by a power of two that leaves it below 8, so that no sum of a block leaves half precision; the exponent stands
// behind the last column. A workgroup brings four rows.

@group(1) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(1) @binding(1) var<storage, read_write> out: array<vec4<f16>>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let stride = shape.in_stride / 4u;
    let start = group.x * 4u * stride;
    let to = group.x / 2u * (shape.in_stride + 1u) * 2u + group.x % 2u;
    var squares = vec4<f32>(0.0);
    var peaks = vec4<f32>(0.0);
    for (var i = thread; i < stride; i += THREADS) {
        let v = four_rows(start, i, stride);
        let w = weights(i);
        squares += v[0] * v[0] + v[1] * v[1] + (v[2] * v[2] + v[3] * v[3]);
        peaks = max(peaks, max(max(abs(w.x * v[0]), abs(w.y * v[1])), max(abs(w.z * v[2]), abs(w.w * v[3]))));
    }
    var factors = vec4<f32>(1.0);
    if NORM {
        factors = inverseSqrt(sums_all(squares, thread) / shape.columns + shape.eps);
    }
    peaks = vec4<f32>(
        max_all(peaks.x, thread),
        max_all(peaks.y, thread),
        max_all(peaks.z, thread),
        max_all(peaks.w, thread),
    );
    // The bits of a float above its mantissa are its exponent and 127.
    let exponents = max(vec4<f32>(bitcast<vec4<u32>>(peaks * factors) >> vec4<u32>(23u)), vec4<f32>(29.0)) - 129.0;
    factors *= exp2(-exponents);
    for (var i = thread; i < stride; i += THREADS) {
        let v = four_rows(start, i, stride);
        let w = weights(i);
        out[to + 8u * i] = vec4<f16>(v[0] * factors * w.x);
        out[to + 8u * i + 2u] = vec4<f16>(v[1] * factors * w.y);
        out[to + 8u * i + 4u] = vec4<f16>(v[2] * factors * w.z);
        out[to + 8u * i + 6u] = vec4<f16>(v[3] * factors * w.w);
    }
    if thread == 0u {
        out[to + 8u * stride] = vec4<f16>(exponents);
    }
}

// Four columns of four rows.
fn four_rows(start: u32, i: u32, stride: u32) -> mat4x4<f32> {
    let at = start + i;
    return transpose(mat4x4<f32>(x[at], x[at + stride], x[at + 2u * stride], x[at + 3u * stride]));
}

fn weights(i: u32) -> vec4<f32> {
    if NORM {
        return vectors[i];
    }
    return vec4<f32>(1.0);
}
