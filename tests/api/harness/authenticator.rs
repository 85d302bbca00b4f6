//! A security key in software: it makes a key pair per account and signs what a browser would hand it, with whatever a
//! test wants to be wrong.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub const RP_ID: &str = "example.com";
pub const ORIGIN: &str = "https://login.example.com";

const UP: u8 = 0x01;
const UV: u8 = 0x04;
const BE: u8 = 0x08;
const BS: u8 = 0x10;
const AT: u8 = 0x40;

/// What stands in an answer beside the key's own doing. A test changes what it wants to be wrong.
#[derive(Clone)]
pub struct Scene {
    pub origin: String,
    pub rp_id: String,
    /// The type in the client data; none for the right one.
    pub kind: Option<&'static str>,
    pub cross_origin: Option<bool>,
    pub present: bool,
    pub verified: bool,
    /// Backup eligible, backed up.
    pub backup: (bool, bool),
    /// The attestation statement of a new key is `fido-u2f`'s.
    pub u2f: bool,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            origin: ORIGIN.into(),
            rp_id: RP_ID.into(),
            kind: None,
            cross_origin: None,
            present: true,
            verified: true,
            backup: (false, false),
            u2f: false,
        }
    }
}

impl Scene {
    fn flags(&self) -> u8 {
        let flag = |on, bit| if on { bit } else { 0 };
        flag(self.present, UP) | flag(self.verified, UV) | flag(self.backup.0, BE) | flag(self.backup.1, BS)
    }

    fn client_data(&self, kind: &str, challenge: &str) -> Vec<u8> {
        let mut client =
            json!({"type": self.kind.unwrap_or(kind), "challenge": challenge, "origin": self.origin});
        if let Some(cross) = self.cross_origin {
            client["crossOrigin"] = json!(cross);
        }
        client.to_string().into_bytes()
    }

    fn auth_data(&self, flags: u8, count: u32) -> Vec<u8> {
        let mut data = Sha256::digest(self.rp_id.as_bytes()).to_vec();
        data.push(flags);
        data.extend(count.to_be_bytes());
        data
    }
}

pub fn b64(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub fn unb64(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().expect("text")).expect("base64url")
}

/// CBOR (RFC 8949 §3): a head of a major type.
fn head(major: u8, length: usize) -> Vec<u8> {
    let short = u8::try_from(length).ok();
    match short {
        Some(short) if short < 24 => vec![major << 5 | short],
        Some(short) => vec![major << 5 | 0x18, short],
        None => {
            let long = u16::try_from(length).expect("a short value").to_be_bytes();
            vec![major << 5 | 0x19, long[0], long[1]]
        }
    }
}

fn bytes(value: &[u8]) -> Vec<u8> {
    [head(2, value.len()), value.to_vec()].concat()
}

fn text(value: &str) -> Vec<u8> {
    [head(3, value.len()), value.as_bytes().to_vec()].concat()
}

/// One credential of an authenticator.
pub struct SoftKey {
    pub id: Vec<u8>,
    pub handle: Vec<u8>,
    /// The counter that it shows next; 0 for a key without one.
    pub count: u32,
    pair: EcdsaKeyPair,
}

impl SoftKey {
    /// A key for an account that an enrolment names.
    pub fn new(options: &Value) -> Self {
        let rng = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &rng).expect("a key");
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, document.as_ref(), &rng);
        let id = super::random::<32>().to_vec();
        Self { id, handle: unb64(&options["user"]["id"]), count: 1, pair: pair.expect("a key") }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec()
    }

    /// The public key as COSE has it (RFC 9053 §7.1).
    fn cose(&self) -> Vec<u8> {
        let point = self.pair.public_key().as_ref();
        let (x, y) = point[1..].split_at(32);
        // kty: EC2, alg: ES256, crv: P-256, x, y.
        [vec![0xA5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21], bytes(x), vec![0x22], bytes(y)].concat()
    }

    /// What `navigator.credentials.create()` gives, as `toJSON()` has it.
    pub fn create(&self, options: &Value, scene: &Scene) -> Value {
        let challenge = options["challenge"].as_str().expect("a challenge");
        let client = scene.client_data("webauthn.create", challenge);
        let mut data = scene.auth_data(scene.flags() | AT, self.count);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.id.len()).expect("a short id").to_be_bytes());
        data.extend(&self.id);
        data.extend(self.cose());
        let (format, statement) = if scene.u2f { self.u2f(scene, &client) } else { ("none", vec![0xA0]) };
        let object = [
            vec![0xA3],
            text("fmt"),
            text(format),
            text("attStmt"),
            statement,
            text("authData"),
            bytes(&data),
        ];
        json!({
            "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key",
            "authenticatorAttachment": "cross-platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": b64(&client), "attestationObject": b64(&object.concat()),
                "authenticatorData": b64(&data), "transports": ["usb", "nfc"], "publicKeyAlgorithm": -7,
            },
        })
    }

    /// The statement of a U2F key (WebAuthn §8.6), signed with a certificate that names this very key.
    fn u2f(&self, scene: &Scene, client: &[u8]) -> (&'static str, Vec<u8>) {
        let point = self.pair.public_key().as_ref();
        let signed = [
            vec![0],
            Sha256::digest(scene.rp_id.as_bytes()).to_vec(),
            Sha256::digest(client).to_vec(),
            self.id.clone(),
            point.to_vec(),
        ];
        let certificate = super::certificate::of(point, |to_sign| self.sign(to_sign));
        let statement = [
            vec![0xA2],
            text("sig"),
            bytes(&self.sign(&signed.concat())),
            text("x5c"),
            vec![0x81],
            bytes(&certificate),
        ];
        ("fido-u2f", statement.concat())
    }

    /// What `navigator.credentials.get()` gives, as `toJSON()` has it. The counter moves on, where the key has one.
    pub fn get(&mut self, options: &Value, scene: &Scene) -> Value {
        if self.count > 0 {
            self.count += 1;
        }
        self.get_at(options, scene, self.count)
    }

    /// The same, with a counter of the test's choice.
    pub fn get_at(&self, options: &Value, scene: &Scene, count: u32) -> Value {
        let challenge = options["challenge"].as_str().expect("a challenge");
        let client = scene.client_data("webauthn.get", challenge);
        let data = scene.auth_data(scene.flags(), count);
        let signature = self.sign(&[data.clone(), Sha256::digest(&client).to_vec()].concat());
        json!({
            "id": b64(&self.id), "rawId": b64(&self.id), "type": "public-key",
            "authenticatorAttachment": "cross-platform", "clientExtensionResults": {},
            "response": {
                "clientDataJSON": b64(&client), "authenticatorData": b64(&data),
                "signature": b64(&signature), "userHandle": b64(&self.handle),
            },
        })
    }
}
