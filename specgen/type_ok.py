"""TypeOK: that every variable of a module keeps its type."""

from __future__ import annotations

import re
import textwrap

from specgen.blocks import WIDTH, Block, hang, joined
from specgen.layout import Layout
from specgen.render import quoted
from specgen.typing_text import bare, membership, type_set
from specgen.value_types import NoneT, Ty, boxed_kinds, join


def conjuncts(lay: Layout) -> list[str]:
    """The conjuncts of TypeOK."""
    c = lay.idents.c
    out = [line for v in lay.program.vars for line in _typed(lay, v.name, v.ty)]
    out.append(
        "/\\ DOMAIN call = Everyone" if _mixed_calls(lay) else "/\\ call \\in [Everyone -> Calls \\cup {Unborn}]"
    )
    labels = [quoted(x) for x in ("idle", *lay.stays(), "end")]
    block = hang("/\\ at \\in [Everyone -> {", textwrap.wrap(", ".join(labels), 70))
    out += [*block[:-1], block[-1] + "}]"]
    if lay.locals:
        out += _local_types(lay)
    result = join(lay.program.result_ty, NoneT())
    whole = type_set(result)
    if whole is None:
        out.append(f"/\\ \\A {c} \\in Callers : {membership(f'result[{c}]', result, lay.taken)}")
    else:
        block = joined("/\\ result \\in [Callers -> ", _union_parts(whole), "\\cup ", 4)
        out += block if len(block) == 1 else _rehung(block)
        out[-1] += "]"
    if lay.observable:
        out += _start_type(lay)
    out.append("/\\ before \\in 0..Before")
    return out


def _rehung(block: Block) -> Block:
    lead = block[0] + " "
    return hang(lead, [line.strip() for line in block[1:]])


def _union_parts(text: str) -> list[str]:
    """The parts of a union that stand side by side."""
    out, depth, part = [], 0, ""
    for word in re.split(r"( \\cup )", bare(text)):
        if word == " \\cup " and depth == 0:
            out.append(part)
            part = ""
            continue
        depth += sum(word.count(x) for x in "([{") - sum(word.count(x) for x in ")]}")
        part += word
    return [*out, part]


def _typed(lay: Layout, name: str, ty: Ty) -> list[str]:
    """A conjunct saying that a variable has its type; over several lines where it is long."""
    text = membership(name, ty, lay.taken)
    if len(text) <= WIDTH - 8:
        return [f"/\\ {text}"]
    first, sign, rest = text.partition(" /\\ ")
    if not sign or " \\/ " in first or "\\A " in first or "(" in first:
        return [f"/\\ {text}"]
    quantifier, colon, body = rest.partition(" : ")
    if colon and len(rest) > WIDTH - 8:
        return [f"/\\ {first}", f"/\\ {quantifier} :", f"       {body}"]
    return [f"/\\ {first}", f"/\\ {rest}"]


def _local_types(lay: Layout) -> list[str]:
    c = lay.idents.c
    sets = {n: type_set(join(ty, NoneT())) for n, ty in lay.locals.items()}
    if None not in sets.values():
        parts = [f"{n} : {bare(s or '')}" for n, s in sets.items()]
        flat = f"/\\ local \\in [Everyone -> [{', '.join(parts)}]]"
        if len(flat) <= WIDTH - 4:
            return [flat]
        block = hang("/\\ local \\in [Everyone -> [", [p + "," for p in parts])
        return [*block[:-1], block[-1][:-1] + "]]"]
    out = []
    for name, ty in lay.locals.items():
        out.append(f"/\\ \\A {c} \\in Everyone : {membership(f'local[{c}].{name}', join(ty, NoneT()), lay.taken)}")
    return out


def _start_type(lay: Layout) -> list[str]:
    sets = {v.name: None if v.view is not None else type_set(v.ty) for v in lay.observable}
    if None in sets.values():
        names = ", ".join(map(quoted, sets))
        block = hang("/\\ start = None \\/ DOMAIN start = {", textwrap.wrap(names, 60))
        return [*block[:-1], block[-1] + "}"]
    parts = [f"{n} : {bare(s or '')}" for n, s in sets.items()]
    flat = f"/\\ start \\in {{None}} \\cup [{', '.join(parts)}]"
    if len(flat) <= WIDTH - 4:
        return [flat]
    block = hang("/\\ start \\in {None} \\cup [", [p + "," for p in parts])
    return [*block[:-1], block[-1][:-1] + "]"]


def _mixed_calls(lay: Layout) -> bool:
    """Whether one argument name has values of two kinds, which TLC must not compare."""
    kinds: dict[str, Ty] = {}
    for o in lay.program.operations:
        for p in o.params:
            kinds[p.name] = join(kinds[p.name], p.ty) if p.name in kinds else p.ty
            if boxed_kinds(kinds[p.name]) and not boxed_kinds(p.ty):
                return True
    return False
