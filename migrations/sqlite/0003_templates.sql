-- Tenants' own words for their messages: one template for a channel, a kind (code, backup) and a language tag.
-- `content` is JSON: subject, text, html.

CREATE TABLE templates (
    app_id      TEXT NOT NULL REFERENCES applications (id),
    channel     TEXT NOT NULL,
    kind        TEXT NOT NULL,
    locale      TEXT NOT NULL,
    content     TEXT NOT NULL,
    updated_at  BIGINT NOT NULL,
    PRIMARY KEY (app_id, channel, kind, locale)
);
