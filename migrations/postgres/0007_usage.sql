-- Usage figures, and what is found by a user when it is erased.

-- ISO 3166-1 alpha-2, of the number that a message goes to; NULL for an address and for numbers of no country.
ALTER TABLE challenges ADD COLUMN country TEXT;
ALTER TABLE messages ADD COLUMN country TEXT;

-- An application's checks of the last hours: a check may come long after its challenge, so the ids tell nothing of its time.
CREATE INDEX checks_of_app ON checks (app_id, mode, at);
CREATE INDEX messages_of_user ON messages (app_id, mode, user_key);

-- Figures of closed hours, and their sums by day (UTC). `at` is the beginning; a country that is not known is ''. `t0` to `t10`
-- count hand-overs by the time that they took: up to 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300 s, and more.
CREATE TABLE usage_hours (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    at              BIGINT NOT NULL,
    channel         TEXT NOT NULL,
    country         TEXT NOT NULL,
    sends           BIGINT NOT NULL,
    handed_over     BIGINT NOT NULL,
    failed          BIGINT NOT NULL,
    verifications   BIGINT NOT NULL,
    failures        BIGINT NOT NULL,
    t0              BIGINT NOT NULL,
    t1              BIGINT NOT NULL,
    t2              BIGINT NOT NULL,
    t3              BIGINT NOT NULL,
    t4              BIGINT NOT NULL,
    t5              BIGINT NOT NULL,
    t6              BIGINT NOT NULL,
    t7              BIGINT NOT NULL,
    t8              BIGINT NOT NULL,
    t9              BIGINT NOT NULL,
    t10             BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, at, channel, country)
);
CREATE INDEX usage_hours_by_age ON usage_hours (at);

CREATE TABLE usage_days (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    at              BIGINT NOT NULL,
    channel         TEXT NOT NULL,
    country         TEXT NOT NULL,
    sends           BIGINT NOT NULL,
    handed_over     BIGINT NOT NULL,
    failed          BIGINT NOT NULL,
    verifications   BIGINT NOT NULL,
    failures        BIGINT NOT NULL,
    t0              BIGINT NOT NULL,
    t1              BIGINT NOT NULL,
    t2              BIGINT NOT NULL,
    t3              BIGINT NOT NULL,
    t4              BIGINT NOT NULL,
    t5              BIGINT NOT NULL,
    t6              BIGINT NOT NULL,
    t7              BIGINT NOT NULL,
    t8              BIGINT NOT NULL,
    t9              BIGINT NOT NULL,
    t10             BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, at, channel, country)
);
CREATE INDEX usage_days_by_age ON usage_days (at);

-- What erased users had a part in, of hours that are yet to be counted: figures only, so that an erasure changes none.
CREATE TABLE usage_kept (
    app_id          TEXT COLLATE "C" NOT NULL,
    mode            TEXT NOT NULL,
    at              BIGINT NOT NULL,
    channel         TEXT NOT NULL,
    country         TEXT NOT NULL,
    sends           BIGINT NOT NULL,
    handed_over     BIGINT NOT NULL,
    failed          BIGINT NOT NULL,
    verifications   BIGINT NOT NULL,
    failures        BIGINT NOT NULL,
    t0              BIGINT NOT NULL,
    t1              BIGINT NOT NULL,
    t2              BIGINT NOT NULL,
    t3              BIGINT NOT NULL,
    t4              BIGINT NOT NULL,
    t5              BIGINT NOT NULL,
    t6              BIGINT NOT NULL,
    t7              BIGINT NOT NULL,
    t8              BIGINT NOT NULL,
    t9              BIGINT NOT NULL,
    t10             BIGINT NOT NULL,
    PRIMARY KEY (app_id, mode, at, channel, country)
);
CREATE INDEX usage_kept_by_age ON usage_kept (at);

-- `first` and `final`: hours before it were counted once, and once more when late reports were in. `erased` counts erasures.
CREATE TABLE usage_marks (
    name            TEXT PRIMARY KEY,
    value           BIGINT NOT NULL
);
