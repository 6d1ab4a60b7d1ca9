"""TLA+ text as a tree: what a module declares and defines, and which text may stand in it at all."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import tree_sitter_tlaplus
from tree_sitter import Language, Node, Parser

from specgen.words import KEYWORDS

#: The longest definition and the longest formula that an author may write, in characters.
LONGEST = 6_000
#: The deepest nesting that is read; ordinary specifications stay below 60.
_DEEPEST = 200

_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}\Z")
#: What every authored module defines for itself, beside TLA+'s own words; nobody may define it again.
FRAME = frozenset(["Any", "Infinity", "Init", "Next", "Real", "Fairness", "Spec", "Symmetry", "TypeOK", "vars"])
#: The operators of the standard modules that a definition may use.
STANDARD = frozenset(
    [
        "Append",
        "BOOLEAN",
        "Cardinality",
        "Head",
        "Int",
        "IsFiniteSet",
        "Len",
        "Nat",
        "Permutations",
        "STRING",
        "SelectSeq",
        "Seq",
        "SortSeq",
        "SubSeq",
        "Tail",
        "ToString",
    ]
)
#: They look outside the state, remember across states, or end the run: no definition may use them.
FORBIDDEN = frozenset(["JavaTime", "Print", "PrintT", "RandomElement", "TLCEval", "TLCGet", "TLCSet", "Assert", "Any"])
#: Forms that reach beyond one definition, or that need not end.
_FORBIDDEN_FORMS = {
    "recursive_declaration": "RECURSIVE",
    "instance": "INSTANCE",
    "local_definition": "LOCAL",
    "extends": "EXTENDS",
    "assumption": "ASSUME",
    "theorem": "THEOREM",
    "module": "a module of its own",
    "pcal_algorithm": "a PlusCal algorithm",
    "function_definition": "a recursive function",
}


def is_identifier(name: str) -> bool:
    """Whether ``name`` may name an action, a variable or a property: no keyword, nothing that is in scope already."""
    return (
        bool(_IDENTIFIER.match(name)) and name not in KEYWORDS and name not in FRAME and name[:3] not in ("WF_", "SF_")
    )


@dataclass(frozen=True, slots=True)
class Definition:
    """One operator: its name, its parameters, the tree of its body, its text as written."""

    name: str
    parameters: tuple[str, ...]
    body: Node
    text: str


@dataclass(frozen=True, slots=True)
class Module:
    """What a module declares and defines. ``broken`` if the text is not entirely TLA+."""

    variables: tuple[str, ...]
    constants: tuple[str, ...]
    definitions: Mapping[str, Definition]
    names: tuple[str, ...]
    broken: bool


@lru_cache(maxsize=1)
def _parser() -> Parser:
    with warnings.catch_warnings():  # the grammar hands over its language as a number, which is the older way
        warnings.simplefilter("ignore", DeprecationWarning)
        return Parser(Language(tree_sitter_tlaplus.language()))


@lru_cache(maxsize=64)
def read_module(text: str) -> Module:
    """A module's declarations and definitions, in the order of ``names``."""
    root = _parser().parse(text.encode("utf-8", "replace")).root_node
    module = next((n for n in root.children if n.type == "module"), root)
    definitions = [definition(n) for n in module.named_children if n.type == "operator_definition"]
    return Module(
        variables=tuple(_declared(module, "variable_declaration")),
        constants=tuple(_declared(module, "constant_declaration")),
        definitions={d.name: d for d in definitions},
        names=tuple(d.name for d in definitions),
        broken=root.has_error,
    )


def definition(node: Node) -> Definition:
    """The definition that an ``operator_definition`` of the tree is."""
    names = [text_of(c) for c in node.named_children if c.type == "identifier"]
    return Definition(names[0] if names else "", tuple(names[1:]), node.named_children[-1], text_of(node).rstrip())


def read_definition(text: str, name: str, parameters: tuple[str, ...] | None = None) -> tuple[Definition | None, str]:
    """The one definition that ``text`` must be, or None and what is wrong with it, in a sentence.

    ``parameters`` are the names that it must have, in order (None: any). Comments around it are dropped.
    """
    wanted = f"{name}({', '.join(parameters)})" if parameters else name
    if complaint := unfit(text):
        return None, complaint
    wrapped = f"---- MODULE Wrapped ----\n{text}\n====\n"
    root = _parser().parse(wrapped.encode("utf-8", "replace")).root_node
    modules = [n for n in root.children if n.type == "module"]
    if len(modules) != 1:
        return None, f"the text must be the definition of {wanted} and nothing else"
    children = [
        n
        for n in modules[0].named_children
        if n.type not in ("header_line", "identifier", "double_line", "comment", "block_comment")
    ]
    outside = [n for n in root.children if n.type == "extramodular_text" and text_of(n).strip()]
    if outside or not children:
        return None, f"the text must be the definition of {wanted} and nothing else"
    for node in walk(modules[0]):
        if node.type in _FORBIDDEN_FORMS and node is not modules[0] and node.id != modules[0].id:
            return None, f"{_FORBIDDEN_FORMS[node.type]} is not allowed in a definition (line {line_of(node) - 1})"
    if root.has_error:
        return None, _broken(root)
    if len(children) != 1 or children[0].type != "operator_definition":
        found = ", ".join(definition(n).name for n in children if n.type == "operator_definition")
        return (
            None,
            f"the text must hold exactly one definition, that of {wanted}; it holds {found or 'something else'}",
        )
    made = definition(children[0])
    if made.name != name:
        return None, f"the definition must be of {wanted}; it is of {made.name[:80]}"
    if parameters is not None and made.parameters != parameters:
        return (
            None,
            f"the definition must begin with {wanted} ==; its parameters are ({', '.join(made.parameters)[:200]})",
        )
    for node in walk(made.body):
        if node.type == "identifier_ref" and text_of(node) in FORBIDDEN:
            return None, f"{text_of(node)} is not allowed: a definition speaks of the state alone"
    if name in references(made.body):
        return None, f"{name} refers to itself"
    return made, ""


def read_formula(text: str) -> str:
    """What is wrong with an expression, in a sentence; "" if nothing is."""
    if "==" in text.replace("===", ""):
        return "an expression is wanted, not a definition"
    made, wrong = read_definition(f"Formula ==\n  ({text}\n  )", "Formula")
    if made is not None and made.body.type != "parentheses":
        return "its parentheses do not match"
    return wrong.replace("Formula", "the expression")


def references(node: Node) -> Iterator[str]:
    """The names that a formula uses; the fields of records are none of them."""
    for found in walk(node):
        parent = found.parent
        if found.type != "identifier_ref" or parent is None or parent.type == "except_update_record_field":
            continue
        if parent.type != "record_value" or parent.named_children[0] == found:
            yield text_of(found)


def reached(module: Module, made: Definition) -> frozenset[str]:
    """The names that a definition uses, through the operators that it uses."""
    found: set[str] = set()
    waiting = [made]
    while waiting:
        for name in references(waiting.pop().body):
            if name not in found:
                found.add(name)
                waiting += [module.definitions[name]] if name in module.definitions else []
    return frozenset(found)


def leaving(made: Definition, variables: Sequence[str]) -> str:
    """The definition of an action that also leaves these variables as they are; "" unless it is a list of conjuncts."""
    if made.body.type != "conj_list":
        return ""
    names = variables[0] if len(variables) == 1 else f"<<{', '.join(variables)}>>"
    return f"{made.text.rstrip()}\n{' ' * made.body.start_point[1]}/\\ UNCHANGED {names}"


def unknown(module: Module, made: Definition) -> str:
    """A name that a definition uses and nothing defines, "" if there is none."""
    bound = {text_of(n) for n in walk(made.body) if n.type == "identifier"}
    known = bound.union(made.parameters, module.variables, module.constants, module.names, STANDARD)
    return next((name for name in references(made.body) if name not in known), "")


def unfit(text: str) -> str:
    """Why a text is not even looked at, "" if it is."""
    if not text.strip():
        return "the definition is empty"
    if len(text) > LONGEST:
        return f"it is {len(text)} characters long; {LONGEST} are allowed"
    if bad := next(
        (c for c in text if (ord(c) < 32 and c not in "\n\t") or (not c.isprintable() and c not in "\n\t")), ""
    ):
        return f"it holds the control character {bad!a}"
    if found := re.search(r"-{4,}|={4,}", text):
        return f"it holds {found[0][:8]}, which begins or ends a module"
    depth = 0
    for char in text:
        depth += (char in "([{") - (char in ")]}")
        if depth > _DEEPEST:
            return f"it nests more than {_DEEPEST} deep"
    return ""


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order of the text."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting += reversed(current.children)


def text_of(node: Node) -> str:
    """The text that a node covers."""
    return (node.text or b"").decode("utf-8", "replace")


def line_of(node: Node) -> int:
    """Its first line, counted from 1."""
    return node.start_point[0] + 1


def normal(text: str) -> str:
    """The text without comments and with single blanks: equal for definitions that differ in layout alone."""
    text = re.sub(r"\\\*[^\n]*", " ", text)
    return " ".join(re.sub(r"\(\*.*?\*\)", " ", text, flags=re.DOTALL).split())


def _declared(module: Node, kind: str) -> Iterator[str]:
    for node in module.named_children:
        if node.type == kind:
            yield from (text_of(c) for c in node.named_children if c.type == "identifier")


def _broken(root: Node) -> str:
    for node in walk(root):
        if node.is_missing:
            return f"line {line_of(node) - 1}: {node.type} is missing"
        if node.type == "ERROR":
            return f"line {max(line_of(node) - 1, 1)}: is not TLA+ near {' '.join(text_of(node).split())[:80]!r}"
    return "it is not TLA+"
