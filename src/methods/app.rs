//! APP: authenticator apps, by TOTP (RFC 6238) with SHA-1, 6 digits and 30 s, which every app can do.

use std::fmt;
use std::io::Cursor;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use image::{ImageFormat, Luma};
use qrcode::{EcLevel, QrCode};
use rand::CryptoRng;
use totp_rs::{Algorithm, Builder, Totp};
use zeroize::Zeroizing;

use super::{GivenCode, Method, StartPlan, WrongForm};
use crate::domain::challenge::MfaType;
use crate::domain::code::ShortCode;
use crate::domain::contact::{ContactError, User};
use crate::domain::policy::Settings;
use crate::domain::time::Moment;

/// Digits of a TOTP code.
pub const DIGITS: u8 = 6;
/// Seconds of a step.
pub const PERIOD: u64 = 30;
/// Bytes of a secret: 160 bits (RFC 4226 §4 asks for 128 and advises 160).
const SECRET_BYTES: usize = 20;

/// The shared secret of an authenticator app. It does not print itself.
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

/// What a user needs to set an app up.
pub struct Provisioning {
    /// `otpauth://totp/…`, as authenticator apps read it.
    pub uri: Zeroizing<String>,
    /// The secret in base32, for typing.
    pub secret: Zeroizing<String>,
    /// A PNG of the QR code of the URI, base64 without a `data:` prefix.
    pub qr_code: Zeroizing<String>,
}

/// The service could not make an enrolment out of its own values.
#[derive(Debug, thiserror::Error)]
#[error("no enrolment could be made: {0}")]
pub struct NoProvisioning(String);

impl TotpSecret {
    /// 160 random bits.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut bytes = Zeroizing::new(vec![0; SECRET_BYTES]);
        rng.fill_bytes(bytes.as_mut_slice());
        Self(bytes)
    }

    /// From a stored row.
    #[must_use]
    pub fn from_bytes(bytes: Zeroizing<Vec<u8>>) -> Self {
        Self(bytes)
    }

    /// The bytes, to be sealed.
    #[must_use]
    pub fn reveal(&self) -> &[u8] {
        &self.0
    }

    fn totp(&self) -> Builder {
        Builder::new()
            .with_algorithm(Algorithm::SHA1)
            .with_digits(DIGITS)
            .with_step_duration(PERIOD)
            .with_skew(0)
            .with_secret(self.0.to_vec())
    }

    /// The steps of now −1, 0, +1 whose code is `code`, oldest first. Usually one or none.
    #[must_use]
    pub fn matching_steps(&self, code: &ShortCode, now: Moment) -> Vec<i64> {
        let Ok(totp) = self.totp().build() else { return Vec::new() };
        let current = now.seconds() / PERIOD;
        (current.saturating_sub(1)..=current.saturating_add(1))
            .filter(|step| fits(&totp, *step, code))
            .filter_map(|step| i64::try_from(step).ok())
            .collect()
    }

    /// What the user scans or types. The issuer is the application's name, the account the label or the contact.
    pub fn provisioning(&self, issuer: &str, account: &str) -> Result<Provisioning, NoProvisioning> {
        let no = |error: &dyn fmt::Display| NoProvisioning(error.to_string());
        // A colon parts issuer and account in the label, so neither may hold one; and a QR code holds so much and no more.
        let plain = |text: &str| cut(&text.replace(':', " "));
        let totp = self
            .totp()
            .with_issuer(Some(plain(issuer)))
            .with_account_name(plain(account))
            .build()
            .map_err(|error| no(&error))?;
        let uri = Zeroizing::new(totp.to_url().map_err(|error| no(&error))?);
        let qr_code = draw(&uri)?;
        Ok(Provisioning { secret: Zeroizing::new(totp.secret().to_base32()), uri, qr_code })
    }
}

fn fits(totp: &Totp, step: u64, code: &ShortCode) -> bool {
    use subtle::ConstantTimeEq;

    let expected = totp.generate(step.saturating_mul(PERIOD)).to_string();
    expected.as_bytes().ct_eq(code.reveal().as_bytes()).into()
}

/// The beginning of a label that takes at most 500 bytes in a URI.
fn cut(label: &str) -> String {
    let mut room: usize = 500;
    let fits = |letter: &char| {
        let bytes = if letter.is_ascii_alphanumeric() { 1 } else { 3 * letter.len_utf8() };
        room = room.saturating_sub(bytes);
        room > 0
    };
    label.chars().take_while(fits).collect()
}

fn draw(uri: &str) -> Result<Zeroizing<String>, NoProvisioning> {
    let no = |error: &dyn fmt::Display| NoProvisioning(error.to_string());
    let code = QrCode::with_error_correction_level(uri, EcLevel::M).map_err(|error| no(&error))?;
    let picture = code.render::<Luma<u8>>().quiet_zone(true).min_dimensions(320, 320).build();
    let mut png = Cursor::new(Vec::new());
    picture.write_to(&mut png, ImageFormat::Png).map_err(|error| no(&error))?;
    Ok(Zeroizing::new(STANDARD.encode(png.into_inner())))
}

pub(super) struct AppCode;

impl Method for AppCode {
    fn kind(&self) -> MfaType {
        MfaType::App
    }

    fn enrols(&self) -> bool {
        true
    }

    fn parse_user(&self, text: &str) -> Result<User, ContactError> {
        User::parse_contact(text)
    }

    fn parse_code(&self, text: &str, _: &Settings, _: bool) -> Result<GivenCode, WrongForm> {
        ShortCode::parse(text, DIGITS).map(GivenCode::Totp).ok_or_else(|| WrongForm {
            expected: format!("the {DIGITS} digits that the app shows, or a backup code"),
        })
    }

    fn start(&self, _: &User, _: &Settings, _: bool, rng: &mut dyn CryptoRng) -> Option<StartPlan> {
        Some(StartPlan::UseFactor(TotpSecret::generate(rng)))
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    /// RFC 6238 appendix B, SHA-1, cut to 6 digits.
    #[test]
    fn the_vectors_of_rfc_6238_hold() {
        let secret = TotpSecret::from_bytes(Zeroizing::new(b"12345678901234567890".to_vec()));
        for (seconds, code) in [
            (59, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            let code = ShortCode::parse(code, 6).unwrap();
            let at = |offset: i64| Moment::from_millis((seconds + offset) * 1000);
            let step = seconds / 30;
            for offset in [0, 30, -30] {
                assert_eq!(secret.matching_steps(&code, at(offset)), [step], "{seconds} {offset}");
            }
            for offset in [60, -60] {
                if seconds + offset > 0 {
                    assert!(secret.matching_steps(&code, at(offset)).is_empty(), "{seconds} {offset}");
                }
            }
        }
    }

    #[test]
    fn an_enrolment_names_issuer_and_account_and_does_not_print() {
        let secret = TotpSecret::generate(&mut StdRng::seed_from_u64(4));
        let shown = secret.provisioning("Acme: Shop", "jane@example.com").unwrap();
        assert!(shown.uri.starts_with("otpauth://totp/Acme%20%20Shop:jane%40example.com?"), "{}", *shown.uri);
        assert!(shown.uri.contains(&*shown.secret));
        assert_eq!(shown.secret.len(), 32);
        let png = STANDARD.decode(&*shown.qr_code).unwrap();
        assert_eq!(&png[..8], b"\x89PNG\r\n\x1a\n");
        assert_eq!(format!("{secret:?}"), "TotpSecret(…)");
    }

    #[test]
    fn a_long_name_still_fits_a_qr_code() {
        let secret = TotpSecret::generate(&mut StdRng::seed_from_u64(4));
        for (issuer, account) in [
            ("ä".repeat(100), "ö".repeat(128)),
            ("界".repeat(100), "界".repeat(64)),
            ("𝄞".repeat(100), "𝄞".repeat(254)),
        ] {
            assert!(secret.provisioning(&issuer, &account).is_ok());
        }
        assert_eq!(cut("Jane's phone"), "Jane's phone");
    }
}
