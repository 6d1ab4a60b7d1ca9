"""Fakes of collaborators of which a specification knows no more than their names, as short Python classes.

They do what the specification takes for granted: a call changes nothing that is modelled, gives any value, and raises
what the code around it catches. What a value may be is read from the code that calls: nothing where it is not used, a
small number where it is counted with, else None or one of the specification's opaque values.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

_RAISES = re.compile(r"may raise (\w+), which the code around it catches")
_STORE, _MAY_RAISE = "store:", "may-raise:"


@dataclass(frozen=True, slots=True)
class Assumed:
    """What a specification assumes of collaborators.

    ``stores`` are the names of key/value stores, ``raised`` the exception's name by the place (path, line) of a call
    that may fail, ``values`` how many opaque values there are.
    """

    stores: frozenset[str] = frozenset()
    raised: Mapping[tuple[str, int], str] = field(default_factory=dict)
    values: int = 1


def assumed(texts: Mapping[str, str], values: int = 1) -> Assumed:
    """Read the assumptions' texts, given by their ids."""
    raised = {}
    for id_, text in texts.items():
        path, _, line = id_.removeprefix(_MAY_RAISE).rpartition(":")
        if id_.startswith(_MAY_RAISE) and (found := _RAISES.search(text)):
            raised[path, int(line)] = found[1]
    stores = frozenset(id_.removeprefix(_STORE) for id_ in texts if id_.startswith(_STORE))
    return Assumed(stores, raised, values)


@dataclass(frozen=True, slots=True)
class Use:
    """One call of a collaborator's ``method`` on the lines ``first`` to ``last``; ``wants``: "nothing", "int" or ""."""

    path: str
    method: str
    first: int
    last: int
    wants: str


@dataclass(frozen=True, slots=True)
class Fake:
    """A class to be written into a test; ``needs`` are the (module path, name) that its code mentions."""

    name: str
    text: str
    needs: tuple[tuple[str, str], ...]


def uses(path: str, owner: ast.ClassDef, attrs: Iterable[str]) -> Iterator[Use]:
    """The calls in a class of ``self.ATTR.method(...)``, and of ``self.ATTR(...)`` as the method ``__call__``."""
    for function in ast.walk(owner):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        parents = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and (method := _method(call, frozenset(attrs))):
                first: ast.AST = call
                while not isinstance(first, ast.stmt):
                    first = parents[first]
                wants = _wants(call, parents, function)
                yield Use(path, method, first.lineno, call.end_lineno or call.lineno, wants)


def raised(found: list[Use], known: Assumed) -> Mapping[str, tuple[str, str]]:
    """By method, the (path, exception) that each of its calls may raise.

    A method of which one call is not expected to fail has none, since a fake does not tell its calls apart.
    """
    out = {}
    for method in {use.method for use in found}:
        mine = [use for use in found if use.method == method]
        places = [
            next(((use.path, known.raised[use.path, n]) for n in range(use.first, use.last + 1)
                  if (use.path, n) in known.raised), None)
            for use in mine
        ]  # fmt: skip
        if places[0] and None not in places:
            out[method] = places[0]
    return out


def exception(path: str, tree: ast.Module, name: str) -> tuple[str, tuple[tuple[str, str], ...]] | None:
    """The expression by which handlers of a file name an exception, and what that needs; None if none does."""
    if hasattr(builtins, name):
        return name, ()
    for handler in (node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)):
        for node in ast.walk(handler.type) if handler.type else ():
            text = ast.unparse(node) if isinstance(node, ast.Name | ast.Attribute) else ""
            if text.rpartition(".")[2] == name:
                return text, ((path, text.partition(".")[0]),)
    return None


def class_name(attr: str) -> str:
    """What the fake of a collaborator held in ``attr`` is called."""
    return "Fake" + "".join(word.capitalize() for word in attr.split("_"))


def fake(
    name: str,
    attr: str,
    found: list[Use],
    awaits: Iterable[str],
    values: int,
    raises: Mapping[str, tuple[str, tuple[tuple[str, str], ...]]],
) -> Fake:
    """The class ``name`` for a collaborator held in ``attr``; ``awaits`` names the methods that are awaited."""
    shown = attr.strip("_")
    lines = [
        f"class {name}(Collaborator):",
        f'    """What `{shown}` does is not known: each call answers in any of these ways and changes nothing."""',
    ]
    for method in dict.fromkeys(use.method for use in found):
        answers = _answers([use.wants for use in found if use.method == method], values)
        if method in raises:
            answers.append(raises[method][0])
        later = method in awaits
        given = f"await self.answer_later({', '.join(answers)})" if later else f"self.answer({', '.join(answers)})"
        word = "async def" if later else "def"
        lines += ["", f"    {word} {method}(self, *args, **kwargs):", f"        return {given}"]
    needs = tuple(need for _, wanted in raises.values() for need in wanted)
    return Fake(name, "\n".join(lines), needs)


def _answers(wants: list[str], values: int) -> list[str]:
    if "int" in wants:
        return ["1", "0"]
    if set(wants) == {"nothing"}:
        return ["None"]
    return [*(f'"a{n + 1}"' for n in range(values)), "None"]


def _method(call: ast.Call, attrs: frozenset[str]) -> str:
    match call.func:
        case ast.Attribute(value=ast.Attribute(attr=holder), attr=method) if holder in attrs:
            return method
        case ast.Attribute(attr=holder) if holder in attrs:
            return "__call__"
    return ""


def _wants(call: ast.Call, parents: Mapping[ast.AST, ast.AST], function: ast.AST) -> str:
    """What the code does with the value: "nothing", "int" where it counts with it, else ""."""
    value: ast.AST = call
    while isinstance(parents[value], ast.Await):
        value = parents[value]
    above = parents[value]
    if isinstance(above, ast.Expr):
        return "nothing"
    if _counts(above):
        return "int"
    targets = above.targets if isinstance(above, ast.Assign) else [getattr(above, "target", None)]
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    for node in ast.walk(function):
        if _counts(node) and any(isinstance(n, ast.Name) and n.id in names for n in ast.iter_child_nodes(node)):
            return "int"
    return ""


def _counts(node: ast.AST) -> bool:
    if isinstance(node, ast.Compare):
        return any(isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE) for op in node.ops)
    return isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult)
