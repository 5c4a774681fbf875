// Finishes the heads of many rows before attention, a workgroup a head of a row: queries in place, keys and values into
// the cache.

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let row = group.y;
    if group.x < HEADS {
        let at = row * QKV_STRIDE + group.x * HEAD_DIM;
        finish(row, at, 0u, thread);
        for (var i = thread; i < HEAD_DIM; i += THREADS) {
            qkv[at + i] = head[i];
        }
        return;
    }
    let kv_head = group.x - HEADS;
    finish(row, key_head(row, kv_head), HEAD_DIM, thread);
    let value = value_head(row, kv_head);
    for (var i = thread; i < HEAD_DIM; i += THREADS) {
        fresh[i] = head[i];
        fresh[HEAD_DIM + i] = qkv[value + i];
    }
    workgroupBarrier();
    let token = position_of(row);
    let block = block_of(table_of(row), token, kv_head);
    for (var u = thread; u < UNITS; u += THREADS) {
        store(block, token, u, keep(u), keep(UNITS + u));
    }
}
