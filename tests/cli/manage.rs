//! Organization keys, members, and the check of the audit log.

use sqlx::{Connection, Executor, SqliteConnection};

use crate::place::Place;

/// An organization's id.
fn organization(place: &Place) -> String {
    place.json(&["org", "create", "Acme"])["id"].as_str().unwrap().to_owned()
}

#[test]
fn an_organization_key_is_made_listed_rolled_and_revoked() {
    let place = Place::new();
    let org = organization(&place);
    let none = place.run(&["key", "list", "--org", &org]).ok();
    assert!(none.contains("no organization key yet"), "{none}");
    let make = ["key", "create", "--org", &org, "--scopes", "apps:write,audit:read", "--name", "ci"];
    let new = place.json(&[&make[..], &["--expires-in", "90d"]].concat());
    let (id, secret) = (new["id"].as_str().unwrap(), new["secret"].as_str().unwrap());
    assert!(id.starts_with("ork_") && secret.starts_with("rk_") && secret.len() == 52, "{new}");
    assert_eq!(new["scopes"], serde_json::json!(["apps:write", "audit:read"]));
    let shown = place.run(&["key", "create", "--org", &org, "--scopes", "all", "--name", "x"]).ok();
    assert!(shown.contains("rk_") && shown.contains("/v1/manage"), "{shown}");

    let list = place.run(&["key", "list", "--org", &org]).ok();
    assert!(list.contains(id) && list.contains("active") && !list.contains(secret), "{list}");
    let rolled = place.json(&["key", "roll", id, "--grace", "1h"]);
    assert_ne!(rolled["secret"], new["secret"]);
    let revoked = place.json(&["key", "revoke", id]);
    assert_eq!(revoked["state"], "revoked");
    place.run(&["key", "roll", id]).fails(1, &["not active"]);

    place.run(&["key", "create", "--org", &org, "--scopes", "apps", "--name", "x"]).fails(2, &["apps:write"]);
    place.run(&["key", "create", "--org", &org, "--name", "x"]).fails(2, &["--scopes"]);
    place.run(&["key", "create", "--org", &org, "--scopes", "all"]).fails(2, &["--name"]);
    place.run(&["key", "create", "--name", "x"]).fails(2, &["--app"]);
    place.run(&["key", "create", "--app", "app_01jd8zq5e8f0v9y7x6w5t4s3r2"]).fails(2, &["--mode"]);
    place.run(&["key", "revoke", "mfa_01jd8zq5e8f0v9y7x6w5t4s3r2"]).fails(2, &["ork_"]);
    let nobody = "org_01jd8zq5e8f0v9y7x6w5t4s3r2";
    place
        .run(&["key", "create", "--org", nobody, "--scopes", "all", "--name", "x"])
        .fails(1, &["organization"]);
    place.run(&["key", "list", "--org", nobody]).fails(1, &["organization"]);
}

#[test]
fn members_are_invited_by_a_link_and_come_in_by_the_newest() {
    let place = Place::new();
    let org = organization(&place);
    assert!(place.run(&["member", "list", "--org", &org]).ok().contains("no member yet"));
    let jane = place.json(&["member", "invite", "Jane@Example.com", "--org", &org]);
    assert_eq!(jane["email"], "jane@example.com");
    assert_eq!((&jane["role"], &jane["status"]), (&"owner".into(), &"invited".into()));
    let link = jane["link"].as_str().unwrap();
    assert!(link.contains("/dashboard/link/lnk_") && link.split_once('.').is_some(), "{jane}");
    let again = place.json(&["member", "invite", "jane@example.com", "--org", &org]);
    assert_eq!(again["id"], jane["id"]);
    assert_ne!(again["link"], jane["link"]);
    // Another role is not given by the way.
    let other = ["member", "invite", "jane@example.com", "--org", &org, "--role", "viewer"];
    place.run(&other).fails(1, &["owner already", "--role owner"]);
    // No more are mailed in a day, but the operator can hand them over.
    for _ in 0..5 {
        assert_ne!(
            place.json(&["member", "invite", "jane@example.com", "--org", &org])["link"],
            jane["link"]
        );
    }
    place
        .run(&["member", "reset-password", "jane@example.com", "--org", &org])
        .fails(1, &["never signed in"]);
    place.run(&["member", "reset-password", "nobody@example.com", "--org", &org]).fails(1, &["member"]);
    let reset = place.json(&["member", "reset-factors", "jane@example.com", "--org", &org]);
    assert_eq!(reset["id"], jane["id"]);
    place.run(&["member", "invite", "jane", "--org", &org]).fails(2, &["EMAIL"]);
    place.run(&["member", "invite", "b@example.com", "--org", &org, "--role", "king"]).fails(2, &["viewer"]);
    let text = place.run(&["member", "invite", "b@example.com", "--org", &org, "--role", "viewer"]).ok();
    assert!(text.contains("/dashboard/link/lnk_") && text.contains("viewer"), "{text}");
    assert_eq!(place.json(&["member", "list", "--org", &org])["data"].as_array().unwrap().len(), 2);
}

#[test]
fn what_is_done_to_the_audit_log_is_found() {
    let place = Place::new();
    assert!(place.run(&["audit", "verify"]).ok().contains("no line"));
    let (org, other) = (organization(&place), organization(&place));
    for plan in ["pro", "enterprise", "free"] {
        place.run(&["org", "set-plan", &org, plan]).ok();
    }
    let whole = place.json(&["audit", "verify"]);
    let rows = whole["data"].as_array().unwrap();
    assert_eq!(rows.iter().map(|row| row["lines"].as_i64().unwrap()).collect::<Vec<_>>(), [4, 1]);
    let text = place.run(&["audit", "verify", "--org", &org]).ok();
    assert!(text.contains("4 lines, head ") && !text.contains(&other), "{text}");

    let file = place.path("rift-data/rift.db");
    let change = |sql: &str| {
        let (sql, url) = (sql.replace("$org", &format!("'{org}'")), format!("sqlite://{}", file.display()));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut database = SqliteConnection::connect(&url).await.unwrap();
            database.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
            database.close().await.unwrap();
        });
    };
    for (damage, repair, words) in [
        (
            "UPDATE audit_log SET changes = replace(changes, 'pro', 'pre') WHERE org_id = $org AND seq = 2",
            "UPDATE audit_log SET changes = replace(changes, 'pre', 'pro') WHERE org_id = $org AND seq = 2",
            "line 2 was changed",
        ),
        (
            "UPDATE audit_log SET org_id = 'org_01jd8zq5e8f0v9y7x6w5t4s3r2' WHERE org_id = $org AND seq = 3",
            "UPDATE audit_log SET org_id = $org WHERE org_id = 'org_01jd8zq5e8f0v9y7x6w5t4s3r2'",
            "line 3 is missing",
        ),
        (
            "UPDATE audit_log SET seq = CASE seq WHEN 2 THEN 103 ELSE 102 END WHERE org_id = $org AND seq IN (2, 3);
             UPDATE audit_log SET seq = seq - 100 WHERE org_id = $org AND seq > 100",
            "UPDATE audit_log SET seq = CASE seq WHEN 2 THEN 103 ELSE 102 END WHERE org_id = $org AND seq IN (2, 3);
             UPDATE audit_log SET seq = seq - 100 WHERE org_id = $org AND seq > 100",
            "line 2 does not follow",
        ),
        (
            "UPDATE audit_log SET org_id = 'org_01jd8zq5e8f0v9y7x6w5t4s3r2' WHERE org_id = $org AND seq = 4",
            "UPDATE audit_log SET org_id = $org WHERE org_id = 'org_01jd8zq5e8f0v9y7x6w5t4s3r2'",
            "should end with line 4",
        ),
        // An empty actor has the hash of none, and hides a line from those who ask for what the operator did.
        (
            "UPDATE audit_log SET actor_id = '' WHERE org_id = $org AND seq = 2",
            "UPDATE audit_log SET actor_id = NULL WHERE org_id = $org AND seq = 2",
            "line 2 was changed",
        ),
        (
            "INSERT INTO audit_log SELECT org_id, -9223372036854775808, 'aud_x', at, actor_kind, actor_id, actor_name,
                 address, request, action, app_id, target_kind, target, changes, previous_hash, hash
             FROM audit_log WHERE org_id = $org AND seq = 1",
            "DELETE FROM audit_log WHERE seq < 0",
            "line 1 is missing",
        ),
    ] {
        change(damage);
        let told = place.run(&["audit", "verify"]);
        // A hidden line stands in no organization's log; where it does, that one has no head.
        told.fails(1, &["tampered", words]);
        change(repair);
        place.run(&["audit", "verify"]).ok();
    }
    place.run(&["audit", "verify", "--org", "org_01jd8zq5e8f0v9y7x6w5t4s3r2"]).fails(1, &["organization"]);

    // All of it is gone, or the head says that there never was a line; the next change does not make it whole again.
    change("DELETE FROM audit_log WHERE org_id = $org");
    change("UPDATE audit_heads SET seq = 0, hash = printf('%064d', 0), mac = x'' WHERE org_id = $org");
    place.run(&["audit", "verify"]).fails(1, &["tampered", &org]);
    change("DELETE FROM audit_heads WHERE org_id = $org");
    place.run(&["audit", "verify"]).fails(1, &["tampered", &org, "does not begin"]);
    place.run(&["org", "set-plan", &org, "pro"]).ok();
    place.run(&["audit", "verify"]).fails(1, &["tampered", &org, "does not begin"]);
}
