//! How a job is cut for the threads of a pool: large pieces first, which keeps claiming cheap, then ever smaller ones, so that
//! no thread waits long for the last.

use std::ops::Range;

use crate::Pool;

/// Each halves the pieces; the last one comes twice.
const ROUNDS: usize = 4;
/// Parts of the work of which each thread's first piece is the half.
const PARTS: usize = 2 << ROUNDS;

/// Some items of work in pieces.
pub(super) struct Chunks {
    items: usize,
    threads: usize,
    together: usize,
}

impl Chunks {
    /// `items` for so many threads; each piece starts at a multiple of `together`.
    pub(super) fn new(items: usize, threads: usize, together: usize) -> Self {
        Self { items, threads, together }
    }

    /// Calls `work` with each piece that holds anything, on the threads of `pool`.
    pub(super) fn run(&self, pool: &Pool, work: impl Fn(Range<usize>) + Sync) {
        pool.run(self.count(), &|chunk| {
            let items = self.items(chunk);
            if !items.is_empty() {
                work(items);
            }
        });
    }

    /// How many pieces there are. Some may be empty.
    fn count(&self) -> usize {
        (ROUNDS + 1) * self.threads
    }

    /// The items of a piece.
    fn items(&self, chunk: usize) -> Range<usize> {
        self.start(chunk)..self.start(chunk + 1)
    }

    fn start(&self, chunk: usize) -> usize {
        if chunk == self.count() {
            return self.items;
        }
        let (round, place) = (chunk / self.threads, chunk % self.threads);
        let whole = PARTS * self.threads;
        let parts = whole - (whole >> round) + place * (PARTS >> (round + 1).min(ROUNDS));
        self.items * parts / whole / self.together * self.together
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_items_are_there_once_and_in_order() {
        for items in [0, 1, 7, 160, 852, 3072] {
            for threads in 1..=9 {
                for together in [1, 8] {
                    let chunks = Chunks::new(items, threads, together);
                    let mut next = 0;
                    for range in (0..chunks.count()).map(|chunk| chunks.items(chunk)) {
                        assert_eq!(range.start, next, "{items} items, {threads} threads");
                        assert!(range.end >= range.start && (range.is_empty() || range.start % together == 0));
                        next = range.end;
                    }
                    assert_eq!(next, items);
                }
            }
        }
    }

    #[test]
    fn pieces_shrink() {
        let chunks = Chunks::new(640, 2, 1);
        let sizes: Vec<usize> = (0..chunks.count()).map(|chunk| chunks.items(chunk).len()).collect();
        assert_eq!(sizes, [160, 160, 80, 80, 40, 40, 20, 20, 20, 20]);
    }
}
