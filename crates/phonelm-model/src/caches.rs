//! The caches of an executor by their names: the same for every executor.

use std::collections::HashMap;

use crate::{CacheId, ExecutorError};

/// Caches, or whatever an executor keeps of them.
#[derive(Debug)]
pub struct Caches<T> {
    held: HashMap<CacheId, T>,
    latest: u64,
}

impl<T> Default for Caches<T> {
    fn default() -> Self {
        Self { held: HashMap::new(), latest: 0 }
    }
}

impl<T> Caches<T> {
    /// Takes a cache under a name that none had before.
    pub fn insert(&mut self, cache: T) -> CacheId {
        self.latest += 1;
        let id = CacheId(self.latest);
        self.held.insert(id, cache);
        id
    }

    /// The cache of that name, or [`ExecutorError::UnknownCache`].
    pub fn get(&self, id: CacheId) -> Result<&T, ExecutorError> {
        self.held.get(&id).ok_or(ExecutorError::UnknownCache { id: id.0 })
    }

    /// As [`Self::get`].
    pub fn get_mut(&mut self, id: CacheId) -> Result<&mut T, ExecutorError> {
        self.held.get_mut(&id).ok_or(ExecutorError::UnknownCache { id: id.0 })
    }

    /// Gives a cache out, if there is one of that name.
    pub fn remove(&mut self, id: CacheId) -> Option<T> {
        self.held.remove(&id)
    }

    /// All of them, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (CacheId, &T)> {
        self.held.iter().map(|(id, cache)| (*id, cache))
    }

    /// As [`Self::iter`].
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (CacheId, &mut T)> {
        self.held.iter_mut().map(|(id, cache)| (*id, cache))
    }
}
