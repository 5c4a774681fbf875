//! Bytes of tokens in, whole text out.
//!
//! ```
//! use phonelm_engine::TextStream;
//!
//! let mut text = TextStream::new(&["END".into()]);
//! assert_eq!(text.push(b"na\xC3"), "na"); // the second half of "ï" is still to come
//! assert_eq!(text.push(b"\xAFve E"), "ïve ");
//! assert_eq!(text.push(b"N"), ""); // may become a stop string
//! assert_eq!(text.push(b"D!"), "");
//! assert!(text.stopped());
//! ```
//!
//! The trap: what is held back must be asked for at the end, with [`TextStream::finish`].

/// Joins bytes into text, holds back what is not whole yet, and ends at a stop string.
#[derive(Clone, Debug, Default)]
pub struct TextStream {
    stops: Vec<String>,
    /// The beginning of a character.
    bytes: Vec<u8>,
    /// Text that may yet turn out to begin a stop string.
    held: String,
    stopped: bool,
}

impl TextStream {
    /// A stream that ends at the first of these strings to be complete; empty ones are ignored.
    pub fn new(stops: &[String]) -> Self {
        Self { stops: stops.iter().filter(|s| !s.is_empty()).cloned().collect(), ..Self::default() }
    }

    /// Takes bytes and returns the text that is certain now. Bytes that are no UTF-8 become U+FFFD, as
    /// [`String::from_utf8_lossy`] replaces them. Nothing comes out after a stop string.
    pub fn push(&mut self, bytes: &[u8]) -> String {
        if self.stopped {
            return String::new();
        }
        self.bytes.extend_from_slice(bytes);
        let mut done = 0;
        for chunk in self.bytes.utf8_chunks() {
            self.held.push_str(chunk.valid());
            done += chunk.valid().len();
            let invalid = chunk.invalid();
            let incomplete = done + invalid.len() == self.bytes.len() && may_continue(invalid);
            if !invalid.is_empty() && !incomplete {
                self.held.push(char::REPLACEMENT_CHARACTER);
                done += invalid.len();
            }
        }
        self.bytes.drain(..done);
        self.release()
    }

    /// Ends the stream: what was held back comes out, half a character as U+FFFD.
    pub fn finish(&mut self) -> String {
        if !std::mem::take(&mut self.bytes).is_empty() && !self.stopped {
            self.held.push(char::REPLACEMENT_CHARACTER);
        }
        let text = self.release();
        text + &std::mem::take(&mut self.held)
    }

    /// Whether a stop string has ended the text.
    pub fn stopped(&self) -> bool {
        self.stopped
    }

    /// Takes from the held text what cannot be part of a stop string any more.
    fn release(&mut self) -> String {
        let ends = self.stops.iter().filter_map(|stop| self.held.find(stop.as_str()).map(|at| (at + stop.len(), at)));
        if let Some((_, at)) = ends.min() {
            self.stopped = true;
            self.bytes.clear();
            self.held.truncate(at);
            return std::mem::take(&mut self.held);
        }
        let keep = self.stops.iter().map(|stop| overlap(self.held.as_bytes(), stop.as_bytes())).max().unwrap_or(0);
        let rest = self.held.split_off(self.held.len() - keep);
        std::mem::replace(&mut self.held, rest)
    }
}

/// Whether more bytes could make these, which are not valid so far, one character.
fn may_continue(bytes: &[u8]) -> bool {
    matches!(std::str::from_utf8(bytes), Err(e) if e.error_len().is_none())
}

/// Length of the longest end of `text` that is a beginning of `pattern`, but not all of it.
pub(crate) fn overlap(text: &[u8], pattern: &[u8]) -> usize {
    let longest = pattern.len().saturating_sub(1).min(text.len());
    (1..=longest).rev().find(|&len| text.ends_with(&pattern[..len])).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn streamed(pieces: &[Vec<u8>], stops: &[String]) -> (String, bool) {
        let mut stream = TextStream::new(stops);
        let mut text: String = pieces.iter().map(|piece| stream.push(piece)).collect();
        text.push_str(&stream.finish());
        (text, stream.stopped())
    }

    #[test]
    fn a_false_beginning_comes_out() {
        let mut stream = TextStream::new(&["</end>".into()]);
        assert_eq!(stream.push(b"a </e"), "a ");
        assert_eq!(stream.push(b"m> b"), "</em> b");
        assert_eq!(stream.push(b" <"), " ");
        assert_eq!(stream.finish(), "<");
    }

    #[test]
    fn the_first_complete_stop_string_ends() {
        let stops = ["abcd".to_owned(), "c".to_owned()];
        assert_eq!(streamed(&[b"xabcd".to_vec()], &stops), ("xab".into(), true));
        assert_eq!(streamed(&[b"xab".to_vec(), b"cd".to_vec()], &stops), ("xab".into(), true));
    }

    #[test]
    fn half_a_character_at_the_end_is_replaced() {
        assert_eq!(streamed(&[vec![b'a', 0xE2, 0x82]], &[]), ("a\u{FFFD}".into(), false));
        assert_eq!(streamed(&[vec![0xE2, 0x82], vec![b'a']], &[]), ("\u{FFFD}a".into(), false));
    }

    /// Bytes that are often valid text, cut anywhere.
    fn cut_bytes() -> impl Strategy<Value = Vec<Vec<u8>>> {
        let text = "[aé€😀\u{FFFD}]{0,4}".prop_map(String::into_bytes);
        let noise = prop::collection::vec(any::<u8>(), 0..4);
        let bytes = prop::collection::vec(prop_oneof![3 => text, 1 => noise], 0..8).prop_map(|v| v.concat());
        (bytes, prop::collection::vec(1usize..5, 0..40)).prop_map(|(bytes, sizes)| {
            let mut rest = bytes.as_slice();
            let mut pieces = Vec::new();
            for size in sizes {
                let (piece, tail) = rest.split_at(size.min(rest.len()));
                pieces.push(piece.to_vec());
                rest = tail;
            }
            pieces.push(rest.to_vec());
            pieces
        })
    }

    proptest! {
        #[test]
        fn pieces_join_to_the_whole_text(pieces in cut_bytes()) {
            let whole = String::from_utf8_lossy(&pieces.concat()).into_owned();
            prop_assert_eq!(streamed(&pieces, &[]), (whole, false));
        }

        #[test]
        fn stop_strings_do_not_depend_on_the_cuts(pieces in cut_bytes(), stops in prop::collection::vec("[aé€]{1,3}", 1..3)) {
            let whole = streamed(&[pieces.concat()], &stops);
            prop_assert_eq!(streamed(&pieces, &stops), whole);
        }
    }
}
