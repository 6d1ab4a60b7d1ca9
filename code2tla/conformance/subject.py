"""What conformance is asked about: a specification, and how its variables are seen in the code."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from specgen.expr import DictT, NoneT, Ty, UnionT, join
from specgen.ir import Program, VarDecl
from specgen.types import Bounds, Spec, Target

#: The scenario of the recorded schedules.
BOUNDS = Bounds(callers=3, before=2, level=1)


@dataclass(frozen=True, slots=True)
class Mapped:
    """How a variable is seen in the code.

    ``value`` is a TLA+ expression over the specification's variables and ``code`` a Python expression over ``self``
    and ``module`` for the same thing. ``ty`` is its type where one is known; ``by_value``: ``value`` shows dicts by
    their entries and objects by their fields.
    """

    name: str
    value: str
    code: str
    ty: Ty | None = None
    by_value: bool = False


@dataclass(frozen=True, slots=True)
class Subject:
    """A specification and how it is seen in the code: what conformance is asked about.

    ``result`` is the type of what calls return, ``fields`` the fields of the classes of objects by class, ``clock`` the
    variable that is the time, None where there is none.
    """

    spec: Spec
    target: Target
    mapped: tuple[Mapped, ...]
    result: Ty | None = None
    fields: Mapping[str, tuple[tuple[str, Ty], ...]] = field(default_factory=dict)
    clock: str = ""


def compiled(spec: Spec, target: Target, program: Program) -> Subject:
    """The subject of a specification that was compiled from ``program``."""
    names = {v.name for v in spec.variables}
    heap: dict[str, list[tuple[str, Ty]]] = defaultdict(list)
    for var in program.vars:
        attribute, of, cls = var.comment.partition(" of each ")
        if of and isinstance(var.ty, DictT):
            heap[cls].append((attribute.strip("_") or "it", var.ty.value))
    mapped = [
        Mapped(v.name, f"View.{v.name}", code, v.ty, v.view is not None or not isinstance(v.ty, UnionT))
        for v in program.vars
        if v.name in names and v.observable and (code := _code(v, target))
    ]
    fields = {cls: tuple(found) for cls, found in heap.items()}
    clock = "clock" if "clock" in names and any(e.name == "Tick" for e in program.env) else ""
    return Subject(spec, target, tuple(mapped), join(program.result_ty, NoneT()), fields, clock)


def authored(spec: Spec, target: Target, mapping: Mapping[str, str]) -> Subject:
    """The subject of a specification by any author; ``mapping`` gives variables as Python expressions over ``self``."""
    names = [v.name for v in spec.variables if v.name in mapping]
    return Subject(spec, target, tuple(Mapped(name, name, mapping[name]) for name in names))


_STORE = " a key/value store by contract"
_PATH = re.compile(r"(self\.)?[A-Za-z_][\w.]*\Z")


def _code(var: VarDecl, target: Target) -> str:
    """The Python expression for a variable of the static author, "" where there is none."""
    shown, _, what = var.comment.partition(":")
    if what == _STORE:  # which is called by its name without the underscore
        return f"runtime.held(self, {shown.removeprefix('self.')!r})"
    if found := re.fullmatch(r"the lock of (.+)", shown):
        shown = f"{found[1]}._lock"
    if " of each " in shown or not _PATH.match(shown):
        return ""
    if not shown.startswith("self."):
        return f"module.{shown}"
    owner = (target.cls or "").lstrip("_")
    return re.sub(r"\.(__\w*[^_\W]_?)(?=\.|\Z)", rf"._{owner}\1", shown) if owner else shown
