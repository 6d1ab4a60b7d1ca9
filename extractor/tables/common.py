"""Names that mean the same in every language read by a table: stores, transactions, leases, retries."""

from __future__ import annotations

_STORE = (
    r"(?i:\w*(?:db|database|conn|connection|session|client|redis|rdb|etcd|kv|store|storage|bucket|repo"
    r"|repository|dao"
    r"|table|collection|cursor|stmt|statement))(?:\(\))?\."
)
_READ = r"(?i:get|find|fetch|load|read|select|query|scan|list|exists|count|head|lookup)\w*$"
_WRITE = r"(?i:set|put|insert|save|store|write|create|upsert|replace)\w*$"
_MUTATE = r"(?i:delete|del|remove|update|exec|execute|incr|decr|expire|append|add|push|pop|merge|persist)\w*$"


def storage(read: str, write: str, mutate: str = r"$^") -> dict[str, str]:
    """Storage calls by mode: those of one language, and methods of what is named like a store."""
    return {
        "mutate": f"{mutate}|{_STORE}{_MUTATE}",
        "write": f"{write}|{_STORE}{_WRITE}",
        "read": f"{read}|{_STORE}{_READ}",
    }


#: Calls that do something again, by their name.
RETRIES = r"(^|\.)(?i:retry|with_?retr(y|ies)|backoff)(?i:_?(when|async|until|on|notify|call))?$"

PROMISES: tuple[tuple[str, str, str], ...] = (
    ("transaction", "acquire", r"\.(?i:begin_?(tx|transaction)|start_?transaction|open_?transaction)$"),
    # Containers of C++ have a begin() as well.
    (
        "transaction",
        "acquire",
        r"(?i:(\b(tx|txn|trx|em|conn|s)|db|database|transaction|connection|session|pool|client)(\(\))?\.begin)$",
    ),
    (
        "transaction",
        "release",
        (
            r"(?i:\b(tx|txn|trx|transaction|conn|connection|session|db|em|trans|batch)(\(\))?\.)(?i:commit"
            r"|rollback)\w*$"
        ),
    ),
    (
        "version",
        "use",
        (
            r"(?i:\.(if_?match|if_?none_?match|compare_?and_?set|compare_?and_?swap|put_?if_?absent|set_?nx"
            r"|set_?if_?absent))$"
        ),
    ),
    ("lease", "use", r"(?<![rR]e)(?i:lease)\w*$|\.(?i:keep_?alive)$"),
    ("retry", "use", RETRIES),
)
