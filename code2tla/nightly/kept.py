"""What an earlier run left in a specification directory, and where its feature is by now."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from code2tla import output
from code2tla.errors import InputError, UsageError
from extractor import git
from reports import jsonio
from reports.result import Result


@dataclass(frozen=True, slots=True)
class Kept:
    """The result, the ``provenance.json`` of each shared object's specification, and the classes asked for by name."""

    spec_dir: Path
    result: Result
    provenances: tuple[Mapping[str, Any], ...]
    only: tuple[str, ...] = ()


def read(spec_dir: Path) -> Kept:
    """Read a specification directory. Raises UsageError or InputError."""
    try:
        result = output.read_result(spec_dir)
    except jsonio.ResultUnreadable as error:
        raise UsageError(f"{spec_dir}: {error}") from error
    homes = [spec_dir / part.spec.module if result.parts else spec_dir for part in result.parts or (result,)]
    provenances = tuple(_provenance(h / "provenance.json") for h in homes if (h / "provenance.json").is_file())
    return Kept(spec_dir, result, provenances, _only(spec_dir / "plan.json"))


def _only(path: Path) -> tuple[str, ...]:
    try:
        return tuple(str(name) for name in json.loads(path.read_text(encoding="utf-8"))["only"])
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); run code2tla again to write it anew") from error
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path}: is no plan of this version; run code2tla again to write it anew") from error


_SOURCE = ("path", "line", "end_line", "code_sha256", "tokens", "function", "function_sha256")


def _provenance(path: Path) -> Mapping[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        sources = [source for action in value["actions"].values() for source in action["sources"]]
        _ = [source[key] for source in sources for key in _SOURCE]
        return {"module": str(value["module"]), "actions": value["actions"]}
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); run code2tla again to write it anew") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: is no provenance of this version; run code2tla again to write it anew") from error


def feature_now(kept: Kept, repo: Path) -> str:
    """The feature's path in ``repo``, which may have been renamed since. Raises UsageError if it is nowhere."""
    feature = kept.result.feature.path
    if (repo / feature).exists():
        return feature
    moved = _moved(repo, kept.result.feature.commit, feature)
    if moved is not None and (repo / moved).exists():
        return moved
    raise UsageError(
        f"{feature}: no longer in {repo}, and git knows no new name for it; run code2tla on what took over"
    )


def _moved(repo: Path, commit: str | None, feature: str) -> str | None:
    """Where git's rename detection says that the feature's files went: the same directory for most of them."""
    if commit is None:
        return None
    words = ("diff", "--no-ext-diff", "--no-textconv", "--find-renames=50%", "--name-status", "-z", "--diff-filter=R")
    listed = git.run(repo, *words, commit, "HEAD", "--")
    if not isinstance(listed, bytes):
        return None
    fields = listed.decode("utf-8", "surrogateescape").split("\0")
    targets: Counter[str] = Counter()
    for old, new in zip(fields[1::3], fields[2::3], strict=False):
        if old == feature:
            return new
        if PurePosixPath(old).is_relative_to(feature):
            below = PurePosixPath(old).relative_to(feature).parts
            after = PurePosixPath(new).parts
            if after[-len(below) :] == below:
                targets[PurePosixPath(*after[: -len(below)]).as_posix()] += 1
    return targets.most_common(1)[0][0] if targets else None
