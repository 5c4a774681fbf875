// Attention of one head of up to ROWS tokens that follow each other in a text, whose heads rope.wgsl has finished, over CHUNK
// tokens of the cache after CHUNK tokens, with the online softmax. What is read of a key or a value serves all rows. First the
// scores of a chunk, TEAMS threads a token; then its values, a thread a unit of elements. calls[0] workgroups share the chunks in
// turn, and where that is more than one, merge.wgsl puts them together.

// A team has a thread for each token of a chunk and takes every TEAMS-th unit.
const TEAMS = THREADS / CHUNK;
// Threads that share a unit of the values, each with tokens of its own.
const LISTS = THREADS / UNITS;
const ELEMENTS = HEAD_DIM / UNITS;
// Less than any score.
const NONE = -3.0e38;

// Each element of the query, of the lower four rows and of the upper four; so everything that is there for each row.
var<workgroup> queries: array<vec4<f32>, 2u * HEAD_DIM>;
// Each team's share of the scores.
var<workgroup> shares: array<vec4<f32>, 2u * CHUNK * TEAMS>;
// Scores, then weights.
var<workgroup> scores: array<vec4<f32>, 2u * CHUNK>;
// The highest scores of a row, each of every ROWS-th token, then the highest so far.
var<workgroup> peaks: array<f32, ROWS * ROWS>;
var<workgroup> most: array<f32, ROWS>;
var<workgroup> sums: array<vec4<f32>, 2u * LISTS>;
var<workgroup> columns: array<Unit, THREADS>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let first_row = first_row_of(group.y);
    let rows = first_row_of(group.y + 1u) - first_row;
    let kv_head = group.x / (HEADS / KV_HEADS);
    let position = position_of(first_row);
    let table = table_of(first_row);
    for (var i = thread; i < ROWS * HEAD_DIM; i += THREADS) {
        let row = i / HEAD_DIM;
        let element = i % HEAD_DIM;
        // A row that is none copies the last, and is not stored.
        let at = (first_row + min(row, rows - 1u)) * QKV_STRIDE + group.x * HEAD_DIM + element;
        queries[2u * element + row / 4u][row % 4u] = SCALE * qkv[at];
    }
    if thread < ROWS {
        most[thread] = NONE;
    }
    let half = thread / CHUNK;
    let token = thread % CHUNK;
    let unit = thread % UNITS;
    let list = thread / UNITS;
    var c0 = Unit();
    var c1 = Unit();
    var c2 = Unit();
    var c3 = Unit();
    var c4 = Unit();
    var c5 = Unit();
    var c6 = Unit();
    var c7 = Unit();
    var lower_sum = vec4<f32>(0.0);
    var upper_sum = vec4<f32>(0.0);
    let end = position + rows;
    for (var first = group.z * CHUNK; first < end; first += calls[0] * CHUNK) {
        let count = min(end - first, CHUNK);
        let block = block_of(table, first, kv_head);
        workgroupBarrier();
        var lower = vec4<f32>(0.0);
        var upper = vec4<f32>(0.0);
        if token < count {
            let key = key_at(block, token, 0u);
            for (var u = half; u < UNITS; u += TEAMS) {
                let of_key = key_of(key, u);
                for (var e = 0u; e < ELEMENTS; e++) {
                    let at = 2u * (u * ELEMENTS + e);
                    lower += of_key[e] * queries[at];
                    upper += of_key[e] * queries[at + 1u];
                }
            }
        }
        shares[2u * thread] = lower;
        shares[2u * thread + 1u] = upper;
        workgroupBarrier();
        // Two threads a token from here on, one for each half of the rows. A row sees itself and what is before it.
        let mine = 2u * token + half % 2u;
        let sees = vec4<u32>(position + half % 2u * 4u) + vec4<u32>(0u, 1u, 2u, 3u) >= vec4<u32>(first + token);
        if half < 2u {
            var score = shares[mine];
            for (var i = 1u; i < TEAMS; i++) {
                score += shares[i * 2u * CHUNK + mine];
            }
            scores[mine] = select(vec4<f32>(NONE), score, sees);
        }
        workgroupBarrier();
        if thread < ROWS * ROWS {
            let row = thread / ROWS;
            var peak = NONE;
            for (var t = thread % ROWS; t < CHUNK; t += ROWS) {
                peak = max(peak, scores[2u * t + row / 4u][row % 4u]);
            }
            peaks[thread] = peak;
        }
        let before_lower = vec4<f32>(most[0], most[1], most[2], most[3]);
        let before_upper = vec4<f32>(most[4], most[5], most[6], most[7]);
        workgroupBarrier();
        if thread < ROWS {
            var peak = most[thread];
            for (var i = 0u; i < ROWS; i++) {
                peak = max(peak, peaks[thread * ROWS + i]);
            }
            most[thread] = peak;
        }
        workgroupBarrier();
        let most_lower = vec4<f32>(most[0], most[1], most[2], most[3]);
        let most_upper = vec4<f32>(most[4], most[5], most[6], most[7]);
        if half < 2u {
            let weight = exp(scores[mine] - select(most_lower, most_upper, half == 1u));
            scores[mine] = select(vec4<f32>(0.0), weight, sees);
        }
        let lower_shrink = exp(before_lower - most_lower);
        let upper_shrink = exp(before_upper - most_upper);
        c0 *= lower_shrink.x;
        c1 *= lower_shrink.y;
        c2 *= lower_shrink.z;
        c3 *= lower_shrink.w;
        c4 *= upper_shrink.x;
        c5 *= upper_shrink.y;
        c6 *= upper_shrink.z;
        c7 *= upper_shrink.w;
        lower_sum *= lower_shrink;
        upper_sum *= upper_shrink;
        workgroupBarrier();
        if list < LISTS {
            for (var t = list; t < count; t += LISTS) {
                let value = value_of(block, t, unit);
                let lower_weights = scores[2u * t];
                let upper_weights = scores[2u * t + 1u];
                c0 += lower_weights.x * value;
                c1 += lower_weights.y * value;
                c2 += lower_weights.z * value;
                c3 += lower_weights.w * value;
                c4 += upper_weights.x * value;
                c5 += upper_weights.y * value;
                c6 += upper_weights.z * value;
                c7 += upper_weights.w * value;
                lower_sum += lower_weights;
                upper_sum += upper_weights;
            }
        }
    }
    if list < LISTS && unit == 0u {
        sums[2u * list] = lower_sum;
        sums[2u * list + 1u] = upper_sum;
    }
    workgroupBarrier();
    lower_sum = vec4<f32>(0.0);
    upper_sum = vec4<f32>(0.0);
    for (var i = 0u; i < LISTS; i++) {
        lower_sum += sums[2u * i];
        upper_sum += sums[2u * i + 1u];
    }
    let share = group.z;
    emit(0u, first_row, rows, group.x, share, thread, c0, lower_sum.x);
    emit(1u, first_row, rows, group.x, share, thread, c1, lower_sum.y);
    emit(2u, first_row, rows, group.x, share, thread, c2, lower_sum.z);
    emit(3u, first_row, rows, group.x, share, thread, c3, lower_sum.w);
    emit(4u, first_row, rows, group.x, share, thread, c4, upper_sum.x);
    emit(5u, first_row, rows, group.x, share, thread, c5, upper_sum.y);
    emit(6u, first_row, rows, group.x, share, thread, c6, upper_sum.z);
    emit(7u, first_row, rows, group.x, share, thread, c7, upper_sum.w);
}

// Stores a row, of which each list has a part.
fn emit(i: u32, first_row: u32, rows: u32, q_head: u32, share: u32, thread: u32, of_list: Unit, sum: f32) {
    workgroupBarrier();
    columns[thread] = of_list;
    workgroupBarrier();
    if thread < UNITS && i < rows {
        var column = of_list;
        for (var list = 1u; list < LISTS; list++) {
            column += columns[thread + list * UNITS];
        }
        let row = first_row + i;
        let partial = ((row * HEADS + q_head) * calls[0] + share) * (UNITS + 1u);
        if calls[0] == 1u {
            attended[out_at(row, q_head) + thread] = column / sum;
        } else {
            partials[partial + thread] = column;
        }
        if thread == 0u && calls[0] > 1u {
            var last = Unit();
            last.x = most[i];
            last.y = sum;
            partials[partial + UNITS] = last;
        }
    }
}
