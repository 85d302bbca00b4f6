//! Seals, MACs and user keys hold what they promise.

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::domain::id::AppId;
use crate::domain::tenant::Mode;
use crate::domain::time::Moment;

fn vault(ring: &KeyRing) -> Vault {
    Vault::new(ring, DataKeys { user_index: Zeroizing::new([1; 32]), backup_pepper: Zeroizing::new([2; 32]) })
}

fn scope(random: &mut StdRng, mode: Mode) -> Scope {
    Scope { app: AppId::new(Moment::from_millis(0), random), mode }
}

#[test]
fn a_sealed_value_opens_in_its_own_row_only_and_after_a_rotation() {
    let mut random = StdRng::seed_from_u64(1);
    let ring = KeyRing::generate(&mut random);
    let vault = vault(&ring);
    let scope = scope(&mut random, Mode::Test);
    let user = UserKey([7; 32]);
    let row = Row { scope, user: Some(&user), table: SealedTable::Factors, id: "fac_1" };
    let sealed = vault.seal(row, b"secret", &mut random);
    assert_eq!(vault.open(row, &sealed).unwrap().as_slice(), b"secret");
    for other in [
        Row { id: "fac_2", ..row },
        Row { table: SealedTable::Messages, ..row },
        Row { user: None, ..row },
        Row { scope: Scope { mode: Mode::Live, ..scope }, ..row },
    ] {
        assert!(matches!(vault.open(other, &sealed), Err(OpenError::Damaged(_))));
    }
    let rotated = ring.rotated(&mut random);
    vault.replace_ring(&rotated);
    assert_eq!(vault.open(row, &sealed).unwrap().as_slice(), b"secret");
    assert_ne!(vault.seal(row, b"secret", &mut random).key, sealed.key);
    vault.replace_ring(&KeyRing::generate(&mut random));
    assert!(matches!(vault.open(row, &sealed), Err(OpenError::UnknownKey(_))));
}

#[test]
fn a_codes_mac_is_bound_to_all_that_it_is_for() {
    let mut random = StdRng::seed_from_u64(1);
    let vault = vault(&KeyRing::generate(&mut random));
    let here = scope(&mut random, Mode::Test);
    let user = UserKey([7; 32]);
    let of = |scope, user: &UserKey, family, action, code| {
        vault.code_macs(scope, user, family, action, code)[0].mac
    };
    let base = of(here, &user, Family::Email, None, "123456");
    assert_eq!(base, of(here, &user, Family::Email, None, "123456"));
    for other in [
        of(Scope { mode: Mode::Live, ..here }, &user, Family::Email, None, "123456"),
        of(scope(&mut random, Mode::Test), &user, Family::Email, None, "123456"),
        of(here, &UserKey([8; 32]), Family::Email, None, "123456"),
        of(here, &user, Family::Dual, None, "123456"),
        of(here, &user, Family::Email, Some("Pay"), "123456"),
        of(here, &user, Family::Email, Some("1"), "23456"),
        of(here, &user, Family::Email, None, "123457"),
    ] {
        assert_ne!(base, other);
    }
}

#[test]
fn users_are_keyed_per_application_and_mode() {
    let mut random = StdRng::seed_from_u64(1);
    let vault = vault(&KeyRing::generate(&mut random));
    let user = User::parse_contact("jane@example.com").unwrap();
    let test = scope(&mut random, Mode::Test);
    let key = vault.user_key(test, &user);
    assert_eq!(key, vault.user_key(test, &User::parse_contact("Jane@Example.com").unwrap()));
    assert_ne!(key, vault.user_key(Scope { mode: Mode::Live, ..test }, &user));
    assert_ne!(key, vault.user_key(scope(&mut random, Mode::Test), &user));
}

#[test]
fn data_keys_unwrap_with_their_ring_and_no_other() {
    let mut random = StdRng::seed_from_u64(1);
    let ring = KeyRing::generate(&mut random);
    let wrapped = ring.wrap(DataKey::Canary, &[9; 32], &mut random);
    assert_eq!(*ring.rotated(&mut random).unwrap_key(DataKey::Canary, &wrapped).unwrap(), [9; 32]);
    assert!(ring.unwrap_key(DataKey::UserIndex, &wrapped).is_err());
    assert!(KeyRing::generate(&mut random).unwrap_key(DataKey::Canary, &wrapped).is_err());
}
