// Attention of one head of one row, CHUNK tokens of its cache after CHUNK tokens, with the online softmax. First the scores
// of a chunk, TEAMS threads a token; then its values, a thread a pair of elements. calls[0] workgroups share the chunks of a head
// in turn, and where that is more than one, merge.wgsl puts them together.
//
// Where FUSED, each row is alone in its cache, and heads are finished here instead of in a step before. The new token's key
// and value then come from `qkv`, because the workgroup that stores them is another.

var<workgroup> query: array<vec2<f32>, PAIRS>;
// Each team's share of the scores.
var<workgroup> shares: array<f32, TEAMS * CHUNK>;
var<workgroup> scores: array<f32, CHUNK>;
var<workgroup> columns: array<vec2<f32>, THREADS>;

// A team has a thread for each token of a block and takes every TEAMS-th pair.
const TEAMS = THREADS / 64u;
// Threads that share a pair of the values, each with tokens of its own.
const LISTS = THREADS / PAIRS;
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
    var column = vec2<f32>(0.0);
    if FUSED {
        finish(row, key_head(row, kv_head), HEAD_DIM, thread);
        var key = 0u;
        var value = 0u;
        if thread < PAIRS {
            let first = value_head(row, kv_head) + 2u * thread;
            key = pack2x16float(vec2<f32>(head[2u * thread], head[2u * thread + 1u]));
            value = pack2x16float(vec2<f32>(qkv[first], qkv[first + 1u]));
            if group.x % (HEADS / KV_HEADS) == 0u && group.z == 0u {
                let block = block_of(table, position, kv_head);
                pool[key_at(block, position, thread)] = key;
                pool[value_at(block, position, thread)] = value;
            }
        }
        workgroupBarrier();
        finish(row, at, 0u, thread);
        var part = 0.0;
        if thread < PAIRS {
            query[thread] = SCALE * vec2<f32>(head[2u * thread], head[2u * thread + 1u]);
            part = dot(query[thread], unpack2x16float(key));
        }
        let score = sum_all(part, thread);
        if group.z == 0u {
            most = score;
            sum = 1.0;
            if thread < PAIRS {
                column = unpack2x16float(value);
            }
        }
    } else if thread < PAIRS {
        query[thread] = SCALE * vec2<f32>(qkv[at + 2u * thread], qkv[at + 2u * thread + 1u]);
    }
    workgroupBarrier();

    let pair = thread % PAIRS;
    let end = select(position + 1u, position, FUSED);
    for (var first = group.z * CHUNK; first < end; first += calls[0] * CHUNK) {
        let count = min(end - first, CHUNK);
        var highest = NONE;
        let team = thread / 64u;
        for (var t = thread % 64u; t < count; t += 64u) {
            let keys = key_at(block_of(table, first + t, kv_head), first + t, 0u);
            var share = 0.0;
            var p = team;
            // Eight loads under way at a time.
            for (; p + 7u * TEAMS < PAIRS; p += 8u * TEAMS) {
                share += four_scores(keys, p) + four_scores(keys, p + 4u * TEAMS);
            }
            for (; p < PAIRS; p += TEAMS) {
                share += score_of(keys, p);
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
        if thread < LISTS * PAIRS {
            var t = thread / PAIRS;
            for (; t + 7u * LISTS < count; t += 8u * LISTS) {
                let four = four_weighted(table, kv_head, first, t, pair);
                column += four + four_weighted(table, kv_head, first, t + 4u * LISTS, pair);
            }
            for (; t < count; t += LISTS) {
                column += weighted(table, kv_head, first, t, pair);
            }
        }
        workgroupBarrier();
    }
    columns[thread] = column;
    workgroupBarrier();
    if thread >= PAIRS {
        return;
    }
    for (var i = 1u; i < LISTS; i++) {
        column += columns[thread + i * PAIRS];
    }
    if calls[0] == 1u {
        attended[row * (OUT_STRIDE / 2u) + group.x * PAIRS + thread] = column / sum;
        return;
    }
    let partial = ((row * HEADS + group.x) * calls[0] + group.z) * (PAIRS + 1u);
    partials[partial + thread] = column;
    if thread == 0u {
        partials[partial + PAIRS] = vec2<f32>(most, sum);
    }
}

fn four_scores(keys: u32, pair: u32) -> f32 {
    let two = score_of(keys, pair) + score_of(keys, pair + TEAMS);
    return two + (score_of(keys, pair + 2u * TEAMS) + score_of(keys, pair + 3u * TEAMS));
}

// One pair's share of a score.
fn score_of(keys: u32, pair: u32) -> f32 {
    return dot(query[pair], unpack2x16float(pool[keys + pair * 64u]));
}

// Those of four tokens of a list.
fn four_weighted(table: u32, kv_head: u32, first: u32, t: u32, pair: u32) -> vec2<f32> {
    let a = weighted(table, kv_head, first, t, pair);
    let b = weighted(table, kv_head, first, t + LISTS, pair);
    let c = weighted(table, kv_head, first, t + 2u * LISTS, pair);
    return a + b + (c + weighted(table, kv_head, first, t + 3u * LISTS, pair));
}

// One pair of a value, by its token's weight in the chunk that begins at `first`.
fn weighted(table: u32, kv_head: u32, first: u32, t: u32, pair: u32) -> vec2<f32> {
    let token = first + t;
    return scores[t] * unpack2x16float(pool[value_at(block_of(table, token, kv_head), token, pair)]);
}
