//! The app's key, if it gave one: whatever is written is sealed with XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha-03), each
//! piece bound to its place, so that none can be read, changed or moved without the key.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};

use crate::SdkError;

/// Bytes of a key.
const KEY: usize = 32;
/// Bytes of the nonce in front of each sealed piece, drawn at random.
const NONCE: usize = 24;

#[derive(Clone)]
pub(super) struct Seal(Option<XChaCha20Poly1305>);

impl Seal {
    /// Errors: [`SdkError::OptionInvalid`] for a key of another length.
    pub(super) fn new(key: Option<&[u8]>) -> Result<Self, SdkError> {
        let cipher = |key: &[u8]| {
            XChaCha20Poly1305::new_from_slice(key).map_err(|_| SdkError::OptionInvalid {
                option: "key".into(),
                value: format!("of {} bytes", key.len()),
                allowed: format!("{KEY} bytes"),
            })
        };
        key.map(cipher).transpose().map(Self)
    }

    pub(super) fn is_sealed(&self) -> bool {
        self.0.is_some()
    }

    /// The bytes as they are written at a place.
    pub(super) fn close(&self, place: &[u8], bytes: Vec<u8>) -> Result<Vec<u8>, SdkError> {
        let Some(cipher) = &self.0 else { return Ok(bytes) };
        let mut sealed: Vec<u8> = random::<NONCE>()?.to_vec();
        let nonce = XNonce::try_from(&sealed[..]).map_err(|_| failed())?;
        sealed.extend(cipher.encrypt(&nonce, Payload { msg: &bytes, aad: place }).map_err(|_| failed())?);
        Ok(sealed)
    }

    /// The bytes that were closed at that place; `None` if they are not those, or the key is another.
    pub(super) fn open(&self, place: &[u8], bytes: Vec<u8>) -> Option<Vec<u8>> {
        let Some(cipher) = &self.0 else { return Some(bytes) };
        let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
        cipher.decrypt(&XNonce::try_from(nonce).ok()?, Payload { msg: sealed, aad: place }).ok()
    }
}

/// Bytes that nobody can foresee.
pub(super) fn random<const N: usize>() -> Result<[u8; N], SdkError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)
        .map_err(|error| SdkError::Internal { reason: format!("the system gives no random bytes: {error}") })?;
    Ok(bytes)
}

fn failed() -> SdkError {
    SdkError::Internal { reason: "a record could not be sealed".into() }
}
