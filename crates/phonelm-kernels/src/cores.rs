//! The cores that compute: how many big ones there are, and how a thread gets onto them. Little ones would hold the others up,
//! since a job ends with its slowest piece.
//!
//! Linux and Android tell the highest frequency of each core, and place threads by their load. Apple's systems tell how many
//! cores are of the fastest kind, and place threads by their quality of service
//! (<https://developer.apple.com/documentation/apple-silicon/tuning-your-code-s-performance-for-apple-silicon>).

/// A thread for every big core: those whose highest frequency is at least three quarters of the best, or the fastest kind,
/// where the system tells (Linux, Android, Apple's), else all cores that the process may use.
pub fn default_threads() -> usize {
    let available = std::thread::available_parallelism().map_or(1, usize::from);
    system::big_cores(available).unwrap_or(available).clamp(1, available)
}

/// Tells the system that the calling thread computes what somebody waits for, which the threads of a [`crate::Pool`] do by
/// themselves. Only Apple's systems want to be told; without it they may choose a little core.
pub fn ask_for_big_cores() {
    system::ask_for_big_cores();
}

#[cfg(not(target_vendor = "apple"))]
mod system {
    pub(super) fn big_cores(available: usize) -> Option<usize> {
        let frequencies: Vec<u64> = (0..available)
            .map_while(|cpu| {
                let path = format!("/sys/devices/system/cpu/cpu{cpu}/cpufreq/cpuinfo_max_freq");
                std::fs::read_to_string(path).ok()?.trim().parse().ok()
            })
            .collect();
        near_the_fastest(&frequencies)
    }

    /// Cores near the highest frequency, in any unit.
    fn near_the_fastest(frequencies: &[u64]) -> Option<usize> {
        let best = *frequencies.iter().max()?;
        Some(frequencies.iter().filter(|f| **f >= best / 4 * 3).count())
    }

    pub(super) fn ask_for_big_cores() {}

    #[cfg(test)]
    mod tests {
        use super::near_the_fastest;

        #[test]
        fn big_cores_are_those_near_the_highest_frequency() {
            assert_eq!(near_the_fastest(&[]), None);
            assert_eq!(near_the_fastest(&[2_500_000; 4]), Some(4));
            // One prime, three big, four little cores of a phone.
            let phone = [2_000, 2_000, 2_000, 2_000, 2_800, 2_800, 2_800, 3_200];
            assert_eq!(near_the_fastest(&phone), Some(4));
        }
    }
}

#[cfg(target_vendor = "apple")]
mod system {
    use std::ffi::{c_char, c_int, c_void};

    /// `QOS_CLASS_USER_INITIATED` of sys/qos.h.
    const USER_INITIATED: u32 = 0x19;

    unsafe extern "C" {
        /// pthread/qos.h.
        fn pthread_set_qos_class_self_np(class: u32, relative_priority: c_int) -> c_int;
        /// sys/sysctl.h.
        fn sysctlbyname(
            name: *const c_char,
            old: *mut c_void,
            old_size: *mut usize,
            new: *mut c_void,
            new_size: usize,
        ) -> c_int;
    }

    pub(super) fn big_cores(_available: usize) -> Option<usize> {
        let (mut count, mut size): (c_int, usize) = (0, size_of::<c_int>());
        let old = (&raw mut count).cast();
        // SAFETY: the name ends with a zero, `size` bytes lie at `old`, and nothing is set.
        let status =
            unsafe { sysctlbyname(c"hw.perflevel0.logicalcpu".as_ptr(), old, &raw mut size, std::ptr::null_mut(), 0) };
        usize::try_from(count).ok().filter(|count| status == 0 && *count > 0)
    }

    pub(super) fn ask_for_big_cores() {
        // SAFETY: it concerns the calling thread alone; where it fails, the thread stays what it was.
        if unsafe { pthread_set_qos_class_self_np(USER_INITIATED, 0) } != 0 {
            tracing::debug!("the system did not take the thread's quality of service");
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn there_is_a_core_to_compute_on() {
        super::ask_for_big_cores();
        assert!(super::default_threads() >= 1);
    }
}
