//! The header of NumPy's file format, version 1.0 (numpy.lib.format): magic, length, a Python literal padded to 64 bytes.

/// The header of a C-ordered little-endian f32 array of `rows` x `columns`.
pub(crate) fn header(rows: usize, columns: usize) -> Vec<u8> {
    const MAGIC: &[u8] = b"\x93NUMPY\x01\x00";
    let literal = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
    // Magic, a length of two bytes, the literal and its line break fill whole units of 64 bytes.
    let len = (MAGIC.len() + 2 + literal.len() + 1).next_multiple_of(64) - MAGIC.len() - 2;
    let mut header = MAGIC.to_vec();
    header.extend((len as u16).to_le_bytes());
    header.extend(format!("{literal:<width$}\n", width = len - 1).bytes());
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_begins_at_a_multiple_of_64() {
        for (rows, columns) in [(1, 1), (3, 301), (2048, 49152), (usize::MAX, usize::MAX)] {
            let header = header(rows, columns);
            assert_eq!(header.len() % 64, 0);
            assert_eq!(usize::from(u16::from_le_bytes([header[8], header[9]])), header.len() - 10);
            assert_eq!(header.last(), Some(&b'\n'));
        }
        assert!(
            header(3, 301)
                .starts_with(b"\x93NUMPY\x01\x00\x76\x00{'descr': '<f4', 'fortran_order': False, 'shape': (3, 301), }")
        );
    }
}
