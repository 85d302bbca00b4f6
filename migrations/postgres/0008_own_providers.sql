-- Providers of an application's own: one ordered list for a channel, sealed as a whole. `shown` is JSON and holds what may
-- be shown of it, never a credential. `version` differs with every change, so that a node sees one without opening the list.

CREATE TABLE app_providers (
    app_id      TEXT COLLATE "C" NOT NULL REFERENCES applications (id),
    channel     TEXT NOT NULL,
    list_key    TEXT NOT NULL,
    list        BYTEA NOT NULL,
    shown       TEXT NOT NULL,
    version     BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (app_id, channel)
);

-- Whether a try went through a provider of the application's own: whose report counts depends on it.
ALTER TABLE delivery_attempts ADD COLUMN own BOOLEAN NOT NULL DEFAULT FALSE;
