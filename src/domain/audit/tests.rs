//! A chain shows each way in which it can be tampered with.

use rand::SeedableRng;
use rand::rngs::StdRng;

use super::*;
use crate::domain::id::Id;

fn chain(lines: i64) -> (Vec<Entry>, Head) {
    let mut rng = StdRng::seed_from_u64(5);
    let at = Moment::from_millis(1_795_521_600_000);
    let org = Id::new(at, &mut rng);
    let mut entries: Vec<Entry> = Vec::new();
    for seq in 1..=lines {
        let line = Line {
            org,
            by: By { actor: Actor::cli(), address: Some("192.0.2.1".parse().unwrap()), request: None },
            action: "app.renamed",
            app: None,
            target_kind: "application",
            target: format!("app {seq}"),
            changes: vec![Change::from_to("name", "a", format!("b{seq}"))],
        };
        let previous = entries.last().map_or(GENESIS, |entry| entry.hash.as_str()).to_owned();
        entries.push(Entry::after(&previous, seq, &line, Id::new(at, &mut rng), at));
    }
    let hash = entries.last().map_or(GENESIS, |entry| entry.hash.as_str()).to_owned();
    (entries, Head { seq: lines, hash, mac: vec![1] })
}

fn verdict(entries: &[Entry], head: Option<&Head>) -> Result<(), Broken> {
    let mut walk = Walk::default();
    for entry in entries {
        walk.step(entry)?;
    }
    walk.finish(head, |head| head.mac == [1])
}

#[test]
fn a_whole_chain_is_whole_also_an_empty_one() {
    let (entries, head) = chain(4);
    assert_eq!(verdict(&entries, Some(&head)), Ok(()));
    assert_eq!(verdict(&[], None), Ok(()));
}

#[test]
fn every_field_of_every_line_is_bound() {
    let (entries, head) = chain(3);
    let edits: [fn(&mut Entry); 15] = [
        |e| e.seq += 1,
        |e| e.id.push('x'),
        |e| e.at = Moment::from_millis(e.at.millis() + 1),
        |e| e.actor_kind = "system".into(),
        |e| e.actor_id = Some("ork_1".into()),
        |e| e.actor_name = Some("n".into()),
        |e| e.address = None,
        |e| e.request = Some("req_1".into()),
        |e| e.action = "app.created".into(),
        |e| e.app = Some("app_1".into()),
        |e| e.target_kind = "key".into(),
        |e| e.target.push('x'),
        |e| e.changes = "[]".into(),
        |e| e.previous_hash.replace_range(..1, "f"),
        |e| e.hash.replace_range(..1, if e.hash.starts_with('0') { "1" } else { "0" }),
    ];
    for (which, edit) in edits.into_iter().enumerate() {
        for at in 0..entries.len() {
            let mut edited = entries.clone();
            edit(&mut edited[at]);
            assert!(verdict(&edited, Some(&head)).is_err(), "edit {which} of line {at} was not seen");
        }
    }
}

#[test]
fn a_text_that_moves_from_one_field_to_the_next_is_seen() {
    let (mut entries, head) = chain(1);
    let entry = &mut entries[0];
    entry.target_kind = "applicationapp".into();
    entry.target = " 1".into();
    assert_eq!(verdict(&entries, Some(&head)), Err(Broken::Changed(1)));
}

#[test]
fn removed_reordered_repeated_and_added_lines_are_seen() {
    let (entries, head) = chain(4);
    for gone in 0..4 {
        let mut rest = entries.clone();
        rest.remove(gone);
        assert!(verdict(&rest, Some(&head)).is_err(), "line {gone} was removed");
    }
    let mut swapped = entries.clone();
    swapped.swap(1, 2);
    assert_eq!(verdict(&swapped, Some(&head)), Err(Broken::Gap { expected: 2, found: 3 }));
    let mut twice = entries.clone();
    twice.insert(2, entries[1].clone());
    assert!(verdict(&twice, Some(&head)).is_err());
    let (longer, _) = chain(5);
    assert_eq!(verdict(&longer, Some(&head)), Err(Broken::End { expected: 4, found: 5 }));
    assert_eq!(verdict(&entries, None), Err(Broken::End { expected: 0, found: 4 }));
}

#[test]
fn a_chain_made_anew_needs_the_key_ring_too() {
    let (mut entries, _) = chain(3);
    entries[1].target = "another".into();
    for at in 0..entries.len() {
        let previous = if at == 0 { GENESIS.to_owned() } else { entries[at - 1].hash.clone() };
        entries[at].previous_hash = previous;
        entries[at].hash = entries[at].computed_hash();
    }
    let forged = Head { seq: 3, hash: entries[2].hash.clone(), mac: vec![0] };
    assert_eq!(verdict(&entries, Some(&forged)), Err(Broken::Head(3)));
    // The old head's MAC does not help, since it is of another hash.
    let (_, old) = chain(3);
    assert_eq!(verdict(&entries, Some(&old)), Err(Broken::Head(3)));
}
