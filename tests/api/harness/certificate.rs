//! A certificate for a key on P-256 that signs itself: as little X.509 (RFC 5280 §4.1) as an attestation needs.

/// DER: a tag, a length, a value.
fn der(tag: u8, value: &[u8]) -> Vec<u8> {
    let length = match value.len() {
        short @ 0..128 => vec![u8::try_from(short).expect("short")],
        long @ 128..256 => vec![0x81, u8::try_from(long).expect("short")],
        long => {
            let [high, low] = u16::try_from(long).expect("not that long").to_be_bytes();
            vec![0x82, high, low]
        }
    };
    [vec![tag], length, value.to_vec()].concat()
}

fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    der(0x30, &parts.concat())
}

/// The certificate of an uncompressed point.
pub fn of(point: &[u8], sign: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    // ecdsa-with-SHA256; id-ecPublicKey on prime256v1; CN=key.
    let algorithm = sequence(&[&[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02]]);
    let curve = sequence(&[
        &[0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01],
        &[0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07],
    ]);
    let common_name = sequence(&[&[0x06, 0x03, 0x55, 0x04, 0x03], &der(0x0C, b"key")]);
    let name = sequence(&[&der(0x31, &common_name)]);
    let validity = sequence(&[&der(0x17, b"260101000000Z"), &der(0x17, b"460101000000Z")]);
    let public_key = sequence(&[&curve, &der(0x03, &[&[0], point].concat())]);
    let version = der(0xA0, &[0x02, 0x01, 0x02]);
    let body = sequence(&[&version, &[0x02, 0x01, 0x01], &algorithm, &name, &validity, &name, &public_key]);
    let signature = der(0x03, &[vec![0], sign(&body)].concat());
    sequence(&[&body, &algorithm, &signature])
}
