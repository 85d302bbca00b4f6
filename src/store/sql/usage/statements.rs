//! How raw rows are counted, and the statements over the rollups.
//!
//! Times here are in milliseconds: 3600000 is an hour. The bounds of the buckets are those of `domain::usage::BOUNDS`.

/// Messages by application, mode, hour, channel, country, status and bucket. What only stood by for another channel is none.
macro_rules! messages {
    ($filter:literal) => {
        concat!(
            "SELECT app_id, mode, created_at - created_at % 3600000 AS at, channel, COALESCE(country, '') AS country,
                 status, CAST(CASE
                     WHEN ended_at IS NULL THEN 0
                     WHEN ended_at - created_at <= 100 THEN 100
                     WHEN ended_at - created_at <= 250 THEN 250
                     WHEN ended_at - created_at <= 500 THEN 500
                     WHEN ended_at - created_at <= 1000 THEN 1000
                     WHEN ended_at - created_at <= 2500 THEN 2500
                     WHEN ended_at - created_at <= 5000 THEN 5000
                     WHEN ended_at - created_at <= 10000 THEN 10000
                     WHEN ended_at - created_at <= 30000 THEN 30000
                     WHEN ended_at - created_at <= 60000 THEN 60000
                     WHEN ended_at - created_at <= 300000 THEN 300000
                     ELSE 300001 END AS BIGINT) AS took,
                 COUNT(*) AS n
             FROM messages WHERE ",
            $filter,
            " AND status <> 'skipped' AND NOT (status = 'queued' AND step > 0 AND lease = '')
             GROUP BY 1, 2, 3, 4, 5, 6, 7"
        )
    };
}

/// Checks by application, mode, hour, method, country and whether they approved. The confirmation of a factor is none.
macro_rules! checks {
    ($filter:literal) => {
        concat!(
            "SELECT k.app_id, k.mode, k.at - k.at % 3600000 AS at,
                 CASE WHEN k.result = 'approved' AND c.verified_by IS NOT NULL THEN c.verified_by
                      WHEN c.family = 'BACKUP' THEN 'backup_code'
                      WHEN c.type IN ('EMAIL', 'DUAL') THEN 'email'
                      WHEN c.type = 'SMS' THEN 'sms'
                      WHEN c.type = 'WHATSAPP' THEN 'whatsapp'
                      WHEN c.type = 'PHONE' THEN 'voice'
                      WHEN c.type = 'APP' THEN 'totp'
                      ELSE 'webauthn' END AS channel,
                 CASE WHEN c.type = 'DUAL' AND NOT (k.result = 'approved' AND COALESCE(c.verified_by, '') = 'sms') THEN ''
                      ELSE COALESCE(c.country, '') END AS country,
                 CASE WHEN k.result = 'approved' THEN 'approved' ELSE 'failed' END AS result,
                 COUNT(*) AS n
             FROM checks k
             JOIN challenges c ON c.app_id = k.app_id AND c.mode = k.mode AND c.id = k.challenge_id
             WHERE ",
            $filter,
            " AND k.result <> 'enrolled'
             GROUP BY 1, 2, 3, 4, 5, 6"
        )
    };
}

/// The columns of figures, added up.
macro_rules! sums {
    () => {
        "CAST(SUM(sends) AS BIGINT) AS sends, CAST(SUM(handed_over) AS BIGINT) AS handed_over,
         CAST(SUM(failed) AS BIGINT) AS failed, CAST(SUM(verifications) AS BIGINT) AS verifications,
         CAST(SUM(failures) AS BIGINT) AS failures,
         CAST(SUM(t0) AS BIGINT) AS t0, CAST(SUM(t1) AS BIGINT) AS t1, CAST(SUM(t2) AS BIGINT) AS t2,
         CAST(SUM(t3) AS BIGINT) AS t3, CAST(SUM(t4) AS BIGINT) AS t4, CAST(SUM(t5) AS BIGINT) AS t5,
         CAST(SUM(t6) AS BIGINT) AS t6, CAST(SUM(t7) AS BIGINT) AS t7, CAST(SUM(t8) AS BIGINT) AS t8,
         CAST(SUM(t9) AS BIGINT) AS t9, CAST(SUM(t10) AS BIGINT) AS t10"
    };
}

/// An application's figures of a table: `$1` application, `$2` mode, from `$3` on, before `$4`, by channel and country where
/// `$5` and `$6` say so.
macro_rules! read {
    ($table:literal) => {
        concat!(
            "SELECT at, CASE WHEN $5 THEN channel ELSE '' END AS channel, CASE WHEN $6 THEN country ELSE '' END AS country, ",
            sums!(),
            " FROM ",
            $table,
            " WHERE app_id = $1 AND mode = $2 AND at >= $3 AND at < $4 GROUP BY 1, 2, 3"
        )
    };
}

/// Adds figures to a row of a table, which is made if it is absent.
macro_rules! add {
    ($table:literal) => {
        concat!(
            "INSERT INTO ",
            $table,
            " AS u (app_id, mode, at, channel, country, sends, handed_over, failed, verifications, failures,
                 t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
             ON CONFLICT (app_id, mode, at, channel, country) DO UPDATE SET
                 sends = u.sends + excluded.sends, handed_over = u.handed_over + excluded.handed_over,
                 failed = u.failed + excluded.failed, verifications = u.verifications + excluded.verifications,
                 failures = u.failures + excluded.failures, t0 = u.t0 + excluded.t0, t1 = u.t1 + excluded.t1,
                 t2 = u.t2 + excluded.t2, t3 = u.t3 + excluded.t3, t4 = u.t4 + excluded.t4, t5 = u.t5 + excluded.t5,
                 t6 = u.t6 + excluded.t6, t7 = u.t7 + excluded.t7, t8 = u.t8 + excluded.t8, t9 = u.t9 + excluded.t9,
                 t10 = u.t10 + excluded.t10"
        )
    };
}

/// All rows of a table from `$1` on and before `$2`.
macro_rules! all {
    ($table:literal) => {
        concat!(
            "SELECT app_id, mode, at, channel, country, sends, handed_over, failed, verifications, failures,
                 t0, t1, t2, t3, t4, t5, t6, t7, t8, t9, t10 FROM ",
            $table,
            " WHERE at >= $1 AND at < $2"
        )
    };
}

/// Everybody's messages and checks of a span, by the indexes over their times.
pub const MESSAGES: &str = messages!("created_at >= $1 AND created_at < $2");
pub const CHECKS: &str = checks!("k.at >= $1 AND k.at < $2");
pub const KEPT: &str = all!("usage_kept");

/// An application's messages of a span, by the range of their ids (`$5`, `$6`), which holds it; its checks by their index.
pub const LIVE_MESSAGES: &str =
    messages!("app_id = $1 AND mode = $2 AND created_at >= $3 AND created_at < $4 AND id >= $5 AND id < $6");
pub const LIVE_CHECKS: &str = checks!("k.app_id = $1 AND k.mode = $2 AND k.at >= $3 AND k.at < $4");

/// The checks of a user that is erased.
pub const ERASED_CHECKS: &str = checks!("c.app_id = $1 AND c.mode = $2 AND c.user_key = $3");
pub const ADD_KEPT: &str = add!("usage_kept");

pub const READ_HOURS: &str = read!("usage_hours");
pub const READ_DAYS: &str = read!("usage_days");
pub const READ_KEPT: &str = read!("usage_kept");

pub const OLD_HOUR: &str = all!("usage_hours");
pub const ADD_HOUR: &str = add!("usage_hours");
pub const ADD_DAY: &str = add!("usage_days");
