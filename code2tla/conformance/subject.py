"""What conformance is asked about: a specification, and how its variables are seen in the code."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from specgen import printing
from specgen.ir import Program
from specgen.types import Bounds, Spec, Target
from specgen.value_types import DictT, NoneT, Ty, UnionT, join

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


def subject_of(
    spec: Spec, target: Target, program: Program | None = None, mapping: Mapping[str, str] = MappingProxyType({})
) -> Subject:
    """How a specification by any author is seen in the code.

    ``mapping`` gives variables as Python expressions over ``self`` and ``module``. Where it does not name a variable,
    the beginning of its comment does (``self.left``, ``self._lock: who holds it``); one without either is left free.
    ``program`` is what the compiler makes of the target, which says of what types variables of the same names are.
    """
    decls = {v.name: v for v in program.vars} if program else {}
    shown = _shown(spec.text)
    mapped = []
    for variable in spec.variables:
        decl = decls.get(variable.name)
        code = mapping.get(variable.name) or _code(variable.comment, target)
        if not code or (decl and not decl.observable):
            continue
        if decl and variable.name in shown:
            by_value = decl.view is not None or not isinstance(decl.ty, UnionT)
            mapped.append(Mapped(variable.name, f"View.{variable.name}", code, decl.ty, by_value))
        else:
            mapped.append(Mapped(variable.name, variable.name, code, decl.ty if decl else None))
    clock = next((v.name for v in spec.variables if v.comment.startswith(_CLOCK)), "")
    result = join(program.result_ty, NoneT()) if program else None
    return Subject(spec, target, tuple(mapped), result, _fields(program) if program else {}, clock)


def _fields(program: Program) -> dict[str, tuple[tuple[str, Ty], ...]]:
    heap: dict[str, list[tuple[str, Ty]]] = defaultdict(list)
    for var in program.vars:
        attribute, of, cls = var.comment.partition(" of each ")
        if of and isinstance(var.ty, DictT):
            heap[cls].append((attribute.strip("_") or "it", var.ty.value))
    return {cls: tuple(found) for cls, found in heap.items()}


def _shown(module: str) -> frozenset[str]:
    """The names of the fields of ``View``, by which a module shows what callers can see."""
    view = re.search(r"^View == (\[.*?\])\n(?=\S|\n)", module, re.MULTILINE | re.DOTALL)
    return frozenset(re.findall(r"(\w+) \|->", view[1])) if view else frozenset()


_CLOCK = "the time"
_STORE = " a key/value store by contract"
_PATH = re.compile(r"(self\.)?[A-Za-z_][\w.]*\Z")


def _code(comment: str, target: Target) -> str:
    """The Python expression that a variable's comment begins with, "" where it begins with none."""
    shown, _, what = comment.partition(":")
    if what == _STORE:  # which is called by its name without the underscore
        return f"runtime.held(self, {shown!r})"
    if found := re.fullmatch(r"the lock of (.+)", shown):
        shown = f"{found[1]}._lock"
    if " of each " in shown or not _PATH.match(shown):
        return ""
    if not shown.startswith("self."):
        return f"module.{shown}"
    owner = (target.cls or "").lstrip("_")
    return re.sub(r"\.(__\w*[^_\W]_?)(?=\.|\Z)", rf"._{owner}\1", shown) if owner else shown


def constants(spec: Spec) -> str:
    """The lines of a configuration that give the constants that the specification has for ``BOUNDS``."""
    lines = printing.cfg(spec, BOUNDS, True).partition("SPECIFICATION")[0].splitlines()
    return "\n".join(x for x in lines if "=" not in x or re.search(rf"\b{x.split()[0]}\b", spec.text)) + "\n"


def in_sets(given: str) -> list[str]:
    """The model values that constants' lines have inside of sets."""
    inside = [name for found in re.findall(r"= {(.*)}", given) for name in re.findall(r"[A-Za-z_]\w*", found)]
    return list(dict.fromkeys(inside))
