-- Security keys (WebAuthn). The credential itself is the sealed secret of its factor.

-- A user's random handle at a relying party: what a key keeps in place of a contact. It never changes.
CREATE TABLE webauthn_users (
    app_id          TEXT NOT NULL,
    mode            TEXT NOT NULL,
    user_key        BLOB NOT NULL,
    rp_id           TEXT NOT NULL,
    handle          BLOB NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, user_key, rp_id)
);

-- One credential stands for one factor; no two users of a relying party have the same.
CREATE TABLE webauthn_credentials (
    app_id          TEXT NOT NULL,
    mode            TEXT NOT NULL,
    rp_id           TEXT NOT NULL,
    credential_id   BLOB NOT NULL,
    factor_id       TEXT NOT NULL,
    user_key        BLOB NOT NULL,
    transports      TEXT NOT NULL,
    sign_count      BIGINT NOT NULL,
    backup_eligible BOOLEAN NOT NULL,
    backup_state    BOOLEAN NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, rp_id, credential_id)
);
CREATE UNIQUE INDEX webauthn_credentials_of_factor ON webauthn_credentials (app_id, mode, factor_id);
CREATE INDEX webauthn_credentials_of_user ON webauthn_credentials (app_id, mode, user_key);

-- What a ceremony that waits was begun with, sealed; `id` is its challenge's.
CREATE TABLE webauthn_states (
    app_id          TEXT NOT NULL,
    mode            TEXT NOT NULL,
    id              TEXT NOT NULL,
    user_key        BLOB NOT NULL,
    state_key       TEXT NOT NULL,
    state           BLOB NOT NULL,
    expires_at      BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, id)
);
CREATE INDEX webauthn_states_by_end ON webauthn_states (expires_at);
