"""Words that name a safety mechanism in any language; looked up in code only, never in comments or text.

The facts of a language know locks and their kin by what they are. What has no type of its own (a fencing token, an
idempotency key, a version that a store compares) shows in the names that people give it, and in SQL.
"""

from __future__ import annotations

import re

#: (mechanism, pattern): each match within one line is one use, and what it matched is its target.
NAMED: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("fence", re.compile(r"\b\w*(?:fencing|fence|stale_?(?:token|epoch|leader|holder))\w*\b", re.IGNORECASE)),
    ("idempotency", re.compile(r"\b\w*(?:idempoten|dedup)\w*\b", re.IGNORECASE)),
    (
        "version",
        re.compile(
            r"\b\w*(?:(?<![a-z])etag(?![a-z])|if_?match|if_?none_?match|expected_?version|compare_?and_?(?:set|swap)"
            r"|compare_?exchange|row_?version|optimistic_?lock|if_?version|put_if_|stale_?(?:object|data|write|version))"
            r"\w*\b|\bnx=True\b",
            re.IGNORECASE,
        ),
    ),
    ("lease", re.compile(r"\b(?:\w*_)?lease(?:_\w+|s|d|Id|Holder)?\b|\b(?:\w*[a-z])?Lease\w*\b")),
    (
        "transaction",
        re.compile(
            r"\bWatchError\b|\bregister_script(?=\()|\b\w+\.transaction(?=\()"
            r"|\b(?:redis|client|conn|connection|db)\.pipeline(?=\()"
        ),
    ),
    ("shield", re.compile(r"\basyncio\.shield\b|\bshield\s*=\s*True\b|\bWithoutCancel\b|\buncancel\b")),
    (
        "timeout",
        re.compile(
            r"\basyncio\.(?:wait_for|timeout|timeout_at)\b|\basync_timeout\.timeout\b|\b(?:move_on_after|fail_after)\b"
            r"|\bcontext\.With(?:Timeout|Deadline)\b|\btokio::time::timeout\b|\bAbortSignal\.timeout\b|\borTimeout\b"
        ),
    ),
)

#: (mechanism, pattern): what a statement in SQL asks the database for.
SQL: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "lock",
        re.compile(
            r"\bfor\s+(?:no\s+key\s+)?update\b|\block\s+tables?\b|\bpg_(?:try_)?advisory\w*lock\w*", re.IGNORECASE
        ),
    ),
    (
        "transaction",
        re.compile(
            r"^\s*(?:begin(?:\s+(?:transaction|immediate|exclusive|deferred|work)\b|\s*;?\s*$)|start\s+transaction\b"
            r"|savepoint\b)",
            re.IGNORECASE,
        ),
    ),
    ("idempotency", re.compile(r"\bon\s+conflict\b|\binsert\s+or\s+(?:ignore|replace)\b", re.IGNORECASE)),
    ("version", re.compile(r"\bwhere\b.*\b(?:row_?)?version\s*=", re.IGNORECASE | re.DOTALL)),
)
#: What a text has to begin like to be SQL.
STATEMENT = re.compile(
    r"\s*(?:(?:select|insert|update|delete|with)\s.*\b(?:from|into|set|as)\b|begin\b|start\s+transaction\b|savepoint\b"
    r"|lock\s+tables?\b)",
    re.IGNORECASE | re.DOTALL,
)

#: In lower case; a line without any of them has no match of NAMED.
NAMED_STEMS = (
    *("fenc", "stale", "idempoten", "dedup", "etag", "match", "version", "compare", "optimistic", "put_if", "lease"),
    *("nx=true", "watcherror", "register_script", "transaction(", "pipeline("),
    *("shield", "withoutcancel", "uncancel", "wait_for", "timeout", "withdeadline", "move_on_after", "fail_after"),
)
#: In lower case; a text without any of them has no match of SQL.
SQL_STEMS = (
    "update",
    "lock table",
    "advisory",
    "begin",
    "transaction",
    "savepoint",
    "conflict",
    "insert or",
    "version",
)

#: A line without any of these can't use a mechanism: what saves most versions of most files from being parsed.
TELLING = re.compile(
    r"lock|mutex|semaphore|condition|cond\b|limiter|barrier|event|queue|notify|wait|acquire|release|atomic|commit|rollback"
    r"|savepoint|transaction|pipeline|watch|register_script|begin|for\s+update|conflict|retry|retries|backoff|continue"
    r"|lease|ttl|fence|fencing|version"
    r"|etag|match|compare|\bcas\b|setnx|nx=|idempoten|dedup|timeout|fail_after|move_on_after|deadline|shield|cancel|synchronized"
    r"|once|guard|chan\b|select|stale",
    re.IGNORECASE,
)
