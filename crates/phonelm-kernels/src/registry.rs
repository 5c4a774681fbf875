//! All kernel sets in order of preference, and the choice among them: the first that this CPU has and that computes right
//! (see `self_test`).
//!
//! ```
//! let kernels = phonelm_kernels::choose()?;
//! assert!(phonelm_kernels::kernel_sets().iter().any(|set| set.available && set.name == kernels.name()));
//! # Ok::<(), phonelm_kernels::KernelError>(())
//! ```

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use crate::kernels::Kernels;
use crate::scalar::Scalar;
use crate::self_test;

/// Names the kernel set to use in place of the best one.
pub const KERNELS_VARIABLE: &str = "PHONELM_KERNELS";

/// A kernel set as the registry knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelSet {
    /// `{arch}-{types}-{variant}`.
    pub name: &'static str,
    /// The instructions it needs, in words.
    pub needs: &'static str,
    /// Whether this CPU has them.
    pub available: bool,
    /// The primitive with which it computes wrongly here: it is not used then.
    pub fault: Option<&'static str>,
}

/// A kernel set could not be chosen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KernelError {
    /// The name asked for is unknown here, or this CPU lacks its instructions.
    #[error("kernel set {name:?} (from {KERNELS_VARIABLE}) is not available here; there are: {}", available.join(", "))]
    Unavailable {
        /// The name asked for.
        name: String,
        /// Names that would do.
        available: Vec<&'static str>,
    },
    /// The set asked for computes wrongly on this CPU.
    #[error("kernel set {name} gives wrong results for {primitive} on this machine; leave {KERNELS_VARIABLE} unset")]
    Faulty {
        /// The set.
        name: &'static str,
        /// What it computes wrongly.
        primitive: &'static str,
    },
}

struct Entry {
    name: &'static str,
    needs: &'static str,
    /// The set, if this CPU has its instructions.
    probe: fn() -> Option<&'static dyn Kernels>,
}

impl Entry {
    /// The primitive that is wrong here; tested once a process. The reference is what the others are compared with.
    fn fault(&self) -> Option<&'static str> {
        if self.name == Scalar.name() {
            return None;
        }
        static FAULTS: Mutex<BTreeMap<&str, Option<&'static str>>> = Mutex::new(BTreeMap::new());
        let mut faults = FAULTS.lock().unwrap_or_else(PoisonError::into_inner);
        *faults.entry(self.name).or_insert_with(|| {
            let fault = (self.probe)().and_then(self_test::fault);
            if let Some(primitive) = fault {
                tracing::error!(kernels = self.name, primitive, "computes wrongly on this machine and is not used");
            }
            fault
        })
    }
}

/// Best first. Every set compiled for this architecture stands here and nowhere else.
const REGISTRY: &[Entry] = &[
    #[cfg(target_arch = "x86_64")]
    Entry {
        name: "x86_64-q8-avx512vnni",
        needs: "AVX-512 F, BW, VL and VNNI, FMA, F16C",
        probe: || Some(crate::x86::Avx512Vnni::new()?),
    },
    #[cfg(target_arch = "x86_64")]
    Entry { name: "x86_64-q8-avx2", needs: "AVX2, FMA, F16C", probe: || Some(crate::x86::Avx2::new()?) },
    #[cfg(target_arch = "aarch64")]
    Entry { name: "aarch64-q8-i8mm", needs: "I8MM, DotProd", probe: || Some(crate::aarch64::I8mm::new()?) },
    #[cfg(target_arch = "aarch64")]
    Entry { name: "aarch64-q8-dotprod", needs: "DotProd", probe: || Some(crate::aarch64::Dotprod::new()?) },
    #[cfg(target_arch = "aarch64")]
    Entry { name: "aarch64-q8-neon", needs: "NEON", probe: || Some(crate::aarch64::Neon::new()?) },
    Entry { name: "any-q8-scalar", needs: "nothing", probe: || Some(&Scalar) },
];

/// Every kernel set of this architecture, best first.
pub fn kernel_sets() -> Vec<KernelSet> {
    let of_entry =
        |e: &Entry| KernelSet { name: e.name, needs: e.needs, available: (e.probe)().is_some(), fault: e.fault() };
    REGISTRY.iter().map(of_entry).collect()
}

/// The kernel set with this name, if this CPU can run it.
pub fn kernels_named(name: &str) -> Option<&'static dyn Kernels> {
    REGISTRY.iter().find(|e| e.name == name).and_then(|e| (e.probe)())
}

/// The best kernel set of this CPU that computes right, or the one that the environment variable [`KERNELS_VARIABLE`] names.
pub fn choose() -> Result<&'static dyn Kernels, KernelError> {
    match std::env::var(KERNELS_VARIABLE) {
        Ok(name) if !name.is_empty() => choose_named(&name),
        _ => {
            let sound = |e: &Entry| (e.probe)().filter(|_| e.fault().is_none());
            Ok(REGISTRY.iter().find_map(sound).unwrap_or(&Scalar))
        }
    }
}

/// The kernel set with this name, or an error that lists those that would do.
pub fn choose_named(name: &str) -> Result<&'static dyn Kernels, KernelError> {
    let kernels = kernels_named(name).ok_or_else(|| KernelError::Unavailable {
        name: name.to_owned(),
        available: kernel_sets().iter().filter(|s| s.available).map(|s| s.name).collect(),
    })?;
    match REGISTRY.iter().find(|e| e.name == name).and_then(Entry::fault) {
        Some(primitive) => Err(KernelError::Faulty { name: kernels.name(), primitive }),
        None => Ok(kernels),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_agree_and_the_reference_is_last() {
        for set in kernel_sets() {
            assert_eq!(kernels_named(set.name).map(Kernels::name), set.available.then_some(set.name));
        }
        assert_eq!(kernel_sets().last().map(|s| (s.name, s.available)), Some(("any-q8-scalar", true)));
    }

    #[test]
    fn unknown_names_list_the_known_ones() {
        let Err(error) = choose_named("x86_64-q8-mmx") else { panic!("chosen") };
        let text = error.to_string();
        assert!(text.contains("x86_64-q8-mmx") && text.contains("any-q8-scalar"), "{text}");
    }
}
