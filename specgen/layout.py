"""What every part of a module's text needs to know: its names, its labels, what it declares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from specgen.expr import Const, Expr
from specgen.folding import FALSE
from specgen.helpers import HELPERS
from specgen.ir import Program, VarDecl
from specgen.names import name_places
from specgen.render import Renderer
from specgen.rewrite import walk
from specgen.tree import Place, Step, blocked, expressions, leaves
from specgen.value_types import Ty
from specgen.words import RESERVED

_KNOWN = frozenset({"None", "Setup", "Callers", "Everyone", "Int", "Nat", "BOOLEAN", "STRING"})


@dataclass(frozen=True, slots=True)
class Idents:
    """Parameter and bound names of the frame, each free of clashes with what the module declares."""

    c: str
    d: str
    i: str
    k: str
    line: str
    locals: str
    r: str
    ops: str
    who: str
    calls: str


@dataclass(frozen=True, slots=True)
class Layout:
    """One module to be printed.

    ``object`` are its shared variables; ``labels`` the label of every place of an operation; ``names`` the
    name of every step by index; ``locals`` those that survive a step; ``model_values`` the elements of constant
    sets that expressions name; ``operators`` the helpers that had to be renamed; ``taken`` every name in use;
    ``at_once`` the operations whose calls begin with their first step; ``keeps``: what a call or the set-up leaves
    behind stays as it is, although nobody needs it.
    """

    program: Program
    steps: Sequence[Step]
    object: tuple[str, ...]
    observable: tuple[VarDecl, ...]
    model_values: tuple[str, ...]
    operators: dict[str, str]
    taken: frozenset[str]
    idents: Idents
    render: Renderer
    labels: dict[tuple[str, Place], str]
    names: dict[int, str]
    locals: dict[str, Ty]
    mid_turn: tuple[str, ...]
    all_expressions: tuple[Expr, ...]
    at_once: frozenset[str]
    keeps: bool

    @property
    def start(self) -> list[str]:
        """The variable that remembers the object's first state, where there is anything to remember."""
        return ["start"] if self.observable else []

    @property
    def local(self) -> list[str]:
        """The variable of the locals, where any survives a step."""
        return ["local"] if self.locals else []

    @property
    def unchanged_object(self) -> list[str]:
        """The object in an UNCHANGED tuple."""
        return ["object"] if len(self.object) > 1 else list(self.object)

    def free(self, name: str) -> str:
        """The name, lengthened until it clashes with nothing."""
        return _free(name, self.taken)

    def entry(self, operation: str) -> Place:
        """The place at which calls of the operation begin."""
        return next(s.place for s in self.steps if s.operation == operation)

    def stays(self) -> list[str]:
        """The labels at which a call may be found between two steps."""
        return list(
            dict.fromkeys(
                label for (o, place), label in self.labels.items() if o not in self.at_once or place != self.entry(o)
            )
        )


def lay_out(program: Program, steps: Sequence[Step], *, begin_apart: bool, keeps: bool) -> Layout:
    """Decides every name of the module; ``begin_apart``: to begin a call is always a step of its own."""
    found = _expressions(program, steps)
    model_values = _model_values(program, found)
    declared = {v.name for v in program.vars} | {c.name for c in program.consts} | set(model_values)
    taken = frozenset(declared | RESERVED)
    operators = {n: _free(f"{n}Of", taken) for n in HELPERS if n in declared}
    idents = _idents(taken)
    labels, names = name_places(program, steps, taken | set(HELPERS))
    kept = {n for s in steps for leaf in leaves(s.tree) for n, _ in leaf.locals}
    mid = dict.fromkeys(label for (_, place), label in labels.items() if place.mid_turn)
    at_once = frozenset(o.name for o in program.operations if not begin_apart and _begins_at_once(o.name, steps))
    return Layout(
        program=program,
        steps=steps,
        object=tuple(v.name for v in program.vars),
        observable=tuple(v for v in program.vars if v.observable),
        model_values=model_values,
        operators=operators,
        taken=taken | set(names.values()),
        idents=idents,
        render=Renderer(idents.c, operators=operators),
        labels=labels,
        names=names,
        locals={n: t for n, t in program.locals.items() if n in kept},
        mid_turn=tuple(mid),
        all_expressions=tuple(found),
        at_once=at_once,
        keeps=keeps,
    )


def _begins_at_once(operation: str, steps: Sequence[Step]) -> bool:
    """Whether a call may as well begin with its first step.

    Nobody sees that a call has begun, so to begin moves both ways. But a call that has to wait where it begins must
    be seen to wait, and a place that is come back to needs a label.
    """
    own = [s for s in steps if s.operation == operation]
    entry = own[0].place
    if entry.mid_turn or any(leaf.goto == entry for s in own for leaf in leaves(s.tree)):
        return False
    first = [s for s in own if s.place == entry]
    return len(first) == 1 and blocked(first[0].tree) == FALSE


def _idents(taken: frozenset[str]) -> Idents:
    """The usual names, or where the program has variables of those names, others that read as well."""
    wanted = (
        "c p",
        "d q",
        "i j",
        "k chosen",
        "line label",
        "locals kept",
        "r answer",
        "ops operations",
        "who runs",
        "calls choice",
    )
    return Idents(*(next((n for n in w.split() if n not in taken), _free(w.split()[0], taken)) for w in wanted))


def _expressions(program: Program, steps: Sequence[Step]) -> list[Expr]:
    out: list[Expr] = []
    for v in program.vars:
        out += [e for e in (v.init, v.init_set, v.view) if e is not None]
    for step in steps:
        out += list(expressions(step.tree))
    for action in program.env:
        out += [action.guard, *(e for _, e in action.updates)]
    out += [i.expr for i in program.invariants]
    out += [program.result_view] if program.result_view is not None else []
    out += [a.failure for a in program.code_assertions]
    out += [p.domain for o in program.operations for p in o.params]
    return out


def _model_values(program: Program, found: Sequence[Expr]) -> tuple[str, ...]:
    """Model values that expressions name although no constant of that name is declared."""
    declared = {c.name for c in program.consts} | _KNOWN
    names = (e.name for expr in found for e in walk(expr) if isinstance(e, Const))
    return tuple(dict.fromkeys(n for n in names if n not in declared))


def _free(name: str, taken: frozenset[str]) -> str:
    while name in taken:
        name += "_"
    return name
