"""What the words of a commit say: that it mends a fault, or takes another commit back."""

from __future__ import annotations

import re

_FIX = re.compile(
    r"\b(?:fix(?:e[sd]|ing)?|bug(?:fix)?|hotfix|repair(?:s|ed)?|mend(?:s|ed)?|correct(?:s|ed)?|resolv(?:e[sd]?|ing)|"
    r"race[sd]?|racy|race condition|dead-?lock(?:s|ed|ing)?|live-?lock|starv(?:e[sd]?|ation|ing)|hang(?:s|ing)?|hung|leak(?:s|ed|ing)?|"
    r"crash(?:e[sd])?|corrupt(?:s|ed|ion|ing)?|regression|thread-?safe(?:ty)?|not lose|los(?:t|es|ing)|twice|"
    r"double[- ](?:release|free|close|send|count|charge|spend)\w*|atomic(?:ally|ity)?|wrong(?:ly)?|stale|missed|prevent(?:s|ed)?|avoid(?:s|ed)?|"
    r"ensure(?:s|d)?|work(?:s|ed)? ?around|broken|memory leak|infinite loop|never (?:end|return|wake)\w*)\b",
    re.IGNORECASE,
)
_CLOSES = re.compile(r"\b(?:fix(?:e[sd])?|close[sd]?|resolve[sd]?):?\s+(?:[\w.-]+/[\w.-]+)?#\d+", re.IGNORECASE)
_NO_FIX = re.compile(
    r"\b(?:typos?|spelling|grammar|docs?|docstrings?|documentation|readme|changelog|comments?|lint(?:er|ing)?|flake8|ruff|"
    r"pylint|mypy|pyright|pre-commit|black|isort|format(?:ting|ted)?|style|whitespace|imports?|typing|type (?:hints?|annotations?)|annotations?|"
    r"tests?|ci|travis|github actions|tox|workflow|build|packag(?:e|ing)|setup\.py|release|version|bump|deprecat\w*|merge (?:branch|pull)|"
    r"refactor\w*|renam\w*|clean-?ups?|examples?|links?|urls?|benchmarks?)\b|^(?:docs|chore|style|ci|build|test|refactor|feat)(?:\(.*\))?:",
    re.IGNORECASE,
)
_STRONG = re.compile(
    r"\b(?:race|dead-?lock|live-?lock|lost (?:update|wake-?up)|thread-?safe|atomic|hang|leak|starv|corrupt)",
    re.IGNORECASE,
)
_FEATURE = re.compile(
    r"^(?:\w+\(?\w*\)?:\s*)?(?:add(?:s|ed|ing)?|implement\w*|support\w*|introduc\w*|allow\w*|feat\w*|new|initial|first|refactor\w*|rewrit\w*|renam\w*|"
    r"mov(?:e|ed|ing)|remov\w*|drop\w*|clean\w*|updat\w*|bump\w*|merge\w*|deprecat\w*|port(?:ed)?|switch\w*|convert\w*|document\w*|docs?|"
    r"chang(?:e[sd]?|ing)|improv\w*|optimi[sz]\w*|start\w*|begin\w*|wip|more|make|use|using|simplif\w*|extend\w*|expos\w*|"
    r"replac\w*|creat\w*|format\w*|reformat\w*)\b",
    re.IGNORECASE,
)
_REVERTS = re.compile(r"\bThis reverts (?:commit|merge)\s+([0-9a-f]{7,64})", re.IGNORECASE)


def says_fix(message: str) -> bool:
    """Whether a message says that a fault of the code was mended (not of its documents, tests or packaging)."""
    subject, _, body = message.strip().partition("\n")
    if _STRONG.search(subject):
        return True
    if _NO_FIX.search(subject):
        return False
    return _FIX.search(subject) is not None or _CLOSES.search(body) is not None


def says_feature(message: str) -> bool:
    """Whether the subject begins as that of new or rearranged code does."""
    subject = message.strip().partition("\n")[0]
    return _FEATURE.match(subject.strip()) is not None or _NO_FIX.search(subject) is not None


def reverted(message: str) -> str | None:
    """The id, possibly short, of the commit that this one says it reverts."""
    found = _REVERTS.search(message)
    return found.group(1).lower() if found else None
