//! Signing receipts, and checking who signed them.

use domain::digest::Digest;
use domain::receipt::{Receipt, Signature};
use domain::{Error, Result};

use crate::key::{Key, is_signed};

/// The receipt with the host's signature; one that it had is replaced.
pub fn sign(receipt: Receipt, key: &Key) -> Result<Receipt> {
    let value = hex::encode(key.sign(&receipt.signed_bytes()?));
    Ok(Receipt {
        signature: Signature {
            key: key.id().to_owned(),
            value,
        },
        ..receipt
    })
}

/// Refuses a receipt that was not signed by the owner of this public key (32 bytes), or was changed since.
pub fn verify(receipt: &Receipt, public_key: &[u8]) -> Result<()> {
    let statement = || {
        format!(
            "the receipt of `{}`, period {}, program `{}`",
            receipt.account, receipt.period, receipt.program
        )
    };
    if receipt.signature.value.is_empty() {
        return Err(Error::new(format!("{} is not signed", statement())));
    }
    let id = Digest::of(public_key).to_string();
    if receipt.signature.key != id {
        return Err(Error::new(format!(
            "{} was signed with key {}, not with {id}",
            statement(),
            receipt.signature.key
        )));
    }
    let signed = hex::decode(&receipt.signature.value).is_ok_and(|signature| {
        receipt
            .signed_bytes()
            .is_ok_and(|bytes| is_signed(public_key, &bytes, &signature))
    });
    if signed {
        Ok(())
    } else {
        Err(Error::new(format!(
            "{} does not bear its signature: it was changed after it was signed",
            statement()
        )))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt() -> Receipt {
        let digest = Digest::of(b"any");
        Receipt {
            program: "volume".into(),
            account: "12346".into(),
            period: "2011-Q1".into(),
            revision: 1,
            component: digest,
            context: digest,
            rows: digest,
            row_count: 17,
            output: digest,
            log: digest,
            api: crate::API.into(),
            engine: crate::ENGINE.into(),
            fuel: 12_345,
            position: 99,
            signature: Signature::default(),
        }
    }

    #[test]
    fn a_signed_receipt_is_verified_and_a_changed_one_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let key = Key::open(&folder.path().join("a.pk8")).unwrap();
        let other = Key::open(&folder.path().join("b.pk8")).unwrap();
        let signed = sign(receipt(), &key).unwrap();
        assert_eq!(verify(&signed, key.public()), Ok(()));
        assert_eq!(sign(signed.clone(), &key), Ok(signed.clone()));

        let subject = "the receipt of `12346`, period 2011-Q1, program `volume`";
        let message = |receipt: &Receipt, public: &[u8]| verify(receipt, public).unwrap_err().to_string();
        assert_eq!(message(&receipt(), key.public()), format!("{subject} is not signed"));
        assert_eq!(
            message(&signed, other.public()),
            format!("{subject} was signed with key {}, not with {}", key.id(), other.id())
        );
        let changed = Receipt { fuel: 12_346, ..signed };
        assert_eq!(
            message(&changed, key.public()),
            format!("{subject} does not bear its signature: it was changed after it was signed")
        );
    }
}
