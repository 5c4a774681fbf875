// Puts together what the workgroups that share a head of a row found.

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let row = group.y;
    let first = (row * HEADS + group.x) * calls[0] * (UNITS + 1u);
    // Those that found no token have no weight.
    var most = partials[first + UNITS].x;
    for (var i = 1u; i < calls[0]; i++) {
        most = max(most, partials[first + i * (UNITS + 1u) + UNITS].x);
    }
    for (var u = thread; u < UNITS; u += THREADS) {
        var column = Unit();
        var sum = 0.0;
        for (var i = 0u; i < calls[0]; i++) {
            let share = first + i * (UNITS + 1u);
            let weight = exp(partials[share + UNITS].x - most);
            column += weight * partials[share + u];
            sum += weight * partials[share + UNITS].y;
        }
        attended[out_at(row, group.x) + u] = column / sum;
    }
}
