"""Puts a specification together: the data of a Spec and, through one template, its text."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from specgen import frame, properties, remarks, type_ok
from specgen.actions import ActionPrinter
from specgen.blocks import hang
from specgen.expr import Op
from specgen.folding import FALSE, negate
from specgen.ir import ConstDecl, EnvAction, Program
from specgen.layout import Layout, lay_out
from specgen.render import quoted
from specgen.rewrite import variables
from specgen.tree import Step, blocked, leaves, name_repeats, reads, writes
from specgen.types import Action, Property, Spec, Variable
from specgen.typing_text import membership
from specgen.value_types import DictT, Ty, boxed_kinds, members

_WORTH_A_NAME = 40


def compose(program: Program, steps: Sequence[Step], *, begin_apart: bool = False, keeps: bool = False) -> Spec:
    """The Spec of the program with these steps.

    ``begin_apart``: to begin a call is always a step of its own; ``keeps``: calls keep their locals when they end.
    """
    lay = lay_out(program, steps, begin_apart=begin_apart, keeps=keeps)
    actions = _actions(lay)
    env = [_env(lay, e) for e in program.env]
    property_lines, props = _properties(lay)
    named = [ConstDecl(n, "one of the values above", value=(n,)) for n in lay.model_values]
    return Spec(
        module=program.module,
        title=program.title,
        mode=program.mode,
        constants=(*program.consts, *named),
        variables=tuple(
            Variable(
                v.name,
                v.comment,
                "\n".join(frame.first_value(lay, v.name)),
                membership(v.name, v.ty, lay.taken),
                v.source,
                v.observable,
            )
            for v in program.vars
        ),
        helpers=tuple(frame.helpers(lay)),
        actions=(*actions, *env),
        properties=tuple(props),
        abstractions=tuple(program.abstractions),
        assumptions=tuple(program.assumptions),
        operations=tuple(o.name for o in program.operations),
        text=_text(lay, actions, env, property_lines),
        dict_locals=tuple(sorted(name for name, ty in program.locals.items() if _is_dict(ty))),
    )


def _is_dict(ty: Ty) -> bool:
    """Whether what is of the type is a dict, or None, or opaque."""
    return any(isinstance(m, DictT) for m in members(ty)) and not boxed_kinds(ty)


# --- actions -------------------------------------------------------------------------------------


def _actions(lay: Layout) -> list[Action]:
    printer = ActionPrinter(lay.render, lay.object, lay.labels, frozenset(lay.locals), bool(lay.mid_turn))
    order = {o.name: i for i, o in enumerate(lay.program.operations)}
    indexed = sorted(enumerate(lay.steps), key=lambda pair: order[pair[1].operation])
    return [_action(lay, printer, lay.names[i], step) for i, step in indexed]


def _action(lay: Layout, printer: ActionPrinter, name: str, step: Step) -> Action:
    tree = name_repeats(step.tree, step.named, lambda e: len(lay.render.text(e)) > _WORTH_A_NAME, set(lay.taken))
    alternative = step.alternative is not None
    begin = None
    if step.operation in lay.at_once and step.place == lay.entry(step.operation):
        operation = next(o for o in lay.program.operations if o.name == step.operation)
        begin = f"Begin({lay.idents.c}, {frame.own_calls(lay, operation)})"
    definition = printer.definition(name, step.operation, step.place, tree, alternative=alternative, begin=begin)
    hits = remarks.hits(lay.program, step)
    return Action(
        name=name,
        label="idle" if begin else lay.labels[step.operation, step.place],
        operation=step.operation,
        function=lay.program.nodes[step.place.node].function,
        sources=remarks.spans(step),
        reads=tuple(v for v in lay.object if v in reads(step.tree)),
        writes=tuple(v for v in lay.object if v in writes(step.tree)),
        text="\n".join([*remarks.of_step(lay.program, step, hits), *definition]),
        abstractions=hits,
    )


def _env(lay: Layout, env: EnvAction) -> Action:
    updates = dict(env.updates)
    guard = env.guard.args if isinstance(env.guard, Op) and env.guard.name == "and" else (env.guard,)
    items = [lay.render.block(p, 7) for p in guard]
    items += [hang(f"{v}' = ", lay.render.block(updates[v], 11 + len(v))) for v in lay.object if v in updates]
    if lay.mid_turn:
        c = lay.idents.c
        items.insert(0, [f"\\A {c} \\in Everyone : at[{c}] \\notin MidTurn"])
    left = [v for v in lay.object if v not in updates]
    items.append([f"UNCHANGED <<{', '.join([*left, 'call', 'at', *lay.local, 'result', *lay.start, 'before'])}>>"])
    read = {n for e in (env.guard, *updates.values()) for n in variables(e)}
    return Action(
        name=env.name,
        label="",
        operation="",
        function="",
        sources=(),
        reads=tuple(v for v in lay.object if v in read),
        writes=tuple(v for v in lay.object if v in updates),
        text="\n".join(
            [
                f"\\* {remarks.safe(env.comment)}",
                f"{env.name} ==",
                *("    " + x for i in items for x in hang("/\\ ", i)),
            ]
        ),
    )


# --- properties ----------------------------------------------------------------------------------


def _properties(lay: Layout) -> tuple[list[str], list[Property]]:
    waits: dict[str, properties.Wait] = {}
    timed = {(s.operation, s.place) for s in lay.steps if s.alternative == "timeout"}
    asked: set[str] = set()
    for step in lay.steps:
        if step.alternative is not None or (step.operation, step.place) in timed:
            continue
        condition = blocked(step.tree)
        if condition != FALSE:
            label = lay.labels[step.operation, step.place]
            waits[label] = properties.Wait(step.operation, label, lay.render.block(condition, 10))
            asked |= variables(condition)
    # While the surroundings may still change what a call waits for, it does not wait for ever.
    quiet = [lay.render.text(negate(e.guard)) for e in lay.program.env if asked & {n for n, _ in e.updates}]
    return properties.lines(
        program=lay.program,
        names=lay.idents,
        render=lay.render,
        waits=list(waits.values()),
        quiet_env=quiet,
        observable=bool(lay.observable),
        result=_result(lay),
    )


def _result(lay: Layout) -> properties.ResultText:
    if lay.program.result_view is not None:
        shown = lay.render.text(lay.program.result_view)
        return lambda who: f"LET r == result[{who}] IN {shown}"
    if isinstance(lay.program.result_ty, DictT):
        return lambda who: (
            f'IF result[{who}] = None THEN "None" ELSE {frame.canonical(lay, f"result[{who}]", lay.program.result_ty)}'
        )
    return lambda who: f"result[{who}]"


# --- text ----------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def templates() -> Environment:
    """The templates of modules."""
    return Environment(
        loader=PackageLoader("specgen"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - the text is TLA+, no page
    )


def _text(lay: Layout, actions: Sequence[Action], env: Sequence[Action], property_lines: list[str]) -> str:
    head = f" MODULE {lay.program.module} "
    side = max((remarks.WIDTH - len(head)) // 2, 4)
    total = max(remarks.WIDTH, 2 * side + len(head))
    ends = [leaf for s in lay.steps for leaf in leaves(s.tree) if leaf.goto is not None]
    arrivals = frame.arrivals(lay)
    context = {
        "lay": lay,
        "module": lay.program.module,
        "rule_module": ("-" * side + head).ljust(total, "-"),
        "rule": "-" * total,
        "rule_end": "=" * total,
        "header": remarks.header(lay.program),
        "constants": frame.constant_lines(lay),
        "variables": frame.variable_lines(lay),
        "all_names": [*lay.object, "call", "at", *lay.local, "result", *lay.start, "before"],
        "calls": frame.calls(lay),
        "mid_turn": [quoted(label) for label in lay.mid_turn],
        "helpers": frame.helpers(lay),
        "type_ok": type_ok.conjuncts(lay),
        "init": frame.init(lay),
        "view": frame.view(lay),
        "arrivals": arrivals,
        "end_setup_unchanged": [*lay.unchanged_object, *lay.local, "result"],
        "goes_on": bool(arrivals) or any(not leaf.locals for leaf in ends),
        "goes_on_with": any(leaf.locals for leaf in ends),
        "goto_unchanged": _unchanged([*lay.local, "result", *lay.start]),
        "goto_with_unchanged": _unchanged(["result", *lay.start]),
        "object_unchanged": _unchanged(lay.unchanged_object),
        "sections": _sections(lay, actions, env),
        "env_names": [a.name for a in env],
        "next": _next(lay),
        "symmetry": frame.symmetry(lay),
        "properties": property_lines,
    }
    text = templates().get_template("module.tla.j2").render(context)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).rstrip() + "\n"


def _unchanged(names: Sequence[str]) -> str:
    return f"UNCHANGED {names[0]}" if len(names) == 1 else f"UNCHANGED <<{', '.join(names)}>>"


def _sections(lay: Layout, actions: Sequence[Action], env: Sequence[Action]) -> list[tuple[str, list[str]]]:
    """Headings with the definitions below each."""
    out: list[tuple[str, list[str]]] = []
    for o in lay.program.operations:
        lines = str(o.span.line) if o.span.line == o.span.end_line else f"{o.span.line}-{o.span.end_line}"
        heading = f"(* {remarks.safe(o.qualname)}, {remarks.safe(o.span.path)}:{lines} *)"
        out.append((heading, [a.text for a in actions if a.operation == o.name]))
    if env:
        out.append(("(* The surroundings *)", [a.text for a in env]))
    return out


def _next(lay: Layout) -> list[str]:
    out = []
    for o in lay.program.operations:
        line = ""
        for i, step in enumerate(lay.steps):
            if step.operation != o.name:
                continue
            piece = f"\\/ {lay.names[i]}({lay.idents.c})"
            if line and len(line) + len(piece) > remarks.WIDTH:
                out.append(line)
                line = ""
            line += (" " if line else "") + piece
        if line:
            out.append(line)
    return out
