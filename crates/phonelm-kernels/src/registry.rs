//! All kernel sets in order of preference, and the choice among them.
//!
//! ```
//! let kernels = phonelm_kernels::choose()?;
//! assert!(phonelm_kernels::kernel_sets().iter().any(|set| set.available && set.name == kernels.name()));
//! # Ok::<(), phonelm_kernels::KernelError>(())
//! ```

use crate::kernels::Kernels;
use crate::scalar::Scalar;

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
}

struct Entry {
    name: &'static str,
    needs: &'static str,
    /// The set, if this CPU has its instructions.
    probe: fn() -> Option<&'static dyn Kernels>,
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
    REGISTRY.iter().map(|e| KernelSet { name: e.name, needs: e.needs, available: (e.probe)().is_some() }).collect()
}

/// The kernel set with this name, if this CPU can run it.
pub fn kernels_named(name: &str) -> Option<&'static dyn Kernels> {
    REGISTRY.iter().find(|e| e.name == name).and_then(|e| (e.probe)())
}

/// The best kernel set of this CPU, or the one that the environment variable [`KERNELS_VARIABLE`] names.
pub fn choose() -> Result<&'static dyn Kernels, KernelError> {
    match std::env::var(KERNELS_VARIABLE) {
        Ok(name) if !name.is_empty() => choose_named(&name),
        _ => Ok(REGISTRY.iter().find_map(|e| (e.probe)()).unwrap_or(&Scalar)),
    }
}

/// The kernel set with this name, or an error that lists those that would do.
pub fn choose_named(name: &str) -> Result<&'static dyn Kernels, KernelError> {
    kernels_named(name).ok_or_else(|| KernelError::Unavailable {
        name: name.to_owned(),
        available: kernel_sets().iter().filter(|s| s.available).map(|s| s.name).collect(),
    })
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
