-- Webhooks to tenants: endpoints, what they want, what they are sent; mails to the tenant; challenges that end by themselves.

-- Whom an event is about, so that all of a user's can be found.
ALTER TABLE events ADD COLUMN user_key BYTEA;
CREATE INDEX events_of_user ON events (app_id, mode, user_key) WHERE user_key IS NOT NULL;

-- An endpoint belongs to an application and a mode. `secrets` is sealed: the one that signs, and the one before it while it lives.
CREATE TABLE webhook_endpoints (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    url             TEXT NOT NULL,
    description     TEXT NOT NULL,
    status          TEXT NOT NULL,
    disabled_reason TEXT,
    secrets_key     TEXT NOT NULL,
    secrets         BYTEA NOT NULL,
    failing_since   BIGINT,
    failed_attempts BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, id)
);
CREATE UNIQUE INDEX webhook_endpoints_by_id ON webhook_endpoints (id);

-- The kinds of events that an endpoint wants; `*` is every kind.
CREATE TABLE webhook_subscriptions (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    kind            TEXT NOT NULL,
    endpoint_id     TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (app_id, mode, kind, endpoint_id)
);
CREATE INDEX webhook_subscriptions_of_endpoint ON webhook_subscriptions (endpoint_id);

-- One event for one endpoint: pending until it is delivered or failed; whoever holds its lease may send it.
CREATE TABLE webhook_deliveries (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    endpoint_id     TEXT COLLATE "C" NOT NULL,
    event_id        TEXT COLLATE "C" NOT NULL,
    kind            TEXT NOT NULL,
    status          TEXT NOT NULL,
    reason          TEXT,
    lease           TEXT NOT NULL,
    due_at          BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    tries           BIGINT NOT NULL,
    last_status     BIGINT,
    created_at      BIGINT NOT NULL,
    ended_at        BIGINT,
    PRIMARY KEY (app_id, mode, id)
);
CREATE UNIQUE INDEX webhook_deliveries_of_endpoint ON webhook_deliveries (endpoint_id, event_id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (endpoint_id, due_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_ending ON webhook_deliveries (expires_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);

-- Each try of a delivery. Nothing of an answer is kept but its status.
CREATE TABLE webhook_attempts (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    delivery_id     TEXT COLLATE "C" NOT NULL,
    seq             BIGINT NOT NULL,
    started_at      BIGINT NOT NULL,
    ended_at        BIGINT NOT NULL,
    result          TEXT NOT NULL,
    http_status     BIGINT,
    reason          TEXT,
    PRIMARY KEY (app_id, mode, delivery_id, seq)
);
CREATE INDEX webhook_attempts_by_age ON webhook_attempts (started_at);

-- Mails of the service to members of a tenant, one row a recipient. `data` is JSON without a secret.
CREATE TABLE notices (
    org_id          TEXT COLLATE "C" NOT NULL,
    id              TEXT COLLATE "C" NOT NULL,
    email           TEXT NOT NULL,
    kind            TEXT NOT NULL,
    data            TEXT NOT NULL,
    status          TEXT NOT NULL,
    reason          TEXT,
    lease           TEXT NOT NULL,
    due_at          BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    tries           BIGINT NOT NULL,
    created_at      BIGINT NOT NULL,
    ended_at        BIGINT,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX notices_due ON notices (due_at) WHERE status = 'queued';
CREATE INDEX notices_by_age ON notices (created_at);

-- What waits and is to be told as expired.
CREATE INDEX challenges_expiring ON challenges (expires_at)
    WHERE status IN ('pending', 'enrolling') AND backup_count IS NULL;
