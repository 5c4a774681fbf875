//! A text of the hybrid executor: what was fed into it, and where its cache lies.

use std::sync::Arc;

use phonelm_model::{CacheId, Executor, ExecutorError, Input, LogitsFor, Segment};

/// One of the two that compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Cpu,
    Gpu,
}

/// A cache of one side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Home {
    pub(super) side: Side,
    pub(super) cache: CacheId,
}

/// What was fed in at a position.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Fed {
    Token(u32),
    Row(Arc<[f32]>),
}

#[derive(Clone, Default)]
pub(super) struct Text {
    /// Where its keys and values lie; nowhere if it is empty or they were lost.
    pub(super) home: Option<Home>,
    /// Positions at the beginning that came as bytes and whose inputs nobody has told.
    pub(super) imported: usize,
    /// Those of all further positions.
    pub(super) inputs: Vec<Fed>,
}

impl Text {
    pub(super) fn len(&self) -> usize {
        self.imported + self.inputs.len()
    }

    pub(super) fn truncate(&mut self, len: usize) {
        self.inputs.truncate(len.saturating_sub(self.imported));
        self.imported = self.imported.min(len);
    }

    pub(super) fn push(&mut self, input: Input<'_>, hidden: usize) {
        match input {
            Input::Tokens(tokens) => self.inputs.extend(tokens.iter().copied().map(Fed::Token)),
            Input::Rows(values) => self.inputs.extend(values.chunks_exact(hidden).map(|row| Fed::Row(row.into()))),
        }
    }
}

/// Feeds inputs into a cache, as few calls as there are changes between tokens and rows.
pub(super) fn feed(executor: &mut dyn Executor, cache: CacheId, inputs: &[Fed]) -> Result<(), ExecutorError> {
    let same_kind = |a: &Fed, b: &Fed| matches!(a, Fed::Token(_)) == matches!(b, Fed::Token(_));
    for run in inputs.chunk_by(same_kind) {
        let (mut tokens, mut rows) = (Vec::new(), Vec::new());
        for fed in run {
            match fed {
                Fed::Token(token) => tokens.push(*token),
                Fed::Row(row) => rows.extend_from_slice(row),
            }
        }
        let input = if rows.is_empty() { Input::Tokens(&tokens) } else { Input::Rows(&rows) };
        executor.forward(&[Segment { cache, input, logits: LogitsFor::None }])?;
    }
    Ok(())
}
