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
    // The block of the chunk, where a chunk is one; asked for early.
    var here = 0u;
    if FUSED {
        here = block_of(table, min(group.z * CHUNK, position), kv_head);
        let first = value_head(row, kv_head) + 2u * min(thread, PAIRS - 1u);
        let value = pack2x16float(vec2<f32>(qkv[first], qkv[first + 1u]));
        let score = sum_all(finish_both(row, at, key_head(row, kv_head), thread), thread);
        if group.z == 0u {
            most = score;
            sum = 1.0;
        }
        if thread < PAIRS {
            query[thread] = vec2<f32>(head[2u * thread], head[2u * thread + 1u]);
            if group.z == 0u {
                column = unpack2x16float(value);
                if group.x % (HEADS / KV_HEADS) == 0u {
                    let block = block_of(table, position, kv_head);
                    pool[key_at(block, position, thread)] =
                        pack2x16float(vec2<f32>(new_key[2u * thread], new_key[2u * thread + 1u]));
                    pool[value_at(block, position, thread)] = value;
                }
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
            let keys = key_at(block_at(here, table, first + t, kv_head), first + t, 0u);
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
                let four = four_weighted(here, table, kv_head, first, t, pair);
                column += four + four_weighted(here, table, kv_head, first, t + 4u * LISTS, pair);
            }
            for (; t < count; t += LISTS) {
                column += weighted(here, table, kv_head, first, t, pair);
            }
        }
        if FUSED {
            here = block_of(table, min(first + calls[0] * CHUNK, position), kv_head);
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

// The new token's key, after norm and RoPE.
var<workgroup> new_key: array<f32, HEAD_DIM>;

// Leaves in `head` the query that begins at `query_at` in `qkv`, after its norm, RoPE and SCALE, and in `new_key` the key that
// begins at `key_at`. Returns a thread's share of their score.
fn finish_both(row: u32, query_at: u32, key_at: u32, thread: u32) -> f32 {
    let p = min(thread, PAIRS - 1u);
    let i = select(p, 2u * p, NEIGHBOURS);
    let j = select(p + PAIRS, 2u * p + 1u, NEIGHBOURS);
    var q = vec2<f32>(qkv[query_at + i], qkv[query_at + j]);
    var k = vec2<f32>(qkv[key_at + i], qkv[key_at + j]);
    let turn = turns[row * PAIRS + p];
    if QK_NORM {
        let squares = select(vec4<f32>(0.0), vec4<f32>(dot(q, q), dot(k, k), 0.0, 0.0), thread < PAIRS);
        let factors = inverseSqrt(sums_all(squares, thread).xy / f32(HEAD_DIM) + EPS);
        q *= factors.x * vec2<f32>(norms[i], norms[j]);
        k *= factors.y * vec2<f32>(norms[HEAD_DIM + i], norms[HEAD_DIM + j]);
    }
    q = SCALE * (q * turn.x + vec2<f32>(-q.y, q.x) * turn.y);
    k = k * turn.x + vec2<f32>(-k.y, k.x) * turn.y;
    if thread >= PAIRS {
        return 0.0;
    }
    head[i] = q.x;
    head[j] = q.y;
    new_key[i] = k.x;
    new_key[j] = k.y;
    // As the cache keeps it.
    return dot(q, unpack2x16float(pack2x16float(k)));
}

// The block of a token: `here` where a chunk is one.
fn block_at(here: u32, table: u32, token: u32, kv_head: u32) -> u32 {
    if FUSED {
        return here;
    }
    return block_of(table, token, kv_head);
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
fn four_weighted(here: u32, table: u32, kv_head: u32, first: u32, t: u32, pair: u32) -> vec2<f32> {
    let a = weighted(here, table, kv_head, first, t, pair);
    let b = weighted(here, table, kv_head, first, t + LISTS, pair);
    let c = weighted(here, table, kv_head, first, t + 2u * LISTS, pair);
    return a + b + (c + weighted(here, table, kv_head, first, t + 3u * LISTS, pair));
}

// One pair of a value, by its token's weight in the chunk that begins at `first`.
fn weighted(here: u32, table: u32, kv_head: u32, first: u32, t: u32, pair: u32) -> vec2<f32> {
    let token = first + t;
    return scores[t] * unpack2x16float(pool[value_at(block_at(here, table, token, kv_head), token, pair)]);
}
