"""The modules that TLC is given beside the audited ones: they watch a run, or run many mutants at once.

Nothing in them ever fails: what a state shows is printed, once, and the search goes on. Registers (``TLCSet``) remember
what was printed; a run has one worker, since each worker has registers of its own. What must not be evaluated ahead of
the run takes a variable as argument: TLC evaluates constant expressions once, before it starts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from tlc_runner.audit.cfg import Cfg
from tlc_runner.audit.combine import combined
from tlc_runner.audit.syntax import Behaviour, Tree
from tlc_runner.audit.types import Mutation

#: First element of every tuple that these modules print.
TAG = "code2tla-audit"
DEADLOCK = "Deadlock"
#: Registers from here on are the audit's.
_FIRST = 12_000

_KIT = """\
---- MODULE {kit} ----
LOCAL INSTANCE TLC
LOCAL INSTANCE Integers
Start(last) == \\A register \\in {first}..last : TLCSet(register, 0)
Once(what, number) ==
    IF TLCGet({first} + number) # 0 THEN TRUE
    ELSE TLCSet({first} + number, 1) /\\ PrintT(<<"{tag}", what, number>>)
Fresh(number) == TLCGet({first} + number) = 0
Level(state) ==
    IF TLCGet("level") <= TLCGet({first}) THEN TRUE
    ELSE /\\ TLCSet({first}, TLCGet("level"))
         /\\ PrintT(<<"{tag}", "level", TLCGet("level"), TLCGet("distinct")>>)
Differ(before, after) == ToString(before) # ToString(after)
Up(register) == TLCSet(register, TLCGet(register) + 1)
At(mutant, number) == {first} + 2 + mutant * {width} + number
Dead(mutant) == TLCGet(At(mutant, 0)) # 0
Room(mutant) == TLCGet("level") <= {depth} /\\ TLCGet(At(mutant, 1)) < {states}
Seen(mutant) == Up(At(mutant, 1))
Step(mutant) == Up(At(mutant, 2))
Noticed(mutant, property) ==
    /\\ TLCSet(At(mutant, 0), 1)
    /\\ PrintT(<<"{tag}", "noticed", mutant, property>>)
Counts(last) == last < 0
GoesOn(last) == last > -({depth} + 2)
After(last) == last - 1
Starts(mutants) == mutants \\cup {{-1, 0}}
Open(mutant, property) == TLCGet({first} + 2 + mutant * 0 + {notes} + property) = 0
Note(mutant, property) ==
    /\\ TLCSet({first} + 2 + {notes} + property, 1)
    /\\ PrintT(<<"{tag}", "noticed", mutant, property>>)
    /\\ {end}
Now(mutant) ==
    IF TLCGet({first} + 1) = mutant THEN TRUE
    ELSE TLCSet({first} + 1, mutant) /\\ PrintT(<<"{tag}", "now", mutant>>)
Told(mutant) == PrintT(<<"{tag}", "told", mutant, TLCGet(At(mutant, 1)), TLCGet(At(mutant, 2))>>)
Tell(last, mutants) ==
    IF GoesOn(last) \\/ TLCGet({first}) # 0 THEN TRUE
    ELSE TLCSet({first}, 1) /\\ \\A mutant \\in mutants : Told(mutant)
====
"""


@dataclass(frozen=True, slots=True)
class Names:
    """Names that the audited modules do not use: of the root, the kit, its instance, the variable and its module."""

    stem: str

    @classmethod
    def free_in(cls, modules: Mapping[str, str], cfg: str) -> Names:
        """Names that do not occur in these texts."""
        taken = " ".join([*modules, *modules.values(), cfg])
        stem = "Audit"
        while stem in taken:
            stem += "_"
        return cls(stem)

    @property
    def root(self) -> str:
        """The root module."""
        return f"{self.stem}Root"

    @property
    def kit(self) -> str:
        """The module of operators, and the name of its instance."""
        return f"{self.stem}Kit"

    @property
    def home(self) -> str:
        """The module that declares the variable."""
        return f"{self.stem}Choice"

    @property
    def variable(self) -> str:
        """The variable that says which mutant a behaviour is of; 0 is none, below 0 counts levels."""
        return f"{self.stem}Mutant"


@dataclass(frozen=True, slots=True)
class Prepared:
    """Modules, root and configuration of a run."""

    modules: Mapping[str, str]
    root: str
    cfg: str


def probe(
    modules: Mapping[str, str], tree: Tree, cfg: Cfg, names: Names, invariants: Sequence[str], enabled: str
) -> Prepared:
    """A run of the specification itself that prints, each once: ``violated`` i, ``changed`` j, ``cut`` k, levels.

    They count through ``invariants`` and deadlock after them (where ``enabled``, the next-state relation, is given),
    the variables, and the configuration's constraints followed by its action constraints.
    """
    kit, variables = names.kit, tree.variables
    tests = [f'({name}) \\/ {kit}!Once("violated", {i})' for i, name in enumerate(invariants, 1)]
    if enabled:
        tests.append(f'(ENABLED ({enabled})) \\/ {kit}!Once("violated", {len(invariants) + 1})')
    offset = len(invariants) + 1
    changes = [
        f'IF {kit}!Fresh({n}) THEN {kit}!Differ({v}, {v}\') => {kit}!Once("changed", {n}) ELSE TRUE'
        for n, v in enumerate(variables, offset + 1)
    ]
    offset += len(variables)
    body = [f"{names.stem}Look == " + _all(tests)]
    constraints: list[str] = []
    actions = [f"{names.stem}Step"]
    body.append(f"{names.stem}Step == " + _all([f"{kit}!Level({variables[0]})", *changes]))
    for n, name in enumerate([*cfg.constraints, *cfg.action_constraints], offset + 1):
        body.append(f'{names.stem}Cut{n} == ({name}) \\/ ({kit}!Once("cut", {n}) /\\ FALSE)')
        (constraints if name in cfg.constraints else actions).append(f"{names.stem}Cut{n}")
    used = offset + len(cfg.constraints) + len(cfg.action_constraints)
    made = _root(names, tree.root, (), [f"ASSUME {kit}!Start({_FIRST + used})", *body])
    changed = replace(
        cfg,
        invariants=(f"{names.stem}Look",),
        properties=(),
        constraints=tuple(constraints),
        action_constraints=tuple(actions),
    )
    return Prepared({**modules, **made, **_kit(names)}, names.root, changed.text())


def together(
    modules: Mapping[str, str],
    tree: Tree,
    cfg: Cfg,
    names: Names,
    behaviour: Behaviour,
    mutations: Sequence[Mutation],
    properties: Sequence[tuple[int, str]],
    types: Sequence[str],
    *,
    active: str,
    depth: int,
    states: int,
    every: bool,
) -> Prepared:
    """One run of the specification (mutant 0) and all ``mutations``; prints ``noticed`` m p and, last, ``told`` m s t.

    ``properties`` are numbers and names; :data:`DEADLOCK` is that some step is possible. The types go first, those of
    ``types`` too: a state that leaves them is asked nothing else. A mutant ends with the first state in which a
    property notices it, at level ``depth`` or with ``states`` states. ``told`` comes when all were explored: states
    and transitions of each. With ``every``, a mutant goes on, each property is printed with the first mutant that it
    notices, and the run ends when all were.
    """
    kit, mutant = names.kit, names.variable
    verb = "Note" if every else "Noticed"
    registers = (max((m.number for m in mutations), default=0) + 1) * _WIDTH
    chosen = "{" + ", ".join(str(m.number) for m in mutations) + "}"
    tests = []
    for number, name in sorted(properties, key=lambda p: not is_type(p[1])):
        holds = f"ENABLED ({behaviour.next})" if name == DEADLOCK else name
        if every:
            holds = f"{kit}!Open({mutant}, {number}) => ({holds})"
        tests.append((is_type(name), f"({holds})", f"{kit}!{verb}({mutant}, {number})"))
    asked = [f"IF ~{holds} THEN {noticed} ELSE" for first, holds, noticed in tests if first]
    asked += [f"IF ~({name}) THEN TRUE ELSE" for name in types if name not in dict(properties).values()]
    rest = _all([f"{holds} \\/ {noticed}" for first, holds, noticed in tests if not first])
    body = [
        f"ASSUME {kit}!Start({_FIRST + 2 + registers + max((n for n, _ in properties), default=0)})",
        f"{names.stem}Init == {mutant} \\in {kit}!Starts({chosen}) /\\ ({behaviour.init})",
        f"{names.stem}Next ==",
        f"    \\/ /\\ {kit}!Counts({mutant}) /\\ {kit}!GoesOn({mutant}) /\\ {mutant}' = {kit}!After({mutant})",
        f"       /\\ UNCHANGED <<{', '.join(tree.variables)}>>",
        f"    \\/ /\\ ~{kit}!Counts({mutant}) /\\ ~{kit}!Dead({mutant}) /\\ {kit}!Room({mutant})",
        f"       /\\ {mutant}' = {mutant} /\\ {kit}!Now({mutant})",
        f"       /\\ ({behaviour.next})",
        f"       /\\ {kit}!Step({mutant})",
        f"{names.stem}Look ==",
        f"    IF {kit}!Counts({mutant}) THEN {kit}!Tell({mutant}, {chosen} \\cup {{0}})",
        f"    ELSE IF {kit}!Dead({mutant}) THEN TRUE",
        f"    ELSE {kit}!Now({mutant}) /\\ {kit}!Seen({mutant}) /\\ ({' '.join(asked)} ({rest}))",
    ]
    if cfg.view:
        body.append(f"{names.stem}View == <<{cfg.view}, {mutant}>>")
    woven = {
        f"{module.name}.tla": combined(module, mutations, mutant, active, names.home)
        for module in tree.modules.values()
    }
    home = {f"{names.home}.tla": f"---- MODULE {names.home} ----\nVARIABLE {mutant}\n====\n"}
    made = _root(names, tree.root, (names.home,), body)
    changed = replace(
        cfg,
        specification="",
        init=f"{names.stem}Init",
        next=f"{names.stem}Next",
        invariants=(f"{names.stem}Look",),
        properties=(),
        view=f"{names.stem}View" if cfg.view else "",
    )
    kept = [number for number, _ in properties] if every else []
    files = {**modules, **woven, **home, **made, **_kit(names, depth, states, registers, kept)}
    return Prepared(files, names.root, changed.text())


def anywhere(
    modules: Mapping[str, str], tree: Tree, cfg: Cfg, names: Names, types: Sequence[str], asked: Sequence[str]
) -> Prepared:
    """A run over every state in which ``types`` hold; prints ``violated`` i for each of ``asked`` that one refutes."""
    tests = [f'({name}) \\/ {names.kit}!Once("violated", {i})' for i, name in enumerate(asked, 1)]
    body = [
        f"ASSUME {names.kit}!Start({_FIRST + len(asked)})",
        f"{names.stem}Init == " + _all(types),
        f"{names.stem}Next == UNCHANGED <<{', '.join(tree.variables)}>>",
        f"{names.stem}Look == " + _all(tests),
    ]
    made = _root(names, tree.root, (), body)
    changed = replace(cfg, init=f"{names.stem}Init", next=f"{names.stem}Next", invariants=(f"{names.stem}Look",))
    return Prepared({**modules, **made, **_kit(names)}, names.root, changed.text())


def is_type(name: str) -> bool:
    """Whether a property goes by the name of the types' invariant."""
    return name.lower().startswith("type") or name.lower().endswith(("typeok", "typeinvariant"))


#: Registers of a mutant: whether it was noticed, its states, its transitions.
_WIDTH = 3


def _kit(
    names: Names, depth: int = 0, states: int = 0, notes: int = 0, properties: Sequence[int] = ()
) -> dict[str, str]:
    last = "TRUE"  # what a kit that can stop TLC does not say: its runs do not count as complete
    if properties:
        noted = ", ".join(map(str, properties))
        last = f'((\\A p \\in {{{noted}}} : ~Open(mutant, p)) => TLCSet("exit", TRUE))'
    text = _KIT.format(
        kit=names.kit, first=_FIRST, tag=TAG, width=_WIDTH, depth=depth, states=states, notes=notes, end=last
    )
    return {f"{names.kit}.tla": text}


def _root(names: Names, root: str, extended: Sequence[str], body: Sequence[str]) -> dict[str, str]:
    lines = [
        f"---- MODULE {names.root} ----",
        f"EXTENDS {', '.join([root, *extended])}",
        f"{names.kit} == INSTANCE {names.kit}",
        *body,
        "====",
    ]
    return {f"{names.root}.tla": "\n".join(lines) + "\n"}


def _all(tests: Sequence[str]) -> str:
    return " /\\ ".join(f"({test})" for test in tests) if tests else "TRUE"
