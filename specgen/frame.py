"""The parts of a module around its actions: declarations, helpers, first state, how calls begin, symmetry."""

from __future__ import annotations

import re

from specgen import type_ok
from specgen.blocks import Block, hang, joined
from specgen.expr import Op
from specgen.helpers import HELPERS
from specgen.ir import Operation
from specgen.layout import Layout
from specgen.remarks import aligned
from specgen.render import quoted
from specgen.rewrite import variables, walk
from specgen.typing_text import has_dict
from specgen.value_types import DictT, SeqT, SetT, Ty

_FRAME_CONSTANTS = (
    ("Callers", "the calls that may overlap"),
    ("Before", "how many calls ran, one after another, before them"),
    ("Overlap", "FALSE: one call at a time, to learn what serial orders give"),
    ("None", "Python's None"),
    ("Setup", "the caller that runs the calls before them"),
)
#: Operators that pick one element of a set by themselves: its values are then not alike any more.
_PICKS = frozenset({"SeqOf"})


def constant_lines(lay: Layout) -> list[str]:
    """The constants and what each is."""
    rows = [*_FRAME_CONSTANTS, *((c.name, c.comment) for c in lay.program.consts)]
    return aligned([*rows, *((n, "one of the values above") for n in lay.model_values)])


def variable_lines(lay: Layout) -> list[str]:
    """The variables and what each is."""
    rows = [(v.name, _variable_comment(lay, v.name)) for v in lay.program.vars]
    rows += [
        ("call", "caller -> the operation it runs and its arguments"),
        ("at", "caller -> the line where it will go on"),
        *((n, "caller -> those of its local variables that it still needs") for n in lay.local),
        ("result", "caller -> what it returned, or the name of what it raised; None before"),
        *((n, "the object as it was when the calls began to overlap; None before") for n in lay.start),
        ("before", "how many set-up calls have begun"),
    ]
    return aligned(rows)


def _variable_comment(lay: Layout, name: str) -> str:
    v = next(v for v in lay.program.vars if v.name == name)
    where = f"{v.source.path}:{v.source.line}" if v.source else ""
    return v.comment if not where or where in v.comment else f"{v.comment}, {where}" if v.comment else where


def calls(lay: Layout) -> list[str]:
    """The set of all calls, operations of one signature together."""
    shapes: dict[tuple[tuple[str, str], ...], list[str]] = {}
    for o in lay.program.operations:
        shape = tuple((p.name, lay.render.text(p.domain)) for p in o.params)
        shapes.setdefault(shape, []).append(o.name)
    sets = []
    for shape, ops in shapes.items():
        fields = ["op : {" + ", ".join(map(quoted, ops)) + "}", *(f"{n} : {d}" for n, d in shape)]
        sets.append(f"[{', '.join(fields)}]")
    return joined("Calls == ", sets, "\\cup ", 0)


def helpers(lay: Layout) -> list[str]:
    """Definitions of the helper operators in use, each with its comment."""
    used = {x.names[0] for e in lay.all_expressions for x in walk(e) if isinstance(x, Op) and x.name == "call"}
    out: list[str] = []
    for name, (definition, comment) in HELPERS.items():
        if name in used:
            out += ["", f"\\* {comment}", *_without_clashes(lay, definition).split("\n")]
    if any("IsDict(" in line for line in type_ok.conjuncts(lay)):
        d, keys, values, k = (lay.free(n) for n in ("d", "K", "V", "k"))
        body = f"DOMAIN {d} \\subseteq {keys} /\\ \\A {k} \\in DOMAIN {d} : {d}[{k}] \\in {values}"
        out += [
            "",
            f"\\* {d} is a dict with keys of {keys} and values of {values}",
            f"IsDict({d}, {keys}, {values}) == {body}",
        ]
    if _entries_needed(lay):
        d, x = lay.free("d"), lay.free("x")
        out += ["", "\\* the entries of the dict d", f"Entries({d}) == {{<<{x}, {d}[{x}]>> : {x} \\in DOMAIN {d}}}"]
    return out


def _without_clashes(lay: Layout, definition: str) -> str:
    """The definition with its own names changed where the module declares them as something else."""
    for old, new in lay.operators.items():
        definition = re.sub(rf"(?<![\w\\]){old}\b", new, definition)
    own = set(re.findall(r"(?<![\w\\])[a-zA-Z]\b", definition))
    for name in sorted(own & lay.taken):
        definition = re.sub(rf"(?<![\w\\]){name}\b", lay.free(name), definition)
    return definition


def _entries_needed(lay: Layout) -> bool:
    return any(v.view is None and has_dict(v.ty) for v in lay.observable) or has_dict(lay.program.result_ty)


def canonical(lay: Layout, text: str, ty: Ty, depth: int = 0) -> str:
    """Text of a value that prints alike however it came about: TLC prints an empty function in two ways."""
    name = lay.free("xyzuvw"[depth % 6])
    match ty:
        case DictT(_, value) if has_dict(value):
            inner = canonical(lay, f"{text}[{name}]", value, depth + 1)
            return f"{{<<{name}, {inner}>> : {name} \\in DOMAIN {text}}}"
        case DictT():
            return f"Entries({text})"
        case SeqT(item) if has_dict(item):
            return f"[{name} \\in DOMAIN {text} |-> {canonical(lay, f'{text}[{name}]', item, depth + 1)}]"
        case SetT(item) if has_dict(item):
            return f"{{{canonical(lay, name, item, depth + 1)} : {name} \\in {text}}}"
    return text


def view(lay: Layout) -> list[str]:
    """The record of what callers can see of the object."""
    fields: list[Block] = []
    for v in lay.observable:
        value = lay.render.block(v.view, 12) if v.view is not None else [canonical(lay, v.name, v.ty)]
        fields.append(hang(f"{v.name} |-> ", value))
    flat = "[" + ", ".join(f[0] for f in fields) + "]"
    if all(len(f) == 1 for f in fields) and len(flat) <= 90:
        return [flat]
    lines: list[str] = []
    for i, field in enumerate(fields):
        block = hang("[" if i == 0 else " ", field)
        block[-1] += "," if i < len(fields) - 1 else "]"
        lines += block
    return lines


#: Operators that bind no tighter than ``=``, so that a first value made with one stands in parentheses.
_RELATIONS = frozenset({"=", "#", "<", "<=", ">", ">=", "in", "notin", "subseteq", "and", "or"})


def first_value(lay: Layout, name: str) -> Block:
    r"""``name = value``, or ``name \in set`` where it has several first values."""
    v = next(v for v in lay.program.vars if v.name == name)
    if v.init_set is not None:
        return hang(f"{name} \\in ", lay.render.block(v.init_set, len(name) + 12))
    if isinstance(v.init, Op) and v.init.name in _RELATIONS:
        return [f"{name} = ({lay.render.text(v.init)})"]
    return hang(f"{name} = ", lay.render.block(v.init, len(name) + 10))


def init(lay: Layout) -> list[str]:
    """The conjuncts of Init."""
    c = lay.idents.c
    out = [line for name in _in_order(lay) for line in hang("/\\ ", first_value(lay, name))]
    out += [f"/\\ call = [{c} \\in Everyone |-> Unborn]", f'/\\ at = [{c} \\in Everyone |-> "idle"]']
    if lay.locals:
        out.append(f"/\\ local = [{c} \\in Everyone |-> NoLocals]")
    out.append(f"/\\ result = [{c} \\in Callers |-> None]")
    if lay.observable:
        out.append("/\\ start = None")
    out.append("/\\ before = 0")
    return out


def _in_order(lay: Layout) -> list[str]:
    """The shared variables, each after those that its first value is computed from: TLC reads Init from the top."""
    needs = {
        v.name: {n for e in (v.init, v.init_set) if e is not None for n in variables(e)} - {v.name}
        for v in lay.program.vars
    }
    out: list[str] = []
    while needs:
        ready = [n for n, wanted in needs.items() if wanted <= set(out)] or list(needs)
        out += ready
        needs = {n: wanted for n, wanted in needs.items() if n not in ready}
    return out


def own_calls(lay: Layout, operation: Operation) -> str:
    """Text of the set of the operation's calls."""
    fields = [
        f"op : {{{quoted(operation.name)}}}",
        *(f"{p.name} : {lay.render.text(p.domain)}" for p in operation.params),
    ]
    return f"[{', '.join(fields)}]"


def arrivals(lay: Layout) -> list[str]:
    """How calls begin that do not begin with their first step."""
    c = lay.idents.c
    items = [
        (f"Begin({c}, {own_calls(lay, o)})", f"GoTo({c}, {quoted(lay.labels[o.name, lay.entry(o.name)])})")
        for o in lay.program.operations
        if o.name not in lay.at_once
    ]
    if len(items) == 1:
        return [f"/\\ {part}" for part in items[0]]
    return [f"{'   ' if i else '/' + chr(92) + ' '}\\/ {begin} /\\ {go}" for i, (begin, go) in enumerate(items)]


def symmetry(lay: Layout) -> list[str]:
    """Sets whose elements may be swapped: none where an expression picks an element by itself."""
    for e in lay.all_expressions:
        for x in walk(e):
            if isinstance(x, Op) and (x.name == "choose" or (x.name == "call" and x.names[0] in _PICKS)):
                return []
    alike = [
        c.name
        for c in lay.program.consts
        if c.is_set() and not any(re.fullmatch(re.escape(c.stem) + r"\d+", n) for n in lay.model_values)
    ]
    return [f"Permutations({s})" for s in ("Callers", *alike)]
