"""What a pass is worth, in words: the audit, the comparison with the real code, history, decisions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Literal

from reports.result import AuditResult, ConformanceResult, Decision, HistoryResult, LedgerFlag, MutantResult, Result
from reports.wording import count, place

#: What each change that history knows of did.
CHANGES: Mapping[str, str] = {
    "added": "added",
    "removed": "removed",
    "altered": "changed",
    "fix": "mended a fault",
    "revert": "took a change back",
}

#: What each finding of the audit is about, for a reader who has never seen TLA+.
FINDINGS: Mapping[str, str] = {
    "dead-action": "A step that never happens",
    "unchanged-variable": "A value that never changes",
    "tautology": "A property that cannot fail",
    "implied-by-typeok": "A property that says nothing new",
    "constraint": "States cut off by hand",
    "symmetry-with-liveness": "Symmetry beside liveness",
    "unbounded": "A model without an end",
    "deadlock-off": "Deadlocks are not looked for",
    "weak-property": "A weak property",
    "unexplained-mechanism": "A safety mechanism that nothing checks",
}

#: What each source of nondeterminism is.
CHANCES: Mapping[str, str] = {
    "unordered": "the order of a set or dict",
    "gather": "tasks side by side",
    "clock": "the clock",
    "random": "chance",
    "timeout": "a time-out",
    "message": "when a message arrives",
    "retry": "a retry",
}

#: What each flag of the ledger means.
FLAGS: Mapping[str, str] = {
    "weakened-property": "A property now asks for less",
    "vanished-action": "An action is gone",
    "widened-bound": "A bound was changed",
    "hole": "A piece that nobody wrote",
}

_BESIDE: Mapping[Literal["equivalent", "invalid", "not_run"], str] = {
    "equivalent": "changed nothing that can be seen",
    "invalid": "were no specification at all",
    "not_run": "were not tried",
}


def audited(audit: AuditResult) -> str:
    """Return the mutants' fate as one sentence; "" where none was tried."""
    if not audit.mutants:
        return ""
    fates = Counter(mutant.status for mutant in audit.mutants)
    tried = fates["killed"] + fates["survived"]
    words = f"{count(tried, 'deliberate mistake')} in the specification, one at a time: {fates['killed']:,} noticed"
    survived = f", {fates['survived']:,} not" if fates["survived"] else ""
    beside = ", ".join(f"{fates[fate]:,} more {said}" for fate, said in _BESIDE.items() if fates[fate])
    return f"{words}{survived}{f' ({beside})' if beside else ''}."


def worthy(part: Result) -> list[str]:
    """Return what there is to say for and against a pass, one sentence each; nothing where nobody has looked."""
    audit = part.audit
    lines = [audited(audit)] if audit and audit.mutants else []
    lines += (
        [f"{item.text}{f' ({place(item.source)})' if item.source else ''}" for item in audit.findings] if audit else []
    )
    lines += [conformed(part.conformance)] if part.conformance else []
    return [*lines, *(flagged(flag) for flag in part.flags if not flag.resolved)]


def beside(part: Result) -> list[str]:
    """Return how much there is to read of what a short report only counts."""
    survivors = [mutant for mutant in part.audit.mutants if mutant.status == "survived"] if part.audit else []
    counts = [
        (len(survivors), "deliberate mistake that nothing noticed", "deliberate mistakes that nothing noticed"),
        (len(part.history), "commit that touched what keeps this safe", "commits that touched what keeps this safe"),
        (len(part.nondeterminism), "source of nondeterminism", "sources of nondeterminism"),
    ]
    return [count(number, one, many) for number, one, many in counts if number]


def mutant(item: MutantResult) -> str:
    """Return what a mutant changed, as a phrase: ``guard dropped in hold_14 (booking/seats.py:14)``."""
    where = f" ({place(item.source)})" if item.source else ""
    return f"{item.kind.replace('-', ' ')} in {item.action}{where}"


def conformed(conformance: ConformanceResult) -> str:
    """Return how the real code's steps compare with the specification's, as one sentence."""
    if not conformance.actions:
        return f"Not compared with the real code: {conformance.reason or 'it was not run'}."
    seen = sum(action.seen for action in conformance.actions)
    agreed = sum(action.agreed for action in conformance.actions)
    ran = f"The real code ran under {count(conformance.schedules, 'schedule')}"
    return f"{ran}; the specification allows {agreed:,} of the {count(seen, 'step')} it took."


def changed(item: HistoryResult) -> str:
    """Return what a commit did: ``added a lock``, ``mended a fault``."""
    if not item.mechanism:
        return CHANGES[item.kind]
    article = "an" if item.mechanism[:1] in "aeiou" else "a"
    about = "" if item.kind in ("added", "removed", "altered") else " in"
    return f"{CHANGES[item.kind]}{about} {article} {item.mechanism}"


def modelled(item: HistoryResult) -> str:
    """Return whether the specification has what the commit speaks of; "" where nobody has looked."""
    if item.modelled is None:
        return ""
    return f"modelled by {', '.join(item.actions)}" if item.actions else "modelled" if item.modelled else "not modelled"


def flagged(flag: LedgerFlag) -> str:
    """Return a ledger flag as a sentence."""
    state = ", and a person has accepted it" if flag.resolved else ", and nobody has accepted it yet"
    return f"{FLAGS.get(flag.kind, flag.kind)}: {flag.subject}. {flag.text.rstrip('.')}{state}."


def decided(decision: Decision) -> str:
    """Return a decision as a phrase: ``accepted by kim on 2026-03-01 until 2026-06-01: known, mended in May``."""
    who = f" by {decision.by}" if decision.by else ""
    when = f" on {decision.on}" if decision.on else ""
    until = f" until {decision.expires}" if decision.expires else ""
    over = " (expired: it counts no more)" if decision.expired else ""
    return f"{decision.decision}{who}{when}{until}{over}: {decision.reason}"
