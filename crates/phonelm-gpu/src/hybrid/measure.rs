//! Which side computes fastest on this device: measured, since neither names nor numbers of cores tell it.

use std::ops::ControlFlow;
use std::time::Instant;

use phonelm_model::{Executor, ExecutorError, Input, LogitsFor, Placement, Segment, median};

use super::HybridExecutor;
use super::text::Side;
use crate::error::LoadError;

/// Tokens of a turn: those of its prompt that no cache holds, and those of its answer.
const TURN: (usize, usize) = (256, 64);
/// Tokens of a prompt whose cache moves.
const MOVED: usize = 64;
/// Rounds of each side, after one that warms up: a prompt and four tokens.
const ROUNDS: usize = 3;
const DECODE: usize = 4;
/// The GPU has to be so much faster: it costs memory of its own, and may fail.
const GAIN: f64 = 1.1;

/// What a side takes.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Pace {
    /// Seconds of a token in prefill.
    prefill: f64,
    /// Seconds of a token in decode.
    decode: f64,
}

impl HybridExecutor {
    /// Measures both sides and computes where a turn is fastest.
    pub(super) fn measure(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<Option<Placement>, ExecutorError> {
        if self.background || self.placement != Placement::Cpu {
            return Ok(None);
        }
        let found = self.found(go_on);
        if !matches!(found, Ok(Some(Placement::Gpu | Placement::PrefillOnGpu))) {
            self.gpu = None;
        }
        let found = found?;
        if let Some(placement) = found {
            self.place(placement, "it was measured as the fastest")?;
        }
        Ok(found)
    }

    fn found(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<Option<Placement>, ExecutorError> {
        let Some(cpu) = trial(&mut **self.side(Side::Cpu)?, go_on)? else { return Ok(None) };
        let loaded = self.load_gpu(&mut |_| if go_on() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) });
        let gpu = match loaded {
            Ok(()) => trial(&mut **self.side(Side::Gpu)?, go_on),
            Err(LoadError::Cancelled) => return Ok(None),
            Err(error) => Err(ExecutorError::Device { cause: error.to_string() }),
        };
        let gpu = match gpu {
            Ok(Some(gpu)) => gpu,
            Ok(None) => return Ok(None),
            // That it cannot compute is what was to be found out.
            Err(error) => {
                tracing::info!(%error, "the CPU computes");
                return Ok(Some(Placement::Cpu));
            }
        };
        let moving = self.moving()?;
        tracing::info!(?cpu, ?gpu, ?moving, "measured");
        Ok(Some(fastest(cpu, gpu, moving)))
    }

    /// Seconds that a prompt's cache takes from the GPU to the CPU, if it can go there.
    fn moving(&mut self) -> Result<Option<f64>, ExecutorError> {
        let gpu = self.side(Side::Gpu)?;
        let cache = gpu.create();
        let prompt = [0; MOVED];
        let segment = Segment { cache, input: Input::Tokens(&prompt), logits: LogitsFor::Last };
        let bytes = gpu.forward(&[segment]).map(|_| Instant::now()).and_then(|start| Ok((start, gpu.export(cache)?)));
        gpu.release(cache);
        let (start, bytes) = bytes?;
        let cpu = self.side(Side::Cpu)?;
        let Ok(cache) = cpu.import(&bytes) else { return Ok(None) };
        let taken = start.elapsed();
        cpu.release(cache);
        Ok(Some(taken.as_secs_f64()))
    }
}

/// Measures one side; `None` if `go_on` ended it.
fn trial(executor: &mut dyn Executor, go_on: &mut dyn FnMut() -> bool) -> Result<Option<Pace>, ExecutorError> {
    let cache = executor.create();
    let mut prefills = Vec::with_capacity(ROUNDS);
    let mut decodes = Vec::with_capacity(ROUNDS * DECODE);
    let mut rounds = || {
        for round in 0..=ROUNDS {
            // As prompts go through, which the first rounds may change.
            let prompt = vec![0; executor.prefill_batch().min(TURN.0).min(executor.context().saturating_sub(DECODE))];
            for pass in 0..=DECODE {
                if !go_on() {
                    return Ok(false);
                }
                let tokens = if pass == 0 { &prompt[..] } else { &prompt[..1] };
                let start = Instant::now();
                executor.forward(&[Segment { cache, input: Input::Tokens(tokens), logits: LogitsFor::Last }])?;
                let times = if pass == 0 { &mut prefills } else { &mut decodes };
                if round > 0 {
                    times.push(start.elapsed().as_secs_f64() / tokens.len() as f64);
                }
            }
            executor.truncate(cache, 0)?;
        }
        Ok(true)
    };
    let whole = rounds();
    executor.release(cache);
    let whole = whole?;
    Ok(median(prefills).zip(median(decodes)).filter(|_| whole).map(|(prefill, decode)| Pace { prefill, decode }))
}

/// Where a turn takes the least time. `moving` is the way of a prompt of [`MOVED`] tokens from one side to the other.
fn fastest(cpu: Pace, gpu: Pace, moving: Option<f64>) -> Placement {
    let (prompt, answer) = (TURN.0 as f64, TURN.1 as f64);
    let turn = |prefill: f64, decode: f64| prompt * prefill + answer * decode;
    // There for the prompt with all that was said before, and back.
    let ways = moving.map_or(f64::INFINITY, |one| 2.0 * one * prompt / MOVED as f64);
    let times = [
        (Placement::Cpu, turn(cpu.prefill, cpu.decode) / GAIN),
        (Placement::Gpu, turn(gpu.prefill, gpu.decode)),
        (Placement::PrefillOnGpu, turn(gpu.prefill, cpu.decode) + ways),
    ];
    times.into_iter().min_by(|a, b| a.1.total_cmp(&b.1)).map_or(Placement::Cpu, |(placement, _)| placement)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_turn_wins_and_the_cpu_a_near_draw() {
        let pace = |prefill, decode| Pace { prefill, decode };
        let found = |cpu, gpu| fastest(cpu, gpu, Some(0.001));
        let cpu = pace(0.01, 0.1);
        assert_eq!(found(cpu, pace(0.01, 0.1)), Placement::Cpu);
        assert_eq!(found(cpu, pace(0.0095, 0.095)), Placement::Cpu);
        assert_eq!(found(cpu, pace(0.001, 0.05)), Placement::Gpu);
        assert_eq!(found(cpu, pace(0.001, 0.2)), Placement::PrefillOnGpu);
        assert_eq!(fastest(cpu, pace(0.001, 0.2), None), Placement::Cpu);
        assert_eq!(fastest(cpu, pace(0.001, 0.2), Some(1.0)), Placement::Cpu);
    }
}
