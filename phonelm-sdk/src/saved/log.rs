//! `transcript.log`: records appended one behind the other, each checksummed and synced before it counts.
//!
//! A head of 32 bytes: `PLMSESS`, the version, whether records are sealed, zeros, and 16 random bytes that name the log.
//! Then records: length (u32, little-endian), the first 16 bytes of BLAKE3 over the log's name, the record's number and its
//! payload, then the payload. A record that was cut off or does not fit its sum ends the log: whatever lies behind was
//! never told to anybody as written, and is cut off.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom, Write},
};

/// What a log begins with.
const MAGIC: &[u8; 7] = b"PLMSESS";
const VERSION: u8 = 1;
/// Bytes of the head.
pub(super) const HEAD: usize = 32;
/// Bytes of a record before its payload.
const FRAME: usize = 4 + 16;

/// What a log is written to.
pub(super) trait Media: Send {
    /// Writes all of the bytes at this place.
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()>;

    /// Returns when everything written lies on the disk.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts off what lies behind this place.
    fn cut(&mut self, len: u64) -> io::Result<()>;
}

impl Media for File {
    fn write_at(&mut self, at: u64, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(at))?;
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, len: u64) -> io::Result<()> {
        self.set_len(len)
    }
}

/// The name and kind of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) sealed: bool,
    pub(super) name: [u8; 16],
}

impl Head {
    fn to_bytes(self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..7].copy_from_slice(MAGIC);
        bytes[7] = VERSION;
        bytes[8] = u8::from(self.sealed);
        bytes[16..].copy_from_slice(&self.name);
        bytes
    }

    fn read(bytes: &[u8; HEAD]) -> Result<Self, String> {
        if bytes[..7] != *MAGIC {
            return Err("it is no saved session".to_owned());
        }
        if bytes[7] != VERSION {
            return Err(format!("it is of version {}, this library reads version {VERSION}", bytes[7]));
        }
        let mut name = [0; 16];
        name.copy_from_slice(&bytes[16..]);
        Ok(Self { sealed: bytes[8] != 0, name })
    }

    fn sum(&self, number: u64, payload: &[u8]) -> [u8; 16] {
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.name).update(&number.to_le_bytes()).update(payload);
        let mut sum = [0; 16];
        sum.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
        sum
    }
}

/// What was read of a log.
pub(super) struct Found {
    pub(super) head: Head,
    pub(super) payloads: Vec<Vec<u8>>,
    /// Where the last whole record ends.
    pub(super) end: u64,
    /// Bytes behind it, which no record holds.
    pub(super) rest: u64,
}

/// Reads a log of `len` bytes. What is no log at all is an error that says why.
pub(super) fn read(mut source: impl Read, len: u64) -> io::Result<Result<Found, String>> {
    let mut head = [0; HEAD];
    if len < HEAD as u64 {
        return Ok(Err(format!("it has {len} bytes, fewer than the {HEAD} of its head")));
    }
    source.read_exact(&mut head)?;
    let head = match Head::read(&head) {
        Ok(head) => head,
        Err(reason) => return Ok(Err(reason)),
    };
    let mut found = Found { head, payloads: Vec::new(), end: HEAD as u64, rest: 0 };
    while let Some(payload) = read_record(&mut source, &found, len - found.end)? {
        found.end += (FRAME + payload.len()) as u64;
        found.payloads.push(payload);
    }
    found.rest = len - found.end;
    Ok(Ok(found))
}

/// The next record, if it is whole; `left` bytes are there.
fn read_record(source: &mut impl Read, found: &Found, left: u64) -> io::Result<Option<Vec<u8>>> {
    if left < FRAME as u64 {
        return Ok(None);
    }
    let (mut len, mut sum) = ([0; 4], [0; 16]);
    source.read_exact(&mut len)?;
    source.read_exact(&mut sum)?;
    let len = u64::from(u32::from_le_bytes(len));
    if len > left - FRAME as u64 {
        return Ok(None);
    }
    let mut payload = vec![0; len as usize];
    source.read_exact(&mut payload)?;
    Ok((found.head.sum(found.payloads.len() as u64, &payload) == sum).then_some(payload))
}

/// A log that is appended to.
pub(super) struct Log {
    media: Box<dyn Media>,
    head: Head,
    end: u64,
    records: u64,
    /// Whether bytes that do not count may lie behind the end.
    frayed: bool,
}

impl Log {
    /// Begins a log.
    pub(super) fn create(mut media: Box<dyn Media>, head: Head) -> io::Result<Self> {
        media.write_at(0, &head.to_bytes())?;
        Ok(Self { media, head, end: HEAD as u64, records: 0, frayed: false })
    }

    /// Goes on with a log that was read from this medium.
    pub(super) fn go_on(media: Box<dyn Media>, found: &Found) -> Self {
        let Found { head, payloads, end, rest } = found;
        Self { media, head: *head, end: *end, records: payloads.len() as u64, frayed: *rest > 0 }
    }

    pub(super) fn head(&self) -> Head {
        self.head
    }

    /// Bytes that count.
    pub(super) fn len(&self) -> u64 {
        self.end
    }

    /// The number of the next record.
    pub(super) fn next(&self) -> u64 {
        self.records
    }

    /// Appends records and returns once they lie on the disk. After an error none of them counts.
    pub(super) fn append(&mut self, payloads: &[Vec<u8>]) -> io::Result<()> {
        if self.frayed {
            self.media.cut(self.end)?;
        }
        let mut bytes = Vec::new();
        for (payload, number) in payloads.iter().zip(self.records..) {
            let len = u32::try_from(payload.len()).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
            bytes.extend_from_slice(&len.to_le_bytes());
            bytes.extend_from_slice(&self.head.sum(number, payload));
            bytes.extend_from_slice(payload);
        }
        self.frayed = true;
        let written = self.media.write_at(self.end, &bytes).and_then(|()| self.media.sync());
        if let Err(error) = written {
            self.frayed = self.media.cut(self.end).is_err();
            return Err(error);
        }
        self.frayed = false;
        self.end += bytes.len() as u64;
        self.records += payloads.len() as u64;
        Ok(())
    }
}
