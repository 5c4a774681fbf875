//! What the steps around attention are told of a batch, as words: how many workgroups share a head; where the groups begin; of each
//! row its position and where the list of its cache's blocks begins; of each group of up to [`GROUP_ROWS`] rows that follow each
//! other in a text the first one, and how many rows there are in all; then the lists.

/// Rows that attention takes together: `attention_rows.wgsl` keeps what is theirs in two vectors of four.
pub(crate) const GROUP_ROWS: usize = 8;

/// The rows of a batch that belong to one text.
pub(crate) struct Run<'a> {
    /// Where the first stands in the text.
    pub(crate) position: usize,
    pub(crate) rows: usize,
    /// The blocks of the text's cache.
    pub(crate) blocks: &'a [u32],
}

/// The words, and how many groups there are.
pub(crate) fn words(shares: usize, runs: &[Run<'_>]) -> (Vec<u32>, usize) {
    let rows: usize = runs.iter().map(|run| run.rows).sum();
    let groups = runs.iter().map(|run| run.rows.div_ceil(GROUP_ROWS)).sum();
    let mut words = vec![shares as u32, 2 + 2 * rows as u32];
    let mut table = count(rows, groups, 0);
    for run in runs {
        words.extend((0..run.rows).flat_map(|row| [(run.position + row) as u32, table as u32]));
        table += run.blocks.len();
    }
    let mut first = 0;
    for run in runs {
        words.extend((first..first + run.rows).step_by(GROUP_ROWS).map(|row| row as u32));
        first += run.rows;
    }
    words.push(rows as u32);
    runs.iter().for_each(|run| words.extend_from_slice(run.blocks));
    (words, groups)
}

/// How many words there are about so many rows, groups and blocks.
pub(crate) const fn count(rows: usize, groups: usize, blocks: usize) -> usize {
    2 + 2 * rows + groups + 1 + blocks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_groups_and_lists_follow_each_other() {
        let runs = [Run { position: 70, rows: 9, blocks: &[5, 3] }, Run { position: 0, rows: 1, blocks: &[8] }];
        let (words, groups) = words(4, &runs);
        assert_eq!((groups, words.len()), (3, count(10, 3, 3)));
        assert_eq!(words[..4], [4, 22, 70, 26]);
        assert_eq!(words[18..], [78, 26, 0, 28, 0, 8, 9, 10, 5, 3, 8]);
    }
}
