//! The shapes that are looked at, counted out in a fixed order.
//!
//! What the kernels want is known and kept: widths and FFNs in whole blocks of 32 weights, heads in whole vectors of 16.
//! Neurons can be skipped only where the width is a multiple of 256, which the timing shows by itself.

use std::ops::RangeInclusive;

use phonelm_model::Activation;

use crate::settings::wrong;
use crate::{Error, Search, Shape};

/// What may vary.
#[derive(Clone, Debug)]
pub struct Space {
    /// Widths of a head.
    pub head_dims: Vec<usize>,
    /// Query heads for a key and value head: 1 is multi-head attention.
    pub groups: Vec<usize>,
    /// Non-linearities of the FFN.
    pub activations: Vec<Activation>,
    /// Whether the head is the embedding.
    pub tied: Vec<bool>,
    /// Depths.
    pub layers: RangeInclusive<usize>,
    /// Width to depth.
    pub aspect: RangeInclusive<f64>,
    /// Neurons of the FFN to the width.
    pub ffn_ratio: RangeInclusive<f64>,
}

impl Default for Space {
    /// What published models of this kind lie in, with room around: PhoneLM-1.5B has 135 times the depth as its width,
    /// SmolLM-135M 19 times.
    fn default() -> Self {
        Self {
            head_dims: vec![64, 96, 128, 160],
            groups: vec![1, 4],
            activations: vec![Activation::Relu],
            tied: vec![true],
            layers: 4..=64,
            aspect: 8.0..=160.0,
            ffn_ratio: 2.0..=6.0,
        }
    }
}

/// Weights in a block: widths and FFNs are multiples of it.
const BLOCK: usize = 32;
/// Widths are at most an eighth apart, and never farther than this.
const WIDEST_STEP: usize = 256;
/// The largest width.
const WIDEST: usize = 8192;

impl Space {
    pub(crate) fn check(&self) -> Result<(), Error> {
        let head_dim = |&&width: &&usize| width == 0 || width > WIDEST || !width.is_multiple_of(16);
        if let Some(width) = self.head_dims.iter().find(head_dim) {
            return Err(wrong("head width", width, "a multiple of 16"));
        }
        if self.groups.contains(&0) {
            return Err(wrong("query heads for a key head", 0, "1 or more"));
        }
        let (shallow, deep) = (*self.layers.start(), *self.layers.end());
        if shallow == 0 || deep > 1024 || shallow > deep {
            return Err(wrong("layers", format!("{:?}", self.layers), "a range within 1 to 1024"));
        }
        for (name, range) in [("width to depth", &self.aspect), ("FFN to width", &self.ffn_ratio)] {
            if !(*range.start() > 0.0 && range.start() <= range.end() && *range.end() <= 1e4) {
                return Err(wrong(name, format!("{range:?}"), "a range of positive numbers up to 10000"));
            }
        }
        Ok(())
    }

    /// Every shape whose FFN is yet to be found, with the smallest and largest FFN that it may have.
    fn frames(&self) -> impl Iterator<Item = (Shape, [usize; 2])> + '_ {
        widths().flat_map(move |hidden| {
            let wide = |ratio: f64| ratio * hidden as f64 / BLOCK as f64;
            let ffn = [wide(*self.ffn_ratio.start()).ceil(), wide(*self.ffn_ratio.end()).floor()];
            let ffn = ffn.map(|blocks| blocks as usize * BLOCK);
            let variants = self.head_dims.iter().filter(move |width| hidden.is_multiple_of(**width));
            let variants = variants.flat_map(move |width| {
                let heads = hidden / width;
                let groups = self.groups.iter().filter(move |group| heads.is_multiple_of(**group));
                groups.map(move |group| (heads, heads / group))
            });
            variants
                .flat_map(move |heads| self.activations.iter().map(move |&activation| (heads, activation)))
                .flat_map(move |both| self.tied.iter().map(move |&tied| (both, tied)))
                .flat_map(move |all| self.layers.clone().map(move |layers| (all, layers)))
                .map(move |((((heads, kv_heads), activation), tied), layers)| {
                    let shape = Shape { hidden, layers, ffn: 0, heads, kv_heads, activation, tied };
                    (shape, ffn)
                })
                .filter(move |(shape, ffn)| {
                    ffn[0] <= ffn[1] && self.aspect.contains(&(hidden as f64 / shape.layers as f64))
                })
        })
    }
}

impl Search {
    /// Every shape within the budget, each with the FFN that brings it nearest, in the order of width, heads and depth.
    pub fn shapes(&self) -> Result<Vec<Shape>, Error> {
        self.check()?;
        let (mut shapes, mut smallest, mut largest) = (Vec::new(), u64::MAX, 0);
        let mut nearest: Option<u64> = None;
        for (frame, [least, most]) in self.space.frames() {
            let with = |ffn| Shape { ffn, ..frame };
            smallest = smallest.min(with(least).parameters(self.vocab));
            largest = largest.max(with(most).parameters(self.vocab));
            let neuron = 3 * (frame.hidden * frame.layers) as u64;
            let left = self.params.saturating_sub(frame.parameters(self.vocab));
            let blocks = (left as f64 / neuron as f64 / BLOCK as f64).round() as usize;
            let shape = with((blocks.saturating_mul(BLOCK)).clamp(least, most));
            let found = shape.parameters(self.vocab);
            if nearest.is_none_or(|nearest| found.abs_diff(self.params) < nearest.abs_diff(self.params)) {
                nearest = Some(found);
            }
            if found.abs_diff(self.params) as f64 <= self.tolerance * self.params as f64 {
                shapes.push(shape);
            }
        }
        let nearest = nearest.ok_or(Error::EmptySpace { widest: WIDEST })?;
        if shapes.is_empty() {
            let tolerance = self.tolerance * 100.0;
            return Err(Error::Impossible { params: self.params, tolerance, nearest, smallest, largest });
        }
        Ok(shapes)
    }
}

/// The widths: multiples of 32, at most an eighth apart.
fn widths() -> impl Iterator<Item = usize> {
    std::iter::successors(Some(BLOCK), |width| {
        let eighth = width / 8;
        let step = if eighth == 0 { BLOCK } else { 1 << eighth.ilog2() };
        Some(width + step.clamp(BLOCK, WIDEST_STEP))
    })
    .take_while(|width| *width <= WIDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_whole_blocks_and_hold_those_of_published_models() {
        let all: Vec<usize> = widths().collect();
        assert!(all.iter().all(|width| width.is_multiple_of(BLOCK)));
        assert!(all.windows(2).all(|pair| pair[0] < pair[1] && (pair[1] - pair[0]) * 8 <= pair[0].max(8 * BLOCK)));
        for published in [320, 576, 896, 960, 1024, 1280, 1536, 2048, 2560] {
            assert!(all.contains(&published), "{published}");
        }
    }
}
