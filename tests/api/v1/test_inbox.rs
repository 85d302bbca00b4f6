//! GET /v1/test/inbox

use crate::harness::{on_both, snapshot};

on_both! {
    async fn a_test_key_reads_the_message_and_a_live_key_does_not(app: TestApp) {
        app.post("/v1/mfa", "User=jane@test.rift.dev, Type=EMAIL").await.ok();
        let inbox = app.get("/v1/test/inbox?User=jane@test.rift.dev").await.ok();
        snapshot!("test_inbox", &inbox);
        let live = app.one.live_key.clone();
        app.get_as(&live, "/v1/test/inbox?User=jane@test.rift.dev").await.fails(403, "test_mode_only");
    }
}
