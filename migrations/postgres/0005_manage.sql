-- The management API: organization keys, members, the audit log, deletion of applications with a grace.

-- Only the SHA-256 of a key is kept.
CREATE TABLE org_keys (
    id          TEXT COLLATE "C" PRIMARY KEY,
    org_id      TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    hash        BYTEA NOT NULL UNIQUE,
    hint        TEXT NOT NULL,
    name        TEXT NOT NULL,
    scopes      TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT,
    revoked_at  BIGINT
);
CREATE INDEX org_keys_by_org ON org_keys (org_id, id);

-- The tenant's own staff.
CREATE TABLE members (
    org_id      TEXT COLLATE "C" NOT NULL REFERENCES organizations (id),
    id          TEXT COLLATE "C" NOT NULL,
    email       TEXT NOT NULL,
    name        TEXT NOT NULL,
    role        TEXT NOT NULL,
    status      TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX members_by_email ON members (org_id, email);

-- Append-only. Each line holds the hash of the one before it; see docs/manage.md for what is hashed.
CREATE TABLE audit_log (
    org_id          TEXT COLLATE "C" NOT NULL,
    seq             BIGINT NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    at              BIGINT NOT NULL,
    actor_kind      TEXT NOT NULL,
    actor_id        TEXT,
    actor_name      TEXT,
    address         TEXT,
    request         TEXT,
    action          TEXT NOT NULL,
    app_id          TEXT COLLATE "C",
    target_kind     TEXT NOT NULL,
    target          TEXT NOT NULL,
    changes         TEXT NOT NULL,
    previous_hash   TEXT NOT NULL,
    hash            TEXT NOT NULL,
    PRIMARY KEY (org_id, seq)
);
CREATE UNIQUE INDEX audit_log_by_id ON audit_log (org_id, id);

-- The last line of each chain, with a MAC under the key ring. The row serialises all changes of an organization.
CREATE TABLE audit_heads (
    org_id      TEXT COLLATE "C" PRIMARY KEY,
    seq         BIGINT NOT NULL,
    hash        TEXT NOT NULL,
    mac         BYTEA NOT NULL
);

ALTER TABLE applications ADD COLUMN deleted_at BIGINT;
ALTER TABLE applications ADD COLUMN erased_after BIGINT;
CREATE INDEX applications_to_erase ON applications (erased_after) WHERE erased_after IS NOT NULL;
