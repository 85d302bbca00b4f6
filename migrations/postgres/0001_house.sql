-- Portable columns: TEXT ids, BIGINT epoch milliseconds, JSON as TEXT. `now` always comes as an argument.
-- Ids sort by their bytes (COLLATE "C"), so by their time.
-- Every table that holds a tenant's data begins its keys with application and mode.

CREATE TABLE organizations (
    id          TEXT COLLATE "C" PRIMARY KEY,
    name        TEXT NOT NULL,
    plan        TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE applications (
    id          TEXT COLLATE "C" PRIMARY KEY,
    org_id      TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    name        TEXT NOT NULL,
    settings    TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);
CREATE INDEX applications_by_org ON applications (org_id);

-- Only the SHA-256 of a key is kept.
CREATE TABLE api_keys (
    id          TEXT COLLATE "C" PRIMARY KEY,
    app_id      TEXT COLLATE "C" NOT NULL REFERENCES applications (id),
    mode        TEXT NOT NULL,
    hash        BYTEA NOT NULL UNIQUE,
    hint        TEXT NOT NULL,
    name        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT,
    revoked_at  BIGINT
);
CREATE INDEX api_keys_by_app ON api_keys (app_id);

-- Random keys that never change, wrapped by a root key of the ring.
CREATE TABLE data_keys (
    purpose     TEXT PRIMARY KEY,
    root_key    TEXT NOT NULL,
    wrapped     BYTEA NOT NULL
);

-- A user is a keyed hash; beside it only a masked form. The row serialises all that is decided about the user.
CREATE TABLE users (
    app_id      TEXT COLLATE "C" NOT NULL,
    mode        TEXT NOT NULL,
    user_key    BYTEA NOT NULL,
    masked      TEXT NOT NULL,
    standing    TEXT NOT NULL,
    version     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, user_key)
);

CREATE TABLE challenges (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    user_key        BYTEA NOT NULL,
    masked          TEXT NOT NULL,
    type            TEXT NOT NULL,
    family          TEXT NOT NULL,
    status          TEXT NOT NULL,
    reference       TEXT,
    attempts        BIGINT NOT NULL,
    max_attempts    BIGINT NOT NULL,
    code_key        TEXT,
    code_mac        BYTEA,
    factor_id       TEXT,
    backup_count    BIGINT,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT,
    resend_after    BIGINT,
    decided_at      BIGINT,
    verified_by     TEXT,
    proof_used_at   BIGINT,
    PRIMARY KEY (app_id, mode, id)
);
CREATE INDEX challenges_of_user ON challenges (app_id, mode, user_key, family, id);
CREATE INDEX challenges_by_reference ON challenges (app_id, mode, reference, id) WHERE reference IS NOT NULL;
CREATE INDEX challenges_by_age ON challenges (created_at);

-- Each check of a challenge, with its reason.
CREATE TABLE checks (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    challenge_id    TEXT COLLATE "C" NOT NULL,
    seq             BIGINT NOT NULL,
    at              BIGINT NOT NULL,
    result          TEXT NOT NULL,
    PRIMARY KEY (app_id, mode, challenge_id, seq)
);

-- The outbox. A row is queued until it ends; whoever holds its lease may send it; `due_at` is when anyone may take it.
CREATE TABLE messages (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    challenge_id    TEXT COLLATE "C" NOT NULL,
    user_key        BYTEA NOT NULL,
    channel         TEXT NOT NULL,
    masked          TEXT NOT NULL,
    status          TEXT NOT NULL,
    payload_key     TEXT,
    payload         BYTEA,
    lease           TEXT NOT NULL,
    due_at          BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    tries           BIGINT NOT NULL,
    reason          TEXT,
    created_at      BIGINT NOT NULL,
    ended_at        BIGINT,
    PRIMARY KEY (app_id, mode, id)
);
CREATE INDEX messages_due ON messages (due_at) WHERE status = 'queued';
CREATE INDEX messages_of_challenge ON messages (app_id, mode, challenge_id);

-- Each try of a message at a provider.
CREATE TABLE delivery_attempts (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    message_id      TEXT COLLATE "C" NOT NULL,
    seq             BIGINT NOT NULL,
    provider        TEXT NOT NULL,
    result          TEXT NOT NULL,
    reason          TEXT,
    detail          TEXT,
    provider_id     TEXT,
    started_at      BIGINT NOT NULL,
    ended_at        BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, message_id, seq)
);

-- Test mode's messages, sealed: the one place that shows a code, and only to a test key.
CREATE TABLE inbox (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    user_key        BYTEA NOT NULL,
    content_key     TEXT NOT NULL,
    content         BYTEA NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, id)
);

CREATE TABLE factors (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    user_key        BYTEA NOT NULL,
    type            TEXT NOT NULL,
    status          TEXT NOT NULL,
    name_key        TEXT,
    name            BYTEA,
    challenge_id    TEXT COLLATE "C" NOT NULL,
    proven          BOOLEAN NOT NULL,
    secret_key      TEXT NOT NULL,
    secret          BYTEA NOT NULL,
    algorithm       TEXT NOT NULL,
    digits          BIGINT NOT NULL,
    period          BIGINT NOT NULL,
    last_step       BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT,
    last_used_at    BIGINT,
    PRIMARY KEY (app_id, mode, id)
);
CREATE INDEX factors_of_user ON factors (app_id, mode, user_key);

CREATE TABLE backup_sets (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    user_key        BYTEA NOT NULL,
    status          TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, id)
);
CREATE INDEX backup_sets_of_user ON backup_sets (app_id, mode, user_key);

CREATE TABLE backup_codes (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    set_id          TEXT COLLATE "C" NOT NULL,
    idx             TEXT NOT NULL,
    salt            BYTEA NOT NULL,
    hash            BYTEA NOT NULL,
    used_at         BIGINT,
    PRIMARY KEY (app_id, mode, set_id, idx)
);

-- Answers that can be asked for again. Key and body are MACs, the answer is sealed.
CREATE TABLE idempotency (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    key_mac         BYTEA NOT NULL,
    body_mac        BYTEA NOT NULL,
    token           TEXT NOT NULL,
    state           TEXT NOT NULL,
    enrolment       TEXT,
    answer_key      TEXT,
    answer          BYTEA,
    claimed_until   BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, key_mac)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);
CREATE INDEX idempotency_by_enrolment ON idempotency (app_id, mode, enrolment) WHERE enrolment IS NOT NULL;

-- What a tenant or an operator must be able to look up later: ids, never a contact or a code.
CREATE TABLE events (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    kind            TEXT NOT NULL,
    masked          TEXT NOT NULL,
    data            TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, id)
);
CREATE INDEX events_by_age ON events (created_at);
CREATE INDEX inbox_by_age ON inbox (created_at);
CREATE INDEX checks_by_age ON checks (at);
CREATE INDEX messages_by_age ON messages (created_at);
CREATE INDEX delivery_attempts_by_age ON delivery_attempts (started_at);
