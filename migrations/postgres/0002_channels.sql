-- Every channel: DUAL's second code, the order of channels in which one code is sent, delivery reports, and how many
-- messages an application sends to a country.

-- The MAC of the code that the number was sent; `code_mac` is the one that the address was sent.
ALTER TABLE challenges ADD COLUMN code_mac_2 BYTEA;

-- `step` 0 is the channel that was asked for, 1 and on are the ones that the same code goes on by; they wait as queued rows
-- without a lease until it is their turn. `wait_ms` is how long a delivery report is waited for before that.
ALTER TABLE messages ADD COLUMN step BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN wait_ms BIGINT;
ALTER TABLE messages ADD COLUMN segments BIGINT;
ALTER TABLE messages ADD COLUMN reported_at BIGINT;

-- A delivery report names our id, or the provider's. Only live mode has reports.
CREATE INDEX messages_reported ON messages (id) WHERE mode = 'live';
CREATE INDEX delivery_attempts_reported ON delivery_attempts (provider_id) WHERE mode = 'live' AND provider_id IS NOT NULL;

-- Messages to the numbers of a country in the last hour, by the minute; the row serialises all starts that count in it.
CREATE TABLE phone_sends (
    app_id      TEXT COLLATE "C" NOT NULL,
    mode        TEXT NOT NULL,
    country     TEXT NOT NULL,
    sends       TEXT NOT NULL,
    version     BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, country)
);
