// Puts together what the workgroups that share a head of a row found.

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let row = group.y;
    let first = (row * HEADS + group.x) * calls[0] * (PAIRS + 1u);
    // Those that found no token have no weight.
    var most = partials[first + PAIRS].x;
    for (var i = 1u; i < calls[0]; i++) {
        most = max(most, partials[first + i * (PAIRS + 1u) + PAIRS].x);
    }
    for (var p = thread; p < PAIRS; p += THREADS) {
        var column = vec2<f32>(0.0);
        var sum = 0.0;
        for (var i = 0u; i < calls[0]; i++) {
            let share = first + i * (PAIRS + 1u);
            let weight = exp(partials[share + PAIRS].x - most);
            column += weight * partials[share + p];
            sum += weight * partials[share + PAIRS].y;
        }
        attended[row * (OUT_STRIDE / 2u) + group.x * PAIRS + p] = column / sum;
    }
}
