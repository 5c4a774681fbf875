//! The segments of a call, checked and cut into batches of rows: the same for every executor.

use std::ops::Range;

use crate::{CacheId, Config, ExecutorError, Input, LogitsFor, Segment};

/// Neighbouring positions of one segment.
#[derive(Clone, Debug)]
pub struct Part<'a> {
    /// The cache that they are appended to.
    pub cache: CacheId,
    /// What they feed in.
    pub input: Input<'a>,
    /// How many there are.
    pub positions: usize,
    /// Those of them whose logits are wanted.
    pub wanted: Range<usize>,
}

/// Checks `segments` against the model, the longest text and the lengths of their caches, and cuts them into batches of
/// at most `rows` rows, in order.
pub fn batches<'a>(
    segments: &[Segment<'a>],
    config: &Config,
    context: usize,
    rows: usize,
    len: impl Fn(CacheId) -> Result<usize, ExecutorError>,
) -> Result<Vec<Vec<Part<'a>>>, ExecutorError> {
    let mut batches = Vec::new();
    for (index, segment) in segments.iter().enumerate() {
        let positions = positions(segment, config)?;
        let needed = len(segment.cache)? + positions;
        if needed > context {
            return Err(ExecutorError::ContextFull { needed, limit: context });
        }
        if segments[..index].iter().any(|earlier| earlier.cache == segment.cache) {
            return Err(ExecutorError::DuplicateCache { id: segment.cache.0 });
        }
        cut(segment, positions, config.hidden, rows, &mut batches);
    }
    Ok(batches)
}

/// The number of positions of a segment, whose input is checked.
fn positions(segment: &Segment<'_>, config: &Config) -> Result<usize, ExecutorError> {
    let (vocab, hidden) = (config.vocab, config.hidden);
    match segment.input {
        Input::Tokens(tokens) => match tokens.iter().enumerate().find(|(_, t)| **t as usize >= vocab) {
            Some((position, &token)) => Err(ExecutorError::TokenOutOfRange { token, position, vocab }),
            None => Ok(tokens.len()),
        },
        Input::Rows(values) if values.len() % hidden != 0 => Err(ExecutorError::RowWidth { len: values.len(), hidden }),
        Input::Rows(values) => Ok(values.len() / hidden),
    }
}

fn cut<'a>(segment: &Segment<'a>, positions: usize, hidden: usize, rows: usize, batches: &mut Vec<Vec<Part<'a>>>) {
    let mut start = 0;
    while start < positions {
        let used = batches.last().map_or(rows, |batch| batch.iter().map(|part| part.positions).sum());
        if used == rows {
            batches.push(Vec::new());
            continue;
        }
        let end = positions.min(start + rows - used);
        let input = match segment.input {
            Input::Tokens(tokens) => Input::Tokens(&tokens[start..end]),
            Input::Rows(values) => Input::Rows(&values[start * hidden..end * hidden]),
        };
        let len = end - start;
        let wanted = match segment.logits {
            LogitsFor::All => 0..len,
            LogitsFor::Last if end == positions => len - 1..len,
            LogitsFor::Last | LogitsFor::None => 0..0,
        };
        if let Some(batch) = batches.last_mut() {
            batch.push(Part { cache: segment.cache, input, positions: len, wanted });
        }
        start = end;
    }
}
