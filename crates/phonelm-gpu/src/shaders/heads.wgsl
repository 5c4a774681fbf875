// What the steps around attention share. The cache of a layer is a pool of blocks of 64 tokens; in a block, key head after
// key head, lie keys and values as keys_f16.wgsl or keys_q8.wgsl says, in units of neighbouring elements. calls.rs
// says what `calls` holds.

@group(0) @binding(0) var<storage, read_write> pool: array<u32>;
// RMSNorm weights of query heads, then of key heads.
@group(0) @binding(1) var<storage, read> norms: array<f32>;
@group(1) @binding(0) var<storage, read_write> qkv: array<f32>;
@group(1) @binding(1) var<storage, read_write> attended: array<Unit>;
@group(1) @binding(2) var<storage, read> calls: array<u32>;
// Cosine and sine of each row's position, PAIRS of them.
@group(1) @binding(3) var<storage, read> turns: array<vec2<f32>>;
@group(1) @binding(4) var<storage, read_write> partials: array<Unit>;

const PAIRS = HEAD_DIM / 2u;
// Words of a head's keys in a block, and of its values.
const KEYS = 64u * UNITS;

fn position_of(row: u32) -> u32 {
    return calls[2u + 2u * row];
}

fn table_of(row: u32) -> u32 {
    return calls[3u + 2u * row];
}

// The first row of a group of rows that follow each other in a text; that of the next group is behind its last.
fn first_row_of(group: u32) -> u32 {
    return calls[calls[1] + group];
}

var<workgroup> head: array<f32, HEAD_DIM>;
// The query of attention, after norm, RoPE and SCALE.
var<workgroup> query: array<Unit, UNITS>;
// A new token's key, after norm and RoPE, and its value behind it.
var<workgroup> fresh: array<f32, 2u * HEAD_DIM>;

// Leaves in `head` the head that begins at `at` in `qkv`, after its norm and RoPE.
fn finish(row: u32, at: u32, norm: u32, thread: u32) {
    var scale = 1.0;
    if QK_NORM {
        var squares = 0.0;
        for (var i = thread; i < HEAD_DIM; i += THREADS) {
            squares += qkv[at + i] * qkv[at + i];
        }
        scale = inverseSqrt(sum_all(squares, thread) / f32(HEAD_DIM) + EPS);
    }
    for (var p = thread; p < PAIRS; p += THREADS) {
        let i = select(p, 2u * p, NEIGHBOURS);
        let j = select(p + PAIRS, 2u * p + 1u, NEIGHBOURS);
        var a = qkv[at + i];
        var b = qkv[at + j];
        if QK_NORM {
            a *= scale * norms[norm + i];
            b *= scale * norms[norm + j];
        }
        let turn = turns[row * PAIRS + p];
        head[i] = a * turn.x - b * turn.y;
        head[j] = b * turn.x + a * turn.y;
    }
    workgroupBarrier();
}

// Where a head begins in a token's block.
fn block_of(table: u32, token: u32, kv_head: u32) -> u32 {
    return (calls[table + token / 64u] * KV_HEADS + kv_head) * HEAD_WORDS;
}

fn key_at(block: u32, token: u32, unit: u32) -> u32 {
    return block + unit * 64u + token % 64u;
}

fn value_at(block: u32, token: u32, unit: u32) -> u32 {
    return block + KEYS + token % 64u * UNITS + unit;
}

fn key_head(row: u32, kv_head: u32) -> u32 {
    return row * QKV_STRIDE + (HEADS + kv_head) * HEAD_DIM;
}

fn value_head(row: u32, kv_head: u32) -> u32 {
    return key_head(row, kv_head) + KV_HEADS * HEAD_DIM;
}

// Where a head of a row of `attended` begins.
fn out_at(row: u32, q_head: u32) -> u32 {
    return row * (OUT_STRIDE / (HEAD_DIM / UNITS)) + q_head * UNITS;
}
