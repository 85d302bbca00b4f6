-- Members sign in to the dashboard: passwords, sessions, links, and how often somebody tried.

-- Whoever signs in names an address and no organization.
CREATE INDEX members_by_address ON members (email) WHERE status = 'active';

-- Argon2id with a data key as its secret and a salt that comes of the address under another one.
CREATE TABLE member_passwords (
    org_id      TEXT NOT NULL,
    member_id   TEXT NOT NULL,
    hash        BLOB NOT NULL,
    changed_at  BIGINT NOT NULL,
    used_at     BIGINT,
    PRIMARY KEY (org_id, member_id)
);

-- Only the SHA-256 of a token is kept. `half`: the second factor is still to come. `confirmed_at`: when one was last shown.
CREATE TABLE member_sessions (
    org_id          TEXT NOT NULL,
    id              TEXT NOT NULL,
    member_id       TEXT NOT NULL,
    token_hash      BLOB NOT NULL UNIQUE,
    stage           TEXT NOT NULL,
    address         TEXT,
    agent           TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    seen_at         BIGINT NOT NULL,
    confirmed_at    BIGINT,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX member_sessions_of_member ON member_sessions (org_id, member_id);
CREATE INDEX member_sessions_by_end ON member_sessions (expires_at);

-- The other half of a link is a MAC of its id under the key ring and is kept nowhere. The first start's has no member yet.
CREATE TABLE member_links (
    id          TEXT PRIMARY KEY,
    org_id      TEXT NOT NULL,
    member_id   TEXT,
    kind        TEXT NOT NULL,
    created_at  BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    used_at     BIGINT
);
CREATE INDEX member_links_of_member ON member_links (org_id, member_id);
CREATE INDEX member_links_by_end ON member_links (expires_at);

-- Attempts in a span that begins with the first of them. The key is a MAC: nobody reads from it whose they are.
CREATE TABLE attempts (
    key_mac     BLOB PRIMARY KEY,
    count       BIGINT NOT NULL,
    ends_at     BIGINT NOT NULL
);
CREATE INDEX attempts_by_end ON attempts (ends_at);
