"""The properties of a specification: definitions for the module, and what each of them means.

Outcomes are compared with those of one-at-a-time runs of the same specification (Burckhardt, Dern, Musuvathi,
Tan: Line-Up, PLDI 2010). They are compared as text, since TLC stops at a comparison of values of two kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations_with_replacement

from specgen.blocks import hang
from specgen.ir import Program
from specgen.layout import Idents
from specgen.render import Renderer, quoted
from specgen.types import Property

#: Above this many combinations of three operations one property speaks for all of them.
_MOST_TRIPLES = 56


@dataclass(frozen=True, slots=True)
class Wait:
    """A label where a call may have to wait: text of the condition that keeps it from going on."""

    operation: str
    label: str
    blocked: list[str]


#: Text of a call's result that prints alike whenever the results are equal, given the caller's name.
ResultText = Callable[[str], str]


def lines(
    *,
    program: Program,
    names: Idents,
    render: Renderer,
    waits: Sequence[Wait],
    quiet_env: Sequence[str],
    observable: bool,
    result: ResultText,
) -> tuple[list[str], list[Property]]:
    """The text after Next, and its properties. ``result`` gives the canonical text of a call's result."""
    c, d, i, ops, who = names.c, names.d, names.i, names.ops, names.who
    out: list[str] = [f'Finished == \\A {c} \\in Callers : at[{c}] = "end"', ""]
    if waits:
        out += _stuck(names, waits, quiet_env)
    fields = []
    if observable:
        fields.append("start |-> start")
    done = f"[{c} \\in Callers |-> <<call[{c}], {result(c)}>>]"
    fields.append(f"calls |-> {done}")
    if observable:
        fields.append("state |-> View")
    out += ["\\* The object before the calls overlap, the calls with their results, the object after them."]
    out += _record("Outcome", fields)
    if waits:
        out += [
            "",
            f"\\* The calls that ended and {c}, which waits for ever; the other waiting calls left out.",
            f"StuckOutcome({c}) ==",
            *(["    [start |-> start,", "     calls |-> ["] if observable else ["    [calls |-> ["]),
            f'        {d} \\in Callers |-> IF {d} = {c} THEN <<call[{d}], "waits for ever">>',
            " " * (8 + len(f"{d} \\in Callers |-> ")) + f'ELSE IF at[{d}] = "end" THEN <<call[{d}], {result(d)}>>',
            " " * (8 + len(f"{d} \\in Callers |-> ")) + 'ELSE <<"not called">>]]',
        ]
    out += ["", "\\* One call at a time only: every outcome that some order of the calls gives, one per line."]
    if waits:
        out += [
            "Report ==",
            "    /\\ Finished => PrintT(ToString(Outcome))",
            f"    /\\ \\A {c} \\in Callers :",
            f'        Stuck({c}) /\\ (\\A {d} \\in Callers \\ {{{c}}} : at[{d}] \\in {{"idle", "end"}})',
            f"            => PrintT(ToString(StuckOutcome({c})))",
        ]
    else:
        out += ["Report == Finished => PrintT(ToString(Outcome))"]
    out += [
        "",
        f"\\* The callers run exactly the operations {ops}, each one of them.",
        f"Together({ops}) ==",
        f"    /\\ Len({ops}) = Cardinality(Callers)",
        f"    /\\ \\E {who} \\in [DOMAIN {ops} -> Callers] :",
        f"        /\\ \\A {c} \\in Callers : \\E {i} \\in DOMAIN {ops} : {who}[{i}] = {c}",
        f"        /\\ \\A {i} \\in DOMAIN {ops} : call[{who}[{i}]].op = {ops}[{i}]",
        "",
        "\\* Calls of these operations that overlap end as they could have ended one after another.",
        "Explained == ToString(Outcome) \\in SerialOutcomes",
        f"Serializable({ops}) == Finished /\\ Together({ops}) => Explained",
    ]
    if waits:
        out += [
            "",
            "\\* Calls of these operations wait for ever only where they would in some order one after another.",
            "StuckExplained ==",
            f"    \\A {c} \\in Callers : Stuck({c}) => ToString(StuckOutcome({c})) \\in SerialOutcomes",
            f"NoDeadlock({ops}) == Quiescent /\\ Together({ops}) => StuckExplained",
        ]
    properties: list[Property] = []
    waiting = {w.operation for w in waits}
    own, own_properties = _oracle(program, waiting)
    out += ["", *own]
    properties += own_properties
    extra, extra_properties = _written(program, names, render)
    return out + extra, [*extra_properties, *properties]


def _stuck(names: Idents, waits: Sequence[Wait], quiet_env: Sequence[str]) -> list[str]:
    c = names.c
    out = [f"\\* {c} waits for something that only another call could bring about.", f"Stuck({c}) =="]
    for wait in waits:
        items = hang(f"/\\ at[{c}] = {quoted(wait.label)}", [""])[:1] + hang("/\\ ", wait.blocked)
        if len(items) == 2 and len(items[0]) + len(items[1]) < 80:
            body = wait.blocked[0]
            body = f"({body})" if " \\/ " in body or " => " in body else body
            out.append(f"    \\/ at[{c}] = {quoted(wait.label)} /\\ {body}")
        else:
            out += ["    " + line for line in hang("\\/ ", items)]
    out += [
        "",
        "Quiescent ==",
        '    /\\ at[Setup] = "end"',
        f'    /\\ \\A {c} \\in Callers : at[{c}] = "end" \\/ Stuck({c})',
        *(f"    /\\ {text}" for text in quiet_env),
        "",
    ]
    return out


def _record(name: str, fields: Sequence[str]) -> list[str]:
    flat = f"{name} == [{', '.join(fields)}]"
    if len(flat) <= 100:
        return [flat]
    return [
        f"{name} ==",
        *("    " + ("[" if i == 0 else " ") + f + ("," if i < len(fields) - 1 else "]") for i, f in enumerate(fields)),
    ]


def _oracle(program: Program, waiting: set[str]) -> tuple[list[str], list[Property]]:
    operations = sorted(o.name for o in program.operations)
    spans = {o.name: o.span for o in program.operations}
    combos: list[tuple[str, ...]] = list(combinations_with_replacement(operations, 2))
    triples: list[tuple[str, ...]] = list(combinations_with_replacement(operations, 3))
    few = len(triples) <= _MOST_TRIPLES
    text: list[str] = []
    out: list[Property] = []
    for kind in ("serializable", "deadlock"):
        if kind == "deadlock" and not waiting:
            continue
        stem = "Serializable" if kind == "serializable" else "NoDeadlock"
        when, then = ("Finished", "Explained") if kind == "serializable" else ("Quiescent", "StuckExplained")
        if kind == "deadlock":
            text.append("")
        for combo in [*combos, *(triples if few else [])]:
            if kind == "deadlock" and not waiting & set(combo):
                continue
            name = f"{stem}_{'_'.join(combo)}"
            line = f"{name} == {stem}(<<{', '.join(map(quoted, combo))}>>)"
            text.append(line)
            out.append(
                Property(name, kind, line, _plain(kind, combo), tuple(spans[o] for o in dict.fromkeys(combo)), combo)
            )
        if not few:
            name = f"{stem}_of_three"
            line = f"{name} == {when} /\\ Cardinality(Callers) = 3 => {then}"
            text.append(line)
            out.append(Property(name, kind, line, _plain(kind, ())))
    return text, out


def _plain(kind: str, combo: tuple[str, ...]) -> str:
    if not combo:
        who = "Three overlapping calls"
    elif len(set(combo)) == 1:
        who = f"{'Two' if len(combo) == 2 else 'Three'} overlapping calls of {combo[0]}"
    else:
        who = f"Overlapping calls of {', '.join(combo[:-1])} and {combo[-1]}"
    if kind == "serializable":
        return f"{who} return, raise and leave behind only what they could have one after another."
    return f"{who} never wait for ever where no order of the calls one after another would."


def _written(program: Program, names: Idents, render: Renderer) -> tuple[list[str], list[Property]]:
    out: list[str] = []
    properties: list[Property] = []
    seen: set[str] = set()
    for assertion in program.code_assertions:
        name = assertion.name
        while name in seen:
            name += "_b"
        seen.add(name)
        line = f"{name} == \\A {names.c} \\in Callers : result[{names.c}] # {render.text(assertion.failure)}"
        where = f"{assertion.source.path}:{assertion.source.line}"
        out += ["", f"\\* {where}  {_one_line(assertion.text)}", line]
        properties.append(
            Property(
                name,
                "assertion",
                line,
                f"The assertion at {where} never fails: {_one_line(assertion.text)}",
                (assertion.source,),
            )
        )
    for invariant in program.invariants:
        body = render.block(invariant.expr, 8)
        if invariant.when == "quiescent":
            idle = f'(\\A {names.c} \\in Everyone : at[{names.c}] \\in {{"idle", "end"}}) =>'
            text = [f"{invariant.name} ==", f"    {idle}", *("        " + line for line in body)]
        elif len(body) == 1:
            text = [f"{invariant.name} == {body[0]}"]
        else:
            text = [f"{invariant.name} ==", *("    " + line for line in body)]
        out += ["", f"\\* Written in Python: {_one_line(invariant.text)}", *text]
        sources = (invariant.source,) if invariant.source else ()
        when = "Whenever no call is in progress" if invariant.when == "quiescent" else "At every moment"
        properties.append(
            Property(invariant.name, "invariant", "\n".join(text), f"{when}: {_one_line(invariant.text)}", sources)
        )
    return out, properties


def _one_line(text: str) -> str:
    return " ".join(text.split())
