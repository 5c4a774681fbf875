//! A text goes to the side where its next pass is computed: as bytes, or computed again from what was fed.

use phonelm_model::{CacheId, ExecutorError};

use super::HybridExecutor;
use super::text::{self, Home, Side, Text};

impl HybridExecutor {
    /// Gives the memory of a cache of one side back.
    pub(super) fn forget(&mut self, home: Option<Home>) {
        if let Some(Home { side, cache }) = home
            && let Ok(executor) = self.side(side)
        {
            executor.release(cache);
        }
    }

    /// A text lies elsewhere now, or nowhere; where it lay, its memory is given back.
    pub(super) fn settle(&mut self, id: CacheId, home: Option<Home>) {
        if let Ok(text) = self.texts.get_mut(id) {
            let old = std::mem::replace(&mut text.home, home);
            self.forget(old);
        }
    }

    /// Brings a text to a side: as bytes if they can be had and taken, else computed again.
    pub(super) fn bring(&mut self, id: CacheId, side: Side) -> Result<(), ExecutorError> {
        let home = self.texts.get(id)?.home;
        match home {
            Some(home) if home.side == side => Ok(()),
            Some(_) if self.carry(id, side)? => Ok(()),
            _ => self.replay(id, side),
        }
    }

    /// Moves a text as bytes; no if its side does not give them, or the other one does not take such bytes.
    pub(super) fn carry(&mut self, id: CacheId, side: Side) -> Result<bool, ExecutorError> {
        let Some(home) = self.texts.get(id)?.home else { return Ok(false) };
        let Ok(bytes) = self.ready(home.side).and_then(|from| from.export(home.cache)) else { return Ok(false) };
        match self.side(side)?.import(&bytes) {
            Ok(cache) => {
                self.settle(id, Some(Home { side, cache }));
                Ok(true)
            }
            Err(ExecutorError::BadImport { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Computes a text again. The longest beginning that another text has there already is shared with it.
    fn replay(&mut self, id: CacheId, side: Side) -> Result<(), ExecutorError> {
        let text = self.texts.get(id)?;
        let inputs = text.inputs.clone();
        if text.imported > 0 {
            let cause = "an imported text cannot be computed again, its tokens are not known".to_owned();
            return Err(ExecutorError::Device { cause });
        }
        let shared = |other: &Text| inputs.iter().zip(&other.inputs).take_while(|(a, b)| a == b).count();
        let others = self.texts.iter().map(|(_, other)| other).filter(|other| other.imported == 0);
        let there = others.filter_map(|other| Some((shared(other), other.home.filter(|home| home.side == side)?)));
        let nearest = there.max_by_key(|(shared, _)| *shared);
        let executor = self.side(side)?;
        let cache = match nearest {
            Some((shared, home)) if shared > 0 => {
                let cache = executor.fork(home.cache)?;
                executor.truncate(cache, shared)?;
                cache
            }
            _ => executor.create(),
        };
        let done = executor.len(cache)?;
        if let Err(error) = text::feed(&mut **executor, cache, &inputs[done..]) {
            executor.release(cache);
            return Err(error);
        }
        self.settle(id, Some(Home { side, cache }));
        Ok(())
    }

    /// Brings as many texts to a side as go there as bytes. The others are computed again when they are next used.
    pub(super) fn carry_all(&mut self, side: Side) {
        let ids: Vec<CacheId> = self.texts.iter().map(|(id, _)| id).collect();
        for id in ids {
            let elsewhere = self.texts.get(id).ok().and_then(|text| text.home).is_some_and(|home| home.side != side);
            if elsewhere && !self.carry(id, side).unwrap_or(false) {
                self.settle(id, None);
            }
        }
    }
}
