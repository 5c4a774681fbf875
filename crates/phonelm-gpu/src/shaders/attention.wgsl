// Attention of one head of one row that is alone in its cache, CHUNK tokens after CHUNK tokens, with the online softmax. First the
// scores of a chunk, TEAMS threads a token; then its values, a thread a unit of elements. calls[0] workgroups share the chunks of a
// head in turn, and where that is more than one, merge.wgsl puts them together.
//
// Heads are finished here. The new token's key and value come from `qkv`, because the workgroup that stores them is another.

// Each team's share of the scores.
var<workgroup> shares: array<f32, TEAMS * CHUNK>;
var<workgroup> scores: array<f32, CHUNK>;
var<workgroup> columns: array<Unit, THREADS>;

// A team has a thread for each token of a block and takes every TEAMS-th unit.
const TEAMS = THREADS / 64u;
// Threads that share a unit of the values, each with tokens of its own.
const LISTS = THREADS / UNITS;
// Less than any score.
const NONE = -3.0e38;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let row = group.y;
    let kv_head = group.x / (HEADS / KV_HEADS);
    let position = position_of(row);
    let table = table_of(row);
    let at = row * QKV_STRIDE + group.x * HEAD_DIM;
    var most = NONE;
    var sum = 0.0;
    var column = Unit();
    // The chunk's block, asked for early.
    var here = block_of(table, min(group.z * CHUNK, position), kv_head);
    finish_both(row, at, kv_head, thread);
    workgroupBarrier();
    var own = 0.0;
    if thread < UNITS {
        query[thread] = of_head(thread);
        let key = keep(thread);
        let value = keep(UNITS + thread);
        own = dot(query[thread], unit_of(key));
        if group.z == 0u {
            column = unit_of(value);
            if group.x % (HEADS / KV_HEADS) == 0u {
                store(block_of(table, position, kv_head), position, thread, key, value);
            }
        }
    }
    let score = sum_all(own, thread);
    if group.z == 0u {
        most = score;
        sum = 1.0;
    }
    workgroupBarrier();

    let unit = thread % UNITS;
    for (var first = group.z * CHUNK; first < position; first += calls[0] * CHUNK) {
        let count = min(position - first, CHUNK);
        var highest = NONE;
        let team = thread / 64u;
        for (var t = thread % 64u; t < count; t += 64u) {
            let key = key_at(here, t, 0u);
            var share = 0.0;
            var u = team;
            // Eight loads under way at a time.
            for (; u + 7u * TEAMS < UNITS; u += 8u * TEAMS) {
                share += four_scores(key, u) + four_scores(key, u + 4u * TEAMS);
            }
            for (; u < UNITS; u += TEAMS) {
                share += score_of(key, u);
            }
            shares[team * CHUNK + t] = share;
        }
        workgroupBarrier();
        for (var t = thread; t < count; t += THREADS) {
            var score = shares[t];
            for (var i = 1u; i < TEAMS; i++) {
                score += shares[i * CHUNK + t];
            }
            scores[t] = score;
            highest = max(highest, score);
        }
        highest = max(max_all(highest, thread), most);
        let shrink = exp(most - highest);
        most = highest;
        var weights = 0.0;
        for (var t = thread; t < count; t += THREADS) {
            let weight = exp(scores[t] - most);
            scores[t] = weight;
            weights += weight;
        }
        sum = sum * shrink + sum_all(weights, thread);
        column *= shrink;
        if thread < LISTS * UNITS {
            var t = thread / UNITS;
            for (; t + 7u * LISTS < count; t += 8u * LISTS) {
                column += four_weighted(here, t, unit) + four_weighted(here, t + 4u * LISTS, unit);
            }
            for (; t < count; t += LISTS) {
                column += weighted(here, t, unit);
            }
        }
        here = block_of(table, min(first + calls[0] * CHUNK, position), kv_head);
        workgroupBarrier();
    }
    columns[thread] = column;
    workgroupBarrier();
    if thread >= UNITS {
        return;
    }
    for (var i = 1u; i < LISTS; i++) {
        column += columns[thread + i * UNITS];
    }
    if calls[0] == 1u {
        attended[out_at(row, group.x) + thread] = column / sum;
        return;
    }
    let partial = ((row * HEADS + group.x) * calls[0] + group.z) * (UNITS + 1u);
    partials[partial + thread] = column;
    if thread == 0u {
        var last = Unit();
        last.x = most;
        last.y = sum;
        partials[partial + UNITS] = last;
    }
}

// Leaves in `head` the query that begins at `query_at` in `qkv`, after its norm, RoPE and SCALE, and in `fresh` the row's key and
// value.
fn finish_both(row: u32, query_at: u32, kv_head: u32, thread: u32) {
    let p = min(thread, PAIRS - 1u);
    let key = key_head(row, kv_head);
    let value = value_head(row, kv_head);
    let i = select(p, 2u * p, NEIGHBOURS);
    let j = select(p + PAIRS, 2u * p + 1u, NEIGHBOURS);
    var q = vec2<f32>(qkv[query_at + i], qkv[query_at + j]);
    var k = vec2<f32>(qkv[key + i], qkv[key + j]);
    let v = vec2<f32>(qkv[value + i], qkv[value + j]);
    let turn = turns[row * PAIRS + p];
    if QK_NORM {
        let squares = select(vec4<f32>(0.0), vec4<f32>(dot(q, q), dot(k, k), 0.0, 0.0), thread < PAIRS);
        let factors = inverseSqrt(sums_all(squares, thread).xy / f32(HEAD_DIM) + EPS);
        q *= factors.x * vec2<f32>(norms[i], norms[j]);
        k *= factors.y * vec2<f32>(norms[HEAD_DIM + i], norms[HEAD_DIM + j]);
    }
    q = SCALE * (q * turn.x + vec2<f32>(-q.y, q.x) * turn.y);
    k = k * turn.x + vec2<f32>(-k.y, k.x) * turn.y;
    if thread < PAIRS {
        head[i] = q.x;
        head[j] = q.y;
        fresh[i] = k.x;
        fresh[j] = k.y;
        fresh[HEAD_DIM + i] = v.x;
        fresh[HEAD_DIM + j] = v.y;
    }
}

fn four_scores(key: u32, unit: u32) -> f32 {
    let two = score_of(key, unit) + score_of(key, unit + TEAMS);
    return two + (score_of(key, unit + 2u * TEAMS) + score_of(key, unit + 3u * TEAMS));
}

// Those of four tokens of a list.
fn four_weighted(here: u32, t: u32, unit: u32) -> Unit {
    let two = weighted(here, t, unit) + weighted(here, t + LISTS, unit);
    return two + (weighted(here, t + 2u * LISTS, unit) + weighted(here, t + 3u * LISTS, unit));
}

// One unit of a value of the chunk, by its token's weight.
fn weighted(here: u32, t: u32, unit: u32) -> Unit {
    return scores[t] * value_of(here, t, unit);
}
