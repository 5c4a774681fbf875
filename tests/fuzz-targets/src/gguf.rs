//! Any bytes as a model file: an error or a file whose every tensor can be read and which can be written again.

use phonelm_gguf::{Gguf, Writer};

/// Takes one input.
pub fn run(file: &[u8]) {
    let Ok(gguf) = Gguf::parse(file) else { return };
    let mut writer = Writer::new();
    for (key, value) in gguf.metadata().iter() {
        let _ = (gguf.metadata().u64(key), gguf.metadata().i32s(key), gguf.metadata().strings(key));
        writer.set(key, value.clone());
    }
    for tensor in gguf.tensors() {
        writer.tensor(&tensor.name, &tensor.shape, tensor.ty);
    }
    if gguf.alignment() > 1 << 16 {
        return;
    }
    let mut body = writer.start(Vec::new()).expect("what was read can be declared");
    for tensor in gguf.tensors() {
        let bytes = tensor.bytes(file).expect("a tensor lies inside the file");
        body.tensor(bytes).expect("a tensor has the size that was declared");
    }
    let written = body.finish().expect("writing to memory");
    let again = Gguf::parse(&written).expect("what was written is read");
    assert_eq!(again.tensors().len(), gguf.tensors().len());
}
