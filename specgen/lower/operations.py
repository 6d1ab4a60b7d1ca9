"""One operation lowered: its arguments, its body, and all that others are told of it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from extractor.types import Span
from specgen.expr import Arg, Expr, Lit, Op
from specgen.ir import Abstraction, Assumption, Node, Operation, ParamDecl
from specgen.lower import decorators, parameters, singletons, unwinding
from specgen.lower.exprs import lower
from specgen.lower.formulas import EMPTY, NONE, const
from specgen.lower.graph import Graph
from specgen.lower.inlining import inline, open_frame
from specgen.lower.lowerer import Lowerer, TooLarge
from specgen.lower.state import Frame
from specgen.lower.stmts import body
from specgen.lower.values import ClassV, External, Func, Obj, Val, Value
from specgen.source import Class, Function
from specgen.syntax import dotted
from specgen.value_types import AtomT, DictT, NeverT, NoneT, StrT, TupleT, Ty


@dataclass(frozen=True, slots=True)
class Part:
    """What lowering one operation gave, by itself: nodes are numbered from 0, ``made`` of them in all.

    ``entry`` is None where the operation is too large to model. ``assertions`` are texts, failures and places.
    """

    entry: int | None
    params: tuple[ParamDecl, ...]
    nodes: tuple[Node, ...]
    made: int
    groups: int
    abstractions: tuple[Abstraction, ...]
    assumptions: tuple[Assumption, ...]
    constants: tuple[tuple[str, tuple[str, tuple[str, ...]]], ...]
    assertions: tuple[tuple[str, Expr, Span], ...]


def method(lw: Lowerer, me: Obj, name: str) -> Function | None:
    """The method or function of a shared object that has this name."""
    if me.cls is not None:
        return lw.sources.method(me.cls, name)
    return me.module.functions.get(name)


def name_of(lw: Lowerer, me: Obj, function: Function) -> str:
    """The operation's name."""
    name = function.name.strip("_")
    if name != function.name and method(lw, me, name) is not None:
        return f"{name}_special"  # __call__ beside call
    return name


def part(lw: Lowerer, me: Obj, function: Function, name: str) -> Part:
    """Lower an operation, as if it were alone."""
    kept = (lw.graph, lw.abstractions, lw.assumptions, lw.constants, lw.code_assertions)
    lw.noted_before = bool(lw.abstractions)
    lw.abstractions, lw.assumptions, lw.constants, lw.code_assertions = {}, {}, {}, {}
    frame = open_frame(function, me if me.cls is not None else None, None)
    lw.operation = name
    lw.start(graph := Graph(), frame)
    lw.stack = [function]
    params: list[ParamDecl] = []
    entry: int | None = None
    try:
        with graph.at(function.module.path, function.node.lineno, function.name):
            entry = graph.skip()
            _parameters(lw, function, frame, params, name)
            _run(lw, me, function)
    except (TooLarge, RecursionError):
        entry, graph.nodes = None, {}
        graph.where.path, graph.where.line = function.module.path, function.node.lineno
        lw.approximate(f"operation {name}", "left out: it is too large to model")
    made = Part(
        entry,
        tuple(params),
        tuple(graph.nodes.values()),
        graph.made,
        graph.groups,
        tuple(lw.abstractions.values()),
        tuple(lw.assumptions.values()),
        tuple(lw.constants.items()),
        tuple(lw.code_assertions.values()),
    )
    lw.graph, lw.abstractions, lw.assumptions, lw.constants, lw.code_assertions = kept
    lw.frame, lw.stack, lw.exits = None, [], []
    return made


def add(lw: Lowerer, function: Function, name: str, made: Part) -> Operation | None:
    """Put what one operation gave beside that of the others."""
    first = lw.graph.made
    lw.graph.append(made.nodes, made.made, made.groups)
    for note in made.abstractions:
        lw.abstractions.setdefault((note.span.path, note.span.line, note.construct), note)
    for taken in made.assumptions:
        lw.assumptions.setdefault(taken.id, taken)
    for constant, known in made.constants:
        lw.constants.setdefault(constant, known)
    for text, failure, span in made.assertions:
        lw.code_assertions[f"{span.path}:{span.line}"] = (text, failure, span)
    if made.entry is None:
        return None
    return Operation(name, function.qualname, made.params, first + made.entry, function.span)


def _run(lw: Lowerer, me: Obj, function: Function) -> None:
    if function.is_generator() and function.decorators() & {"contextmanager", "asynccontextmanager"}:
        lw.frame = Frame(None, function.module, None)

        def around(value: Value) -> None:
            from specgen.lower import suspension

            suspension.suspend(lw)

        args: list[Value] = []
        inline(lw, Func(function, me if me.cls is not None else None), args, {}, yield_body=around)
    elif not decorators.run(lw, function):
        body(lw, function.node.body)
    lw.graph.where.line = function.node.body[-1].lineno
    if lw.graph.cursor:
        unwinding.finish(lw, Val(NONE, NoneT()))


def _parameters(lw: Lowerer, function: Function, frame: Frame, params: list[ParamDecl], owner: str) -> None:
    spec = function.node.args
    wanted = [*spec.posonlyargs, *spec.args]
    if function.cls is not None and "staticmethod" not in function.decorators() and wanted:
        assert frame.me is not None
        frame.names[wanted[0].arg] = frame.me
        wanted = wanted[1:]
    defaults = dict(zip([p.arg for p in wanted][::-1], spec.defaults[::-1], strict=False))
    for param, default in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if default is not None:
            defaults[param.arg] = default
    for param in [*wanted, *spec.kwonlyargs]:
        fixed = _fixed_default(lw, function, defaults.get(param.arg))
        if fixed is not None:
            frame.names[param.arg] = fixed
            continue
        annotated = (
            lw.sources.find_class(dotted(param.annotation).rpartition(".")[2], function.module)
            if param.annotation
            else None
        )
        value, ty, domain = parameters.parameter(lw, owner, param, defaults.get(param.arg))
        if annotated is not None and param.arg not in defaults:
            ty, domain, value = _object_parameter(lw, param, annotated, value)
        if domain is not None:
            params.append(ParamDecl(param.arg.strip("_") or "it", domain, ty))  # type: ignore[arg-type]
        if param.arg in frame.stored:
            lw.set_local(lw.local_for(frame, param.arg), value)
        else:
            frame.names[param.arg] = value
    if spec.vararg is not None:
        frame.names[spec.vararg.arg] = Val(Op("tuple"), TupleT(()))
    if spec.kwarg is not None:
        frame.names[spec.kwarg.arg] = Val(EMPTY, DictT(NeverT(), NeverT()))


def _fixed_default(lw: Lowerer, function: Function, default: ast.expr | None) -> Value | None:
    """The function, class or sentinel that a parameter is unless a caller says otherwise, as in ``now=time.time``."""
    if not isinstance(default, (ast.Name, ast.Attribute)):
        return None
    if isinstance(default, ast.Name) and function.cls is not None:
        marker = singletons.sentinel(lw, function.cls, default.id)
        if marker is not None:
            return marker
    point, saved = lw.checkpoint(), lw.frame
    lw.frame = Frame(None, function.module, None)
    try:
        value = lower(lw, default)
    finally:
        lw.frame = saved
    marked = isinstance(value, Val) and isinstance(value.ty, StrT) and isinstance(value.expr, Lit)
    if (marked or isinstance(value, (Func, ClassV, External))) and lw.untouched_since(point):
        return value
    lw.roll_back(point)
    return None


def _object_parameter(lw: Lowerer, param: ast.arg, cls: Class, value: Val) -> tuple[Ty, Expr | None, Val]:
    domain = lw.shared.domain(parameters.domain_name(param.arg))
    return AtomT(domain), const(domain), Val(Arg(param.arg.strip("_") or "it"), AtomT(domain), value.origin)
