-- When a key was last used, to the minute; each node writes it once a minute, for the keys that it saw.

ALTER TABLE api_keys ADD COLUMN last_used_at BIGINT;
ALTER TABLE org_keys ADD COLUMN last_used_at BIGINT;
