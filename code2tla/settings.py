"""Settings: command line > environment ``CODE2TLA_*`` > ``code2tla.toml`` in the target > defaults."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from platformdirs import user_cache_path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from code2tla import model_settings
from code2tla.errors import SettingError
from code2tla.model_settings import ModelSettings, ModelValues, Prices, number
from replay.choose import SandboxName

FILE_NAME = "code2tla.toml"
PREFIX = "CODE2TLA_"

RunnerName = Literal["auto", "embedded", "docker"]

#: The memory of this machine: a heap larger than that only swaps, and TLC gets nowhere.
_MACHINE_MB = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 1_048_576


@dataclass(frozen=True, slots=True)
class Invariant:
    """An invariant written in Python over ``self``; ``cls`` is the class it speaks of (None: the only one)."""

    name: str
    expr: str
    when: Literal["always", "quiescent"] = "always"
    cls: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that steers a run.

    ``budget`` is in seconds of wall clock for the model checking of all targets together, ``audit_budget`` for the
    audit of what passed (0: none), ``memory_mb`` the heap of one TLC, ``workers`` its threads, ``states`` the distinct
    states of one TLC run (None: no limit); ``callers`` and ``before`` are the largest scenario: how many overlapping
    calls, after how many set-up calls; a ``sweep`` goes on to larger ones until the budget is spent. ``execute`` lets
    the target's own code run in a ``sandbox``, to replay what was found; with ``conformance`` also to compare
    ``schedules`` random schedules from ``seed`` on with the specification. ``spec_dir`` is where the specification goes
    (None: ``specs/<feature>/`` in ``out``).
    ``author`` is static, llm, agent or ``scripted:FILE``; one that writes starts from the static ``draft`` or from the
    ``facts`` alone, may repair an answer ``repairs`` times and changes what it wrote in ``rounds`` rounds at most.
    ``replay`` is a transcript that answers in the author's place. ``models`` are the llm author's.
    """

    out: Path = Path()
    spec_dir: Path | None = None
    budget: float = 60.0
    audit_budget: float = 20.0
    memory_mb: int = 2048
    states: int | None = None
    workers: int = 1
    runner: RunnerName = "auto"
    jar: Path | None = None
    classes: tuple[str, ...] = ()
    callers: int = 3
    before: int = 2
    sweep: bool = False
    execute: bool = False
    sandbox: SandboxName = "auto"
    conformance: bool = False
    schedules: int = 60
    seed: int = 0
    author: str = "static"
    start: Literal["draft", "facts", "kept"] = "draft"
    repairs: int = 2
    rounds: int = 4
    replay: Path | None = None
    invariants: tuple[Invariant, ...] = ()
    models: ModelSettings = ModelSettings()
    cache: Path = Path()

    @property
    def index_file(self) -> Path:
        """The extractor's sqlite index."""
        return self.cache / "index.sqlite"

    @property
    def templates(self) -> Path:
        """Where the report's compiled templates are kept."""
        return self.cache / "templates"


def _env(key: str) -> str:
    return PREFIX + ("TLA2TOOLS" if key == "jar" else key.upper().replace("-", "_"))


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


class _Values(ModelValues):
    """The settings as text from outside may give them; None means: not given."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    out: Path | None = None
    budget: Annotated[float, BeforeValidator(number), Field(gt=0, le=604_800)] | None = None
    audit_budget: Annotated[float, BeforeValidator(number), Field(ge=0, le=604_800)] | None = Field(
        default=None, alias="audit-budget"
    )
    memory_mb: Annotated[int, BeforeValidator(number), Field(ge=64, le=_MACHINE_MB)] | None = Field(
        default=None, alias="memory"
    )
    states: Annotated[int, BeforeValidator(number), Field(ge=1)] | None = None
    workers: Annotated[int, BeforeValidator(number), Field(ge=1, le=256)] | None = None
    runner: RunnerName | None = None
    jar: Path | None = None
    classes: Annotated[tuple[Annotated[str, Field(min_length=1)], ...], BeforeValidator(_split)] | None = Field(
        default=None, alias="class"
    )
    callers: Annotated[int, BeforeValidator(number), Field(ge=2, le=6)] | None = None
    before: Annotated[int, BeforeValidator(number), Field(ge=0, le=6)] | None = None
    sweep: bool | None = None
    execute: bool | None = None
    sandbox: SandboxName | None = None
    conformance: bool | None = None
    schedules: Annotated[int, BeforeValidator(number), Field(ge=1, le=10_000)] | None = None
    seed: Annotated[int, BeforeValidator(number), Field(ge=0)] | None = None
    author: Annotated[str, Field(pattern=r"^(static|llm|agent|scripted:.+)$")] | None = None
    start: Literal["draft", "facts", "kept"] | None = Field(default=None, alias="from")
    repairs: Annotated[int, BeforeValidator(number), Field(ge=0, le=10)] | None = None
    rounds: Annotated[int, BeforeValidator(number), Field(ge=1, le=50)] | None = None
    replay: Path | None = None
    cache: Path | None = None


class _Invariant(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expr: Annotated[str, Field(min_length=1)]
    when: Literal["always", "quiescent"] = "always"
    cls: str | None = Field(default=None, alias="class")


def _whole(value: object) -> object:
    return {"expr": value} if isinstance(value, str) else value


class _File(_Values):
    """``code2tla.toml``: the settings, a table of invariants, and one of prices."""

    prices: Prices = Field(default_factory=dict)
    invariants: dict[
        Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")], Annotated[_Invariant, BeforeValidator(_whole)]
    ] = Field(default_factory=dict)


_Model = TypeVar("_Model", bound=_Values)

#: What each setting allows, for error messages.
ALLOWED = {
    "out": "a directory",
    "budget": "seconds, more than 0",
    "audit-budget": "seconds, 0 for no audit",
    "memory": f"megabytes, a whole number from 64 to the {_MACHINE_MB} of this machine",
    "states": "a whole number from 1",
    "workers": "a whole number from 1 to 256",
    "runner": "auto, embedded or docker",
    "jar": "a path to tla2tools.jar",
    "class": "names of classes of the feature",
    "callers": "a whole number from 2 to 6",
    "before": "a whole number from 0 to 6",
    "sweep": "true or false",
    "execute": "true or false",
    "sandbox": "auto, docker or process",
    "conformance": "true or false",
    "schedules": "a whole number from 1 to 10000",
    "seed": "a whole number from 0",
    "author": "static, llm or agent",
    "from": "draft, facts or kept",
    "repairs": "a whole number from 0 to 10",
    "rounds": "a whole number from 1 to 50",
    "replay": "a transcript.jsonl of an earlier run",
    **model_settings.ALLOWED,
    "prices": '"PROVIDER:NAME" = {input = 2.5, output = 10}, in dollars per million tokens',
    "cache": "a directory",
    "invariants": 'Name = "a Python expression", or '
    'Name = {expr = "...", when = "always" or "quiescent", class = "..."}',
}
#: Where results and caches go, which jar is run, whether the target's code is, who is shown it and what that may cost,
#: is the user's to say and never the target's.
_USERS_OWN = ("out", "jar", "execute", "sandbox", "conformance", "author", "replay", "cache", *model_settings.ALLOWED)


#: The largest scenario of a sweep, where none is given.
_SWEEP = 6


def load(repo: Path, options: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings for a run on ``repo``; ``options`` are those of the command line, None where not given.

    Raises SettingError with one line that names where the value stands, the key, and what is allowed.
    """
    merged: dict[str, Any] = {"cache": user_cache_path("code2tla")}
    text = _read(repo / FILE_NAME)
    invariants: tuple[Invariant, ...] = ()
    prices: Prices = {}
    if text is not None:
        table = _toml(repo / FILE_NAME, text)
        for key in _USERS_OWN:
            if key in table:
                raise SettingError(f"{FILE_NAME}: {key}: not allowed here; give --{key} or {_env(key)}")
        from_file = _validate(_File, table, lambda key: f"{FILE_NAME}: {key}")
        merged |= _given(from_file)
        prices = from_file.prices
        invariants = tuple(
            Invariant(name, entry.expr, entry.when, entry.cls) for name, entry in from_file.invariants.items()
        )
    # CODE2TLA_TLA2TOOLS is looked at by the runner itself, which knows the other places a jar may be.
    names = [key for key in ALLOWED if key not in ("invariants", "jar", "prices")]
    from_env = {key: environ[_env(key)] for key in names if environ.get(_env(key))}
    given = {key: value for key, value in options.items() if value is not None}
    layers = [_validate(_Values, from_env, _env), _validate(_Values, given, lambda key: "--" + key)]
    for layer in layers:
        merged |= _given(layer)
    if merged.get("sweep"):
        merged = {"callers": _SWEEP, "before": _SWEEP} | merged
    return Settings(**merged, invariants=invariants, models=model_settings.merged(layers, prices))


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):  # the extractor says it of a repository that is a file
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{FILE_NAME}: cannot be read ({error}); mend or remove it") from error


def _toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingError(f"{path.name}: not valid TOML: {error}") from error


def _given(values: _Values) -> dict[str, Any]:
    names = {field.name for field in fields(Settings)} - {"invariants", "spec_dir", "models"}
    return {name: value for name in names if (value := getattr(values, name)) is not None}


def _validate(model: type[_Model], table: Mapping[str, Any], where: Callable[[str], str]) -> _Model:
    try:
        return model.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        path = [str(part) for part in first["loc"] if part != "[key]"]
        key = path[0] if path else "?"
        if first["type"] == "extra_forbidden" and len(path) == 1:
            names = ", ".join(name for name in ALLOWED if model is _File and name not in _USERS_OWN)
            raise SettingError(f"{where(key)}: no such setting; there are {names}") from None
        given = first["input"] if isinstance(first["input"], str | int | float | list) else "that"
        raise SettingError(f"{where('.'.join(path))}: {given!r} is not allowed; give {ALLOWED[key]}") from None
