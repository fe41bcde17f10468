//! Signing receipts, and checking who signed them.

use domain::digest::Digest;
use domain::receipt::{Signature, Signed};
use domain::{Error, Result};

use crate::key::{Key, is_signed};

/// The receipt with the host's signature; one that it had is replaced.
pub fn sign<R: Signed>(receipt: R, key: &Key) -> Result<R> {
    let value = hex::encode(key.sign(&receipt.signed_bytes()?));
    Ok(receipt.with_signature(Signature {
        key: key.id().to_owned(),
        value,
    }))
}

/// Refuses a receipt that was not signed by the owner of this public key (32 bytes), or was changed since.
pub fn verify(receipt: &impl Signed, public_key: &[u8]) -> Result<()> {
    let (subject, signature) = (receipt.subject(), receipt.signature());
    if signature.value.is_empty() {
        return Err(Error::new(format!("{subject} is not signed")));
    }
    let id = Digest::of(public_key).to_string();
    if signature.key != id {
        return Err(Error::new(format!(
            "{subject} was signed with key {}, not with {id}",
            signature.key
        )));
    }
    let signed = hex::decode(&signature.value).is_ok_and(|value| {
        receipt
            .signed_bytes()
            .is_ok_and(|bytes| is_signed(public_key, &bytes, &value))
    });
    if signed {
        Ok(())
    } else {
        Err(Error::new(format!(
            "{subject} does not bear its signature: it was changed after it was signed"
        )))
    }
}

#[cfg(test)]
mod tests {
    use domain::receipt::{DecisionReceipt, Receipt};

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

    #[test]
    fn the_receipt_of_a_ruling_is_signed_likewise() {
        let folder = tempfile::tempdir().unwrap();
        let key = Key::open(&folder.path().join("a.pk8")).unwrap();
        let digest = Digest::of(b"any");
        let ruling = DecisionReceipt {
            program: "fund".into(),
            account: "12346".into(),
            claim: "C-7".into(),
            revision: 1,
            component: digest,
            context: digest,
            evidence: digest,
            asked: digest,
            output: digest,
            log: digest,
            api: crate::API.into(),
            engine: crate::ENGINE.into(),
            fuel: 12_345,
            signature: Signature::default(),
        };
        let signed = sign(ruling, &key).unwrap();
        assert_eq!(verify(&signed, key.public()), Ok(()));
        let changed = DecisionReceipt {
            claim: "C-8".into(),
            ..signed
        };
        assert_eq!(
            verify(&changed, key.public()).unwrap_err().to_string(),
            "the receipt of `12346`, claim `C-8`, program `fund` does not bear its signature: it was changed after it was signed"
        );
    }
}
