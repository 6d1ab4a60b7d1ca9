"""What the words of a commit say: that it mends a fault, or takes another commit back."""

from __future__ import annotations

import re


def _words(text: str, before: str = r"\b", after: str = r"\b") -> re.Pattern[str]:
    """Any of the words; each may go on as ``*`` says."""
    return re.compile(before + "(?:" + "|".join(text.replace("*", r"\w*").split()) + ")" + after, re.IGNORECASE)


#: These speak of concurrency gone wrong, whatever else the subject says.
_RACES = _words(
    "race races racy raced deadlock* dead-lock* livelock* live-lock* starvation starve* thread-?safe* hang hangs hung "
    "lost.(?:update|wake-?up|message|job|task)s? "
    "double[- ](?:release|free|close|send|count|charge|spend)\\w* atomic* leak* "
    "corrupt* (?:not|never).lose twice (?:only|exactly|at.most).once"
)
_MENDS = _words(
    "fix fixes fixed fixing bug bugs bugfix hotfix repair* mend* correct corrects corrected crash* regression* broken "
    "wrong wrongly incorrect* stale missed missing lost resolves resolved prevents? prevented avoids? avoided "
    "infinite.loop memory.leak"
)
_CLOSES = re.compile(r"\b(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?):?\s+(?:[\w.-]+/[\w.-]+)?#\d+", re.IGNORECASE)
#: What is mended is no code that runs, or nothing is.
_ELSEWHERE = _words(
    "typos? spelling grammar docs? docstrings? documentation documenting readme changelog comments? "
    "lint* flake8 ruff pylint "
    "mypy pyright pre-commit black isort format* style whitespace imports? typing type.hints? "
    "(?:type.)?annotations? "
    "tests? testing "
    "line-length indent* naming ci travis tox workflows? build packag* setup.py versions? bump deprecat* "
    # A release of a lock is what may be mended; one of the software is not.
    "(?:new|next|pre|post|prepare|for|cut|a)[-\\s]releases? releases?[-\\s]notes? releases?:?\\s+v?\\d[\\w.]* "
    "merge refactor* renam* clean-?ups? "
    "examples? links? urls? benchmarks? coverage"
)
_CONVENTIONAL = _words("docs chore style ci build test refactor feat perf", before="^", after=r"(?:\([^)]*\))?!?:")
_NEW = _words(
    "add* implement* support* introduc* allow* feat* new initial first refactor* rewrit* renam* mov(?:e|ed|ing) remov* "
    "drop* clean* updat* bump* merge* deprecat* port* switch* convert* document* docs? chang* improv* optimi* start* "
    "begin* wip more make use using simplif* extend* expos* replac* creat* format* reformat* call name",
    before=r"^\s*(?:\w+(?:\([^)]*\))?!?:\s*)?",
)
_REVERTS = re.compile(r"\bThis reverts (?:commit|merge)\s+([0-9a-f]{7,64})", re.IGNORECASE)


def says_fix(message: str) -> bool:
    """Whether a message says that a fault of the code was mended (not of its documents, tests or packaging)."""
    subject, _, body = message.strip().partition("\n")
    if _RACES.search(subject):
        return True
    if _ELSEWHERE.search(subject) or _CONVENTIONAL.search(subject):
        return False
    return _MENDS.search(subject) is not None or (_CLOSES.search(body) is not None and not says_feature(message))


def says_feature(message: str) -> bool:
    """Whether the subject begins as that of new or rearranged code does."""
    subject = message.strip().partition("\n")[0]
    return any(pattern.search(subject) for pattern in (_NEW, _ELSEWHERE, _CONVENTIONAL))


def reverted(message: str) -> str | None:
    """The id, possibly short, of the commit that this one says it reverts."""
    found = _REVERTS.search(message)
    return found.group(1).lower() if found else None
