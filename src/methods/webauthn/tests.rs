//! Whatever bytes come as an answer: it reads or it does not, it is right or it is not, and nothing panics.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn rp(verification: UserVerification) -> RelyingParty {
    RelyingParty { id: "example.com".into(), verification }
}

const ORIGIN: &str = "https://login.example.com";

fn client(kind: &str, ceremony: &Ceremony) -> String {
    let client = json!({"type": kind, "challenge": ceremony.challenge(), "origin": ORIGIN});
    URL_SAFE_NO_PAD.encode(client.to_string())
}

/// A registration whose attestation object is these bytes.
fn registration(ceremony: &Ceremony, object: &[u8]) -> String {
    json!({
        "id": "AAEC", "rawId": "AAEC", "type": "public-key",
        "response": {
            "clientDataJSON": client("webauthn.create", ceremony), "attestationObject": URL_SAFE_NO_PAD.encode(object),
        },
    })
    .to_string()
}

/// An object of this format, statement and authenticator data.
fn object(format: &str, statement: &[u8], data: &[u8]) -> Vec<u8> {
    let text = |text: &str| {
        let mut cbor = vec![0x60 | u8::try_from(text.len()).unwrap()];
        cbor.extend(text.as_bytes());
        cbor
    };
    let length = u16::try_from(data.len()).unwrap().to_be_bytes();
    [
        vec![0xA3],
        text("fmt"),
        text(format),
        text("attStmt"),
        statement.to_vec(),
        text("authData"),
        vec![0x59, length[0], length[1]],
        data.to_vec(),
    ]
    .concat()
}

fn survives(ceremony: &Ceremony, text: &str) {
    if let Some(answer) = KeyAnswer::parse(text) {
        assert!(ceremony.judge(&answer, &[ORIGIN.into()], &[]).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_text_is_read_or_not(text in ".{0,200}") {
        survives(&Ceremony::assertion(&rp(UserVerification::Preferred)).unwrap(), &text);
    }

    #[test]
    fn any_attestation_object_is_read_or_not(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let ceremony = Ceremony::registration(&rp(UserVerification::Preferred)).unwrap();
        survives(&ceremony, &registration(&ceremony, &bytes));
    }

    /// Data that passes the first checks, so that the parsers behind them are reached: flags, lengths and keys at random,
    /// under each format that there is.
    #[test]
    fn any_attested_data_is_read_or_not(
        format in prop::sample::select(vec!["none", "packed", "fido-u2f", "tpm", "apple", "android-key", "android-safetynet", "x"]),
        statement in prop_oneof![
            Just(vec![0xA0]),
            proptest::collection::vec(any::<u8>(), 1..60),
            proptest::collection::vec(any::<u8>(), 0..40).prop_map(|sig| {
                let mut map = vec![0xA2, 0x63, b's', b'i', b'g', 0x58, u8::try_from(sig.len()).unwrap()];
                map.extend(sig);
                map.extend([0x63, b'a', b'l', b'g', 0x26]);
                map
            }),
            proptest::collection::vec(any::<u8>(), 0..60).prop_map(|der| {
                let mut map = vec![0xA2, 0x63, b's', b'i', b'g', 0x41, 0, 0x63, b'x', b'5', b'c', 0x81, 0x58];
                map.push(u8::try_from(der.len()).unwrap());
                map.extend(der);
                map
            }),
        ],
        flags in any::<u8>(),
        id_length in 0..40_u16,
        rest in proptest::collection::vec(any::<u8>(), 0..200),
        cose in prop::bool::ANY,
    ) {
        use sha2::{Digest, Sha256};

        let ceremony = Ceremony::registration(&rp(UserVerification::Preferred)).unwrap();
        let mut data = Sha256::digest(b"example.com").to_vec();
        data.push(flags | 0x41);
        data.extend([0; 4]);
        data.extend([0; 16]);
        data.extend(id_length.to_be_bytes());
        data.extend(std::iter::repeat_n(7, usize::from(id_length)));
        if cose {
            data.extend([0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20]);
        }
        data.extend(rest);
        survives(&ceremony, &registration(&ceremony, &object(format, &statement, &data)));
    }

    #[test]
    fn any_authenticator_data_is_read_or_not(
        data in proptest::collection::vec(any::<u8>(), 0..120),
        signature in proptest::collection::vec(any::<u8>(), 0..80),
    ) {
        let ceremony = Ceremony::assertion(&rp(UserVerification::Required)).unwrap();
        let answer = json!({
            "id": "AAEC", "rawId": "AAEC", "type": "public-key",
            "response": {
                "clientDataJSON": client("webauthn.get", &ceremony), "authenticatorData": URL_SAFE_NO_PAD.encode(data),
                "signature": URL_SAFE_NO_PAD.encode(signature),
            },
        });
        survives(&ceremony, &answer.to_string());
    }
}

#[test]
fn a_ceremony_comes_back_from_its_row() {
    let ceremony = Ceremony::registration(&rp(UserVerification::Required)).unwrap();
    let again = Ceremony::from_bytes(&ceremony.to_bytes().unwrap()).unwrap();
    assert_eq!((again.challenge(), again.rp_id()), (ceremony.challenge(), "example.com"));
    let account = Account { handle: &[1], application: "Acme", name: "jane" };
    assert_eq!(again.options(account, &[]).unwrap(), ceremony.options(account, &[]).unwrap());
    assert!(Ceremony::from_bytes(b"{}").is_err());
}

#[test]
fn deep_nesting_is_no_answer() {
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(KeyAnswer::parse(&deep).is_none());
    let ceremony = Ceremony::registration(&rp(UserVerification::Preferred)).unwrap();
    survives(&ceremony, &registration(&ceremony, &vec![0x81; 40_000]));
    survives(&ceremony, &registration(&ceremony, &vec![0xBF; 40_000]));
    let huge = [0xA1, 0x63, b'f', b'm', b't', 0x7B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
    survives(&ceremony, &registration(&ceremony, &huge));
}
