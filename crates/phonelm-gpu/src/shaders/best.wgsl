// The COUNT highest logits of each row with their tokens, highest first and lower tokens first among equals: FIRST of each
// chunk of a row, a workgroup a chunk, then of what the chunks of a row found. A round finds the highest behind the one of
// the round before. What is no finite number counts as higher than all, so that it is not overlooked.

@group(1) @binding(0) var<storage, read> given: array<f32>;
// A logit and its token.
@group(1) @binding(1) var<storage, read_write> found: array<vec2<f32>>;

const CHUNKS = (VOCAB + CHUNK - 1u) / CHUNK;
const HIGHEST = 0x1.fffffep+127f;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let row = group.y;
    let first = select(0u, group.x * CHUNK, FIRST);
    let end = select(CHUNKS * COUNT, min(first + CHUNK, VOCAB), FIRST);
    var last = vec2<f32>(HIGHEST, -1.0);
    for (var round = 0u; round < COUNT; round++) {
        var best = vec2<f32>(-HIGHEST, HIGHEST);
        for (var i = first + thread; i < end; i += THREADS) {
            let next = entry(row, i);
            let behind = next.x < last.x || (next.x == last.x && next.y > last.y);
            if behind && next.x > best.x {
                best = next;
            }
        }
        let highest = max_all(best.x, thread);
        last = vec2<f32>(highest, -max_all(select(-HIGHEST, -best.y, best.x == highest), thread));
        if thread == 0u {
            let at = select(row, row * CHUNKS + group.x, FIRST);
            found[at * COUNT + round] = last;
        }
    }
}

fn entry(row: u32, i: u32) -> vec2<f32> {
    if !FIRST {
        let at = 2u * (row * CHUNKS * COUNT + i);
        return vec2<f32>(given[at], given[at + 1u]);
    }
    let logit = given[row * STRIDE + i];
    let finite = (bitcast<u32>(logit) & 0x7f800000u) != 0x7f800000u;
    return vec2<f32>(select(HIGHEST, logit, finite), f32(i));
}
