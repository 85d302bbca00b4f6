"""Fills the embedded database of a service with what an application leaves behind: 300,000 challenges of 30 days with their messages
and checks, a million events, 90 days of figures, and a busy running hour. Usage: million.py DATABASE
"""

import random
import sqlite3
import sys
import time

HOUR = 3_600_000
DAY = 24 * HOUR
ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
CHANNELS = ["email", "sms", "whatsapp", "voice"]
TYPES = dict(zip(CHANNELS, ["EMAIL", "SMS", "WHATSAPP", "PHONE"]))
COUNTRIES = ["DE", "US", "FR", "IN", "BR", "GB", "ES", "IT", "JP", "NL"]

random.seed(1)
db = sqlite3.connect(sys.argv[1], timeout=30)
app = db.execute("SELECT id FROM applications").fetchone()[0]
now = int(time.time() * 1000)
hour = now - now % HOUR


def identifier(prefix, at):
    """A UUIDv7 in Crockford's base32, as the service makes them."""
    bits = (at << 80) | (7 << 76) | (random.getrandbits(12) << 64) | (2 << 62) | random.getrandbits(62)
    return prefix + "".join(ALPHABET[(bits >> (5 * place)) & 31] for place in reversed(range(26)))


def filler(table):
    """An INSERT for all columns, and a function that makes a row of what is given; the rest is empty."""
    columns = [(name, kind, needed) for _, name, kind, needed, *_ in db.execute(f"PRAGMA table_info({table})")]
    empty = {"BIGINT": 0, "BOOLEAN": 0, "BLOB": b"", "TEXT": ""}
    statement = "INSERT OR REPLACE INTO {} ({}) VALUES ({})".format(
        table, ", ".join(name for name, *_ in columns), ", ".join("?" for _ in columns)
    )
    return statement, lambda **given: [
        given.get(name, empty[kind] if needed else None) for name, kind, needed in columns
    ]


def fill(table, rows):
    statement, row = filler(table)
    db.executemany(statement, (row(**given) for given in rows))
    db.commit()


# Before the hour that runs, and 2,000 starts within it.
starts = sorted(random.randrange(hour - 30 * DAY, hour) for _ in range(298_000))
starts += sorted(random.randrange(hour, max(now, hour + 1)) for _ in range(2_000))
challenges = [
    {"id": identifier("mfa_", at), "at": at, "channel": random.choice(CHANNELS), "user": random.randbytes(32)}
    for at in starts
]
own = {"app_id": app, "mode": "test"}
fill("challenges", (
    own | {"id": c["id"], "user_key": c["user"], "masked": "j•••@example.com", "type": TYPES[c["channel"]], "status": "approved",
           "family": "EMAIL" if c["channel"] == "email" else "PHONE", "attempts": 1, "max_attempts": 5, "created_at": c["at"],
           "expires_at": c["at"] + 300_000, "decided_at": c["at"] + 9_000, "verified_by": c["channel"]}
    for c in challenges
))
fill("messages", (
    own | {"id": identifier("msg_", c["at"]), "challenge_id": c["id"], "user_key": c["user"], "channel": c["channel"],
           "masked": "j•••@example.com", "status": "sent", "created_at": c["at"], "ended_at": c["at"] + 400,
           "country": None if c["channel"] == "email" else random.choice(COUNTRIES)}
    for c in challenges
))
fill("checks", (
    own | {"challenge_id": c["id"], "seq": 1, "at": c["at"] + 9_000, "result": "approved"} for c in challenges
))
KINDS = ["challenge.started", "delivery.sent", "challenge.approved", "user.locked"]
fill("events", (
    own | {"id": identifier("evt_", c["at"] + n), "kind": KINDS[n] if n < 3 or i % 50 == 0 else KINDS[0],
           "masked": "j•••@example.com", "data": "{}", "created_at": c["at"] + n, "user_key": c["user"]}
    for i, c in enumerate(challenges) for n in range(4 if i % 3 == 0 else 3)
))
figures = {"sends": 30, "handed_over": 29, "failed": 1, "verifications": 25, "failures": 3, "t1": 10, "t2": 12, "t3": 7}
places = [(c, country) for c in CHANNELS for country in ([""] if c == "email" else COUNTRIES)]
for table, step, count in (("usage_hours", HOUR, 30 * 24), ("usage_days", DAY, 90)):
    fill(table, (
        own | figures | {"at": hour - hour % step - n * step, "channel": channel, "country": country}
        for n in range(1, count) for channel, country in places
    ))
db.execute("ANALYZE")
db.commit()
print(*(f"{db.execute(f'SELECT COUNT(*) FROM {t}').fetchone()[0]:,} {t}" for t in ("challenges", "messages", "checks", "events")), sep=", ")
