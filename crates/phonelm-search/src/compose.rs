//! A model's cost composed from a few shallow ones. All layers are equal, so a model costs its head once and its layer so
//! many times; and a layer costs its attention, by width and heads, and its FFN, which grows evenly with its neurons.
//!
//! For each width are timed: one layer shape at two depths, whose difference is the layer and whose rest the head; a wider
//! FFN; and every other arrangement of heads. Depths are such that weights come from memory, not from a cache, wherever
//! they do in the whole model.

use phonelm_model::Activation;

use crate::measure::bytes_per_weight;
use crate::{Cost, Search, Shape};

/// Bytes that the probes of a width read at least, the shallow one and the deep ones: so many that what a cache of 32 MB
/// still holds of them is little, as it is of the whole model. Where that reads less, half of it and all.
const STREAM: [f64; 2] = [128e6, 256e6];

/// Heads of a layer: query heads, key and value heads.
type Heads = (usize, usize);

/// The probes of one width.
#[derive(Clone, Debug)]
pub(crate) struct Width {
    hidden: usize,
    heads: Vec<Heads>,
    activations: Vec<Activation>,
    /// The narrowest and the widest FFN of its shapes.
    ffn: [usize; 2],
    depths: [usize; 2],
}

/// What the parts of a model of one width cost.
#[derive(Clone, Debug)]
pub(crate) struct Parts {
    hidden: usize,
    head: Cost,
    /// A layer with the narrowest FFN and the first activation, by heads.
    layers: Vec<(Heads, Cost)>,
    /// What another activation adds to it, and what a neuron costs.
    activations: Vec<(Activation, Cost, Cost)>,
    narrow: usize,
}

/// The widths of some shapes, those first that are farthest apart, so that a search that ends early has seen all kinds.
pub(crate) fn widths(shapes: &[Shape], search: &Search) -> Vec<Width> {
    let same = shapes.chunk_by(|a, b| a.hidden == b.hidden);
    let widths: Vec<Width> = same.filter_map(|shapes| Width::of(shapes, search)).collect();
    let mut step = widths.len().next_power_of_two();
    let mut order: Vec<usize> = Vec::new();
    while order.len() < widths.len() {
        order.extend(
            (0..widths.len()).step_by(step).filter(|i| step == widths.len().next_power_of_two() || i / step % 2 == 1),
        );
        step = (step / 2).max(1);
    }
    order.into_iter().map(|i| widths[i].clone()).collect()
}

impl Width {
    /// For shapes of one width.
    fn of(shapes: &[Shape], search: &Search) -> Option<Self> {
        let first = shapes.first()?;
        let (mut heads, mut activations) = (Vec::new(), Vec::new());
        for shape in shapes {
            if !heads.contains(&(shape.heads, shape.kv_heads)) {
                heads.push((shape.heads, shape.kv_heads));
            }
            if !activations.contains(&shape.activation) {
                activations.push(shape.activation);
            }
        }
        let mut depths: Vec<usize> = shapes.iter().map(|shape| shape.layers).collect();
        depths.sort_unstable();
        let mut width = Self {
            hidden: first.hidden,
            heads,
            activations,
            ffn: [shapes.iter().map(|s| s.ffn).min()?, shapes.iter().map(|s| s.ffn).max()?],
            depths: [1, 2],
        };
        width.depths = width.choose_depths(depths[depths.len() / 2], search);
        Some(width)
    }

    /// Two depths well apart, the deeper one at most that of the usual shape of this width.
    fn choose_depths(&self, usual: usize, search: &Search) -> [usize; 2] {
        let bytes = |layers| self.base(self.ffn[0], layers).parameters(search.vocab) as f64 * bytes_per_weight(search);
        let (head, layer) = (bytes(0), bytes(1) - bytes(0));
        let whole = search.params as f64 * bytes_per_weight(search);
        let depth = |bytes: f64| ((bytes - head) / layer).ceil().max(1.0) as usize;
        let shallow = depth(STREAM[0].min(whole / 2.0)).clamp(1, (usual / 2).max(1));
        [shallow, depth(STREAM[1].min(whole)).clamp(shallow + 1, usual.max(shallow + 1))]
    }

    fn base(&self, ffn: usize, layers: usize) -> Shape {
        let (heads, kv_heads) = self.heads[0];
        Shape { hidden: self.hidden, layers, ffn, heads, kv_heads, activation: self.activations[0], tied: true }
    }

    /// The smallest probe.
    pub(crate) fn shallow(&self) -> Shape {
        self.base(self.ffn[0], self.depths[0])
    }

    fn deep(&self) -> Shape {
        self.base(self.ffn[0], self.depths[1])
    }

    /// Every probe, each once.
    pub(crate) fn probes(&self) -> Vec<Shape> {
        let deep = self.deep();
        let mut probes = vec![self.shallow(), deep];
        for &activation in &self.activations {
            probes.extend(self.ffn.map(|ffn| Shape { ffn, activation, ..deep }));
        }
        probes.extend(self.heads.iter().map(|&(heads, kv_heads)| Shape { heads, kv_heads, ..deep }));
        let mut once: Vec<Shape> = Vec::new();
        for probe in probes {
            if !once.contains(&probe) {
                once.push(probe);
            }
        }
        once
    }

    /// The parts, once every probe was measured.
    pub(crate) fn parts(&self, cost: impl Fn(&Shape) -> Option<Cost>) -> Option<Parts> {
        let deep = self.deep();
        let [fewer, more] = self.depths.map(|depth| depth as f64);
        let (shallow_cost, deep_cost) = (cost(&self.shallow())?, cost(&deep)?);
        let base = (deep_cost - shallow_cost) * (1.0 / (more - fewer));
        let head = deep_cost - base * more;
        let layer = |shape: Shape| Some((cost(&shape)? - head) * (1.0 / more));
        let neurons = (self.ffn[1] - self.ffn[0]).max(1) as f64;
        let activations = self.activations.iter().map(|&activation| {
            let [narrow, wide] = self.ffn.map(|ffn| layer(Shape { ffn, activation, ..deep }));
            Some((activation, narrow? - base, (wide? - narrow?) * (1.0 / neurons)))
        });
        let layers = self
            .heads
            .iter()
            .map(|&(heads, kv_heads)| Some(((heads, kv_heads), layer(Shape { heads, kv_heads, ..deep })?)));
        Some(Parts {
            hidden: self.hidden,
            head,
            layers: layers.collect::<Option<_>>()?,
            activations: activations.collect::<Option<_>>()?,
            narrow: self.ffn[0],
        })
    }
}

impl Parts {
    /// The cost of a shape of this width whose heads and activation were measured.
    pub(crate) fn compose(&self, shape: &Shape) -> Option<Cost> {
        if shape.hidden != self.hidden {
            return None;
        }
        let (_, layer) = self.layers.iter().find(|(heads, _)| *heads == (shape.heads, shape.kv_heads))?;
        let (_, activation, neuron) = self.activations.iter().find(|(act, ..)| *act == shape.activation)?;
        let layer = *layer + *activation + *neuron * (shape.ffn as f64 - self.narrow as f64);
        let cost = self.head + layer * shape.layers as f64;
        // Where noise outweighs a model, nothing is known of it.
        (cost.prefill > 0.0 && cost.decode > 0.0).then_some(cost)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device whose costs follow the rule, so that the parts must be found again.
    fn rule(shape: &Shape) -> Cost {
        let act = if shape.activation == Activation::Silu { 1.25 } else { 1.0 };
        let layer = 3.0 + shape.kv_heads as f64 + 0.5 * shape.heads as f64 + act * (2.0 + 0.01 * shape.ffn as f64);
        let decode = 100.0 + shape.layers as f64 * layer;
        Cost { prefill: 7.0 * decode, decode, bytes: 11.0 * decode }
    }

    fn search() -> Search {
        let mut search = Search { vocab: 512, tolerance: 0.05, ..Search::new(1_000_000) };
        search.space.head_dims = vec![16, 32];
        search.space.activations = vec![Activation::Relu, Activation::Silu];
        search.space.tied = vec![true, false];
        search
    }

    #[test]
    fn costs_that_follow_the_rule_are_composed_exactly() {
        let search = search();
        let shapes = search.shapes().unwrap();
        let parts: Vec<Parts> =
            widths(&shapes, &search).iter().map(|width| width.parts(|s| Some(rule(s))).unwrap()).collect();
        for shape in &shapes {
            let composed = parts.iter().find_map(|parts| parts.compose(shape)).unwrap();
            assert!((composed.decode / rule(shape).decode - 1.0).abs() < 1e-9, "{shape}");
            assert!((composed.bytes / rule(shape).bytes - 1.0).abs() < 1e-9, "{shape}");
        }
    }

    #[test]
    fn a_missing_probe_leaves_its_width_out() {
        let search = search();
        let shapes = search.shapes().unwrap();
        for width in widths(&shapes, &search) {
            for missing in width.probes() {
                assert!(width.parts(|shape| (*shape != missing).then(|| rule(shape))).is_none(), "{missing}");
            }
        }
    }

    #[test]
    fn every_width_comes_once_and_the_first_are_far_apart() {
        let search = Search::new(510_000_000);
        let shapes = search.shapes().unwrap();
        let order: Vec<usize> = widths(&shapes, &search).iter().map(|width| width.hidden).collect();
        let mut sorted = order.clone();
        sorted.sort_unstable();
        sorted.dedup();
        assert_eq!(sorted.len(), order.len());
        assert!(order[0].abs_diff(order[1]) * 3 > sorted.last().unwrap() - sorted[0], "{order:?}");
    }

    #[test]
    fn probes_of_large_models_outgrow_the_caches_and_are_shallow() {
        let search = Search::new(1_618_000_000);
        let shapes = search.shapes().unwrap();
        for width in widths(&shapes, &search) {
            let bytes = width.shallow().parameters(search.vocab) as f64 * bytes_per_weight(&search);
            assert!((STREAM[0]..3.0 * STREAM[0]).contains(&bytes), "{bytes} at {}", width.hidden);
            let whole = 1_618_000_000.0 * bytes_per_weight(&search);
            let all = width.probes();
            assert!(all.iter().all(|p| p.parameters(search.vocab) as f64 * bytes_per_weight(&search) < 0.7 * whole));
        }
    }
}
