//! What Android's C library has at the oldest level we support, read from android-aar/bionic-api26.txt.

use anyhow::Result;

use crate::package::symbols::Symbols;

/// Android's level of 8.0, the oldest that the AAR runs on.
pub(crate) const MIN_API: u32 = 26;

/// Its libraries by file name.
pub(crate) fn read() -> Result<Symbols> {
    Symbols::read("android-aar/bionic-api26.txt")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_what_level_26_has_and_nothing_younger() {
        let bionic = read().unwrap();
        let libraries: Vec<&str> = bionic.libraries().map(|(name, _)| name).collect();
        assert_eq!(libraries, ["libc.so", "libdl.so", "liblog.so", "libm.so"]);
        for symbol in ["abort", "__errno", "getauxval", "pthread_getname_np", "dl_iterate_phdr", "expf"] {
            assert!(bionic.has_symbol(symbol), "{symbol}");
        }
        // Since 28, 28, 29, 30; on 32 bits only; of glibc only.
        for symbol in ["getrandom", "aligned_alloc", "__tls_get_addr", "memfd_create", "valloc", "__errno_location"] {
            assert!(!bionic.has_symbol(symbol), "{symbol}");
        }
    }
}
