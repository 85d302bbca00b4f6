-- What the dashboard shows: who asked for a challenge and the limits that it was held to, and how many users are locked.

-- JSON: the key, the address and the request; the limits with what was used of each.
ALTER TABLE challenges ADD COLUMN asked TEXT;
ALTER TABLE challenges ADD COLUMN limits TEXT;

-- When the lock ends that stands in the row's `standing`, so that the locked ones can be counted.
ALTER TABLE users ADD COLUMN locked_until BIGINT;
UPDATE users SET locked_until = json_extract(standing, '$.l') WHERE standing LIKE '%"l":%';
CREATE INDEX users_locked ON users (app_id, mode, locked_until) WHERE locked_until IS NOT NULL;
CREATE INDEX events_of_locks ON events (app_id, mode, created_at) WHERE kind = 'user.locked';
