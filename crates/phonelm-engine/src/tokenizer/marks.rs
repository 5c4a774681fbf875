//! Marks: tokens that are found in the text as a whole before it is split into words.
//!
//! The rules are those of Hugging Face's added tokens (leftmost first, then longest; whitespace taken in on either
//! side; some matched after normalising), with one addition: [`Guard`] names the places where a mark is mere text.

use std::collections::HashMap;
use std::ops::Range;

/// A token with a text of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) text: String,
    pub(super) id: u32,
    /// Steers the conversation and is no text of the answer.
    pub(super) special: bool,
    /// Found in the normalised text rather than in the text as given.
    pub(super) normalized: bool,
    /// Found between word borders only.
    pub(super) single_word: bool,
    /// Takes in the whitespace before it.
    pub(super) lstrip: bool,
    /// Takes in the whitespace behind it.
    pub(super) rstrip: bool,
}

impl Mark {
    /// Whether a user could steer the conversation with it; runs of whitespace are marks in some vocabularies only to
    /// be short.
    pub(super) fn steers(&self) -> bool {
        self.special || self.text.chars().any(|c| !c.is_whitespace())
    }
}

/// Where marks stay text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Guard<'a> {
    /// Nowhere: every mark counts.
    Nowhere,
    /// Everywhere: only whitespace marks count.
    Everywhere,
    /// A mark that steers does not cover any of these bytes, in rising order.
    At(&'a [usize]),
}

impl Guard<'_> {
    /// Whether `mark` at these bytes of the text as given is mere text.
    pub(super) fn holds(self, mark: &Mark, bytes: Range<usize>) -> bool {
        match self {
            Self::Nowhere => false,
            Self::Everywhere => mark.steers(),
            Self::At(places) => {
                let next = places.partition_point(|&place| place < bytes.start);
                mark.steers() && places.get(next).is_some_and(|&place| place < bytes.end)
            }
        }
    }
}

/// Finds the marks of one list.
#[derive(Clone, Debug, Default)]
pub(super) struct Finder {
    /// What to look for, with the mark's place in the list; longest first under each first byte.
    patterns: HashMap<u8, Vec<(String, usize)>>,
}

impl Finder {
    /// Of patterns and the places of their marks in the list that is given to [`Self::find`].
    pub(super) fn new(patterns: impl Iterator<Item = (String, usize)>) -> Self {
        let mut by_byte: HashMap<u8, Vec<(String, usize)>> = HashMap::new();
        for (pattern, mark) in patterns {
            if let Some(&first) = pattern.as_bytes().first() {
                by_byte.entry(first).or_default().push((pattern, mark));
            }
        }
        for list in by_byte.values_mut() {
            list.sort_by_key(|(pattern, mark)| (std::cmp::Reverse(pattern.len()), *mark));
        }
        Self { patterns: by_byte }
    }

    /// Byte offsets where any pattern begins, overlapping ones too, that `wanted` takes.
    pub(super) fn starts(&self, text: &str, marks: &[Mark], wanted: impl Fn(&Mark) -> bool) -> Vec<usize> {
        let here = |at: &usize| self.at(text.as_bytes(), *at).any(|(_, mark)| marks.get(mark).is_some_and(&wanted));
        (0..text.len()).filter(here).collect()
    }

    /// The text cut at its marks: ranges that cover it in order, each with its mark's place in `marks` if it is one.
    /// `guarded` says of a mark and its bytes whether it is mere text there.
    pub(super) fn find(
        &self,
        text: &str,
        marks: &[Mark],
        guarded: impl Fn(&Mark, Range<usize>) -> bool,
    ) -> Vec<(Option<usize>, Range<usize>)> {
        let mut cuts = Vec::new();
        let (mut at, mut covered) = (0, 0);
        while at < text.len() {
            let found = self
                .at(text.as_bytes(), at)
                .filter_map(|(len, index)| Some((len, index, marks.get(index)?)))
                .find(|(len, _, mark)| !guarded(mark, at..at + len));
            let Some((len, index, mark)) = found else {
                at += 1;
                continue;
            };
            let (mut start, mut end) = (at, at + len);
            at = end;
            if mark.single_word && (ends_with_word(&text[..start]) || starts_with_word(&text[end..])) {
                continue;
            }
            if mark.lstrip {
                start = text[..start].trim_end().len().max(covered);
            }
            if mark.rstrip {
                end += text.len() - end - text[end..].trim_start().len();
            }
            if covered < start {
                cuts.push((None, covered..start));
            }
            cuts.push((Some(index), start..end));
            covered = end;
        }
        if covered < text.len() {
            cuts.push((None, covered..text.len()));
        }
        cuts
    }

    /// Lengths and marks of the patterns that begin at byte `at`, longest first.
    fn at<'a>(&'a self, text: &'a [u8], at: usize) -> impl Iterator<Item = (usize, usize)> + 'a {
        let rest = &text[at.min(text.len())..];
        let list = rest.first().and_then(|first| self.patterns.get(first));
        list.into_iter()
            .flatten()
            .filter(|(pattern, _)| rest.starts_with(pattern.as_bytes()))
            .map(|(pattern, mark)| (pattern.len(), *mark))
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn ends_with_word(text: &str) -> bool {
    text.chars().next_back().is_some_and(is_word)
}

fn starts_with_word(text: &str) -> bool {
    text.chars().next().is_some_and(is_word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(text: &str, id: u32) -> Mark {
        Mark {
            text: text.into(),
            id,
            special: true,
            normalized: false,
            single_word: false,
            lstrip: false,
            rstrip: false,
        }
    }

    fn cut<'a>(marks: &[Mark], text: &'a str, guard: Guard<'_>) -> Vec<(Option<u32>, &'a str)> {
        let finder = Finder::new(marks.iter().enumerate().map(|(i, m)| (m.text.clone(), i)));
        let cuts = finder.find(text, marks, |m, r| guard.holds(m, r));
        cuts.into_iter().map(|(m, r)| (m.map(|i| marks[i].id), &text[r])).collect()
    }

    #[test]
    fn longest_of_the_leftmost() {
        let marks = [mark("<a>", 1), mark("<a><b>", 2), mark("b>x", 3)];
        assert_eq!(
            cut(&marks, "é<a><b>x<a>", Guard::Nowhere),
            [(None, "é"), (Some(2), "<a><b>"), (None, "x"), (Some(1), "<a>")]
        );
    }

    #[test]
    fn guards_keep_marks_text() {
        let marks = [mark("<a>", 1), Mark { special: false, ..mark("  ", 2) }];
        assert_eq!(cut(&marks, "<a>  <a>", Guard::Everywhere), [(None, "<a>"), (Some(2), "  "), (None, "<a>")]);
        assert_eq!(cut(&marks, "<a>  <a>", Guard::At(&[0])), [(None, "<a>"), (Some(2), "  "), (Some(1), "<a>")]);
    }

    #[test]
    fn whitespace_and_word_borders() {
        let strips = [Mark { lstrip: true, rstrip: true, ..mark("<a>", 1) }];
        assert_eq!(cut(&strips, "x \n<a>\t y", Guard::Nowhere), [(None, "x"), (Some(1), " \n<a>\t "), (None, "y")]);
        let word = [Mark { single_word: true, ..mark("ab", 1) }];
        assert_eq!(cut(&word, "cab ab", Guard::Nowhere), [(None, "cab "), (Some(1), "ab")]);
    }
}
