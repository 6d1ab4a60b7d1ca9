"""TLA+ modules as parse trees, with what each definition refers to."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

import tree_sitter_tlaplus
from tree_sitter import Language, Node, Parser

from tlc_runner.audit.nodes import Module, conjuncts, in_place, walk

#: Node types that make a formula one about a step.
_STEP = frozenset({"prime", "unchanged"})
_TEMPORAL = frozenset({"always", "eventually", "fairness", "leads_to"})
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")


@cache
def _language() -> Language:
    """The grammar; its wheel still hands out a number, which the parser's library warns of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return Language(tree_sitter_tlaplus.language())


@dataclass(frozen=True, eq=False)
class Definition:
    """One definition at the top of a module; ``body`` is the node right of ``==``."""

    module: Module
    name: str
    node: Node
    body: Node
    parameters: tuple[str, ...]

    @property
    def line(self) -> int:
        """Its first line, counted from 1."""
        return self.node.start_point[0] + 1


@dataclass(frozen=True, eq=False)
class Behaviour:
    """What a specification does: text of its initial predicate and its next-state relation, with where they stand."""

    init: str
    next: str
    definitions: tuple[Definition, ...]


class Tree:
    """The modules of a specification, parsed, seen from ``root``."""

    def __init__(self, modules: Mapping[str, str], root: str) -> None:
        self.root = root
        self.modules: dict[str, Module] = {}
        self.broken: list[str] = []
        for name, text in modules.items():
            self._parse(name.removesuffix(".tla"), text)

    def _parse(self, name: str, text: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        tree = Parser(_language()).parse(data)
        node = next((child for child in tree.root_node.children if child.type == "module"), None)
        if node is None or tree.root_node.has_error:
            self.broken.append(name)
        if node is not None:
            self.modules[name] = Module(name, data, node)

    # --- names ---

    @cached_property
    def scope(self) -> dict[str, Definition]:
        """Every definition that the root module sees under its bare name."""
        return self.seen_from(self.root)

    @cached_property
    def variables(self) -> tuple[str, ...]:
        """The variables that the root module sees, in the order of declaration."""
        found: list[str] = []
        for name in self._closure(self.root):
            for node in self.modules[name].node.named_children:
                if node.type == "variable_declaration":
                    found += [self.modules[name].read(n) for n in node.named_children if n.type == "identifier"]
        return tuple(dict.fromkeys(found))

    def seen_from(self, module: str) -> dict[str, Definition]:
        """The definitions that ``module`` sees under their bare names."""
        if module not in self._scopes:
            found: dict[str, Definition] = {}
            for name in self._closure(module):
                for definition in self.definitions(name):
                    found.setdefault(definition.name, definition)
            self._scopes[module] = found
        return self._scopes[module]

    @cached_property
    def _scopes(self) -> dict[str, dict[str, Definition]]:
        return {}

    def _closure(self, module: str) -> list[str]:
        """``module`` and what it extends or instantiates without a name, each once."""
        out: list[str] = []
        todo = [module]
        while todo:
            name = todo.pop(0)
            if name in out or name not in self.modules:
                continue
            out.append(name)
            for node in self.modules[name].node.named_children:
                if node.type == "extends":
                    todo += [self.modules[name].read(n) for n in node.named_children if n.type == "identifier_ref"]
                elif node.type == "instance":
                    todo.append(self.modules[name].read(node.named_children[0]))
        return out

    def definitions(self, module: str) -> tuple[Definition, ...]:
        """What a module defines itself."""
        if module not in self._own:
            self._own[module] = tuple(self._definitions(self.modules[module]))
        return self._own[module]

    @cached_property
    def _own(self) -> dict[str, tuple[Definition, ...]]:
        return {}

    def _definitions(self, module: Module) -> Iterator[Definition]:
        for node in module.node.named_children:
            inner = node.named_children[0] if node.type == "local_definition" else node
            if inner.type not in ("operator_definition", "function_definition", "module_definition"):
                continue
            name, body = inner.child_by_field_name("name"), inner.child_by_field_name("definition")
            if name is not None and body is not None:
                parameters = tuple(
                    module.read(n).partition("(")[0].strip()
                    for n in inner.children_by_field_name("parameter")
                    if n.is_named
                )
                yield Definition(module, module.read(name), inner, body, parameters)

    # --- references ---

    def references(self, definition: Definition) -> frozenset[Definition]:
        """The definitions that a definition names."""
        if definition not in self._references:
            self._references[definition] = frozenset(self._referred(definition.module, definition.body))
        return self._references[definition]

    @cached_property
    def _references(self) -> dict[Definition, frozenset[Definition]]:
        return {}

    def _referred(self, module: Module, body: Node) -> Iterator[Definition]:
        scope = self.seen_from(module.name)
        for node in walk(body):
            if node.type == "prefixed_op":
                yield from self._prefixed(module, node)
            elif node.type in ("identifier_ref", "infix_op_symbol", "prefix_op_symbol", "postfix_op_symbol"):
                found = scope.get(module.read(node))
                if found is not None:
                    yield found
            elif node.type in ("bound_infix_op", "bound_prefix_op", "bound_postfix_op"):
                symbol = node.child_by_field_name("symbol")
                if symbol is not None and (found := scope.get(module.read(symbol))):
                    yield found

    def _prefixed(self, module: Module, node: Node) -> Iterator[Definition]:
        """What ``I!Op`` stands for."""
        scope = self.seen_from(module.name)
        for prefix in node.named_children[0].named_children:
            words = [n for n in walk(prefix) if n.type == "identifier_ref"]
            instance = scope.get(module.read(words[0])) if words else None
            if instance is None or instance.body.type != "instance":
                return
            target = instance.module.read(instance.body.named_children[0])
            scope = self.seen_from(target) if target in self.modules else {}
        operation = node.child_by_field_name("op")
        first = next((n for n in walk(operation) if n.type == "identifier_ref"), None) if operation else None
        found = scope.get(module.read(first)) if first is not None else None
        if found is not None:
            yield found

    def reachable(self, starts: Iterable[Definition]) -> set[Definition]:
        """``starts`` and all that they lead to."""
        seen: set[Definition] = set()
        todo = list(starts)
        while todo:
            definition = todo.pop()
            if definition not in seen:
                seen.add(definition)
                todo += self.references(definition)
        return seen

    def named(self, text: str) -> set[Definition]:
        """The definitions that a text names which the root module could hold."""
        words = set(_IDENTIFIER.findall(text))
        return {definition for name, definition in self.scope.items() if name in words}

    # --- levels ---

    def is_step(self, module: Module, node: Node) -> bool:
        """Whether a formula speaks of a step: of primed variables, itself or through a definition that it names."""
        if any(n.type in _STEP for n in walk(node)):
            return True
        return any(self._is_step_definition(d) for d in self._referred(module, node))

    def _is_step_definition(self, definition: Definition) -> bool:
        if definition not in self._steps:
            self._steps[definition] = False  # what a recursive definition says of itself changes nothing
            self._steps[definition] = self.is_step(definition.module, definition.body)
        return self._steps[definition]

    @cached_property
    def _steps(self) -> dict[Definition, bool]:
        return {}

    # --- behaviour ---

    def behaviour(self, specification: str, init: str, following: str) -> Behaviour | None:
        """What the configuration's SPECIFICATION, or INIT and NEXT, say; None where it cannot be told from the tree."""
        if init and following:
            return Behaviour(init, following, tuple(self.named(f"{init} {following}")))
        definition = self.scope.get(specification)
        inits: list[str] = []
        steps: list[str] = []
        while definition is not None:
            inits, steps = [], []
            parts = list(conjuncts(definition.body))
            for part in parts:
                self._part(definition.module, part, inits, steps)
            if steps or len(parts) != 1 or parts[0].type != "identifier_ref":
                break
            definition = self.scope.get(definition.module.read(parts[0]))
        if definition is None or not inits or len(steps) != 1:
            return None
        names = self.named(" ".join([*inits, *steps]))
        return Behaviour(" /\\ ".join(f"({text})" for text in inits), steps[0], tuple(names))

    def _part(self, module: Module, node: Node, inits: list[str], steps: list[str]) -> None:
        """Sorts one conjunct of a temporal formula: initial predicate, ``[][Next]_v``, fairness, or another formula."""
        step = next((n for n in walk(node) if n.type == "step_expr_or_stutter"), None)
        if node.type == "bound_prefix_op" and step is not None and node.named_children[-1] == step:
            steps.append(in_place(module, step.named_children[0]))
            return
        if any(n.type in _TEMPORAL for n in walk(node)):
            return
        named = self.scope.get(module.read(node)) if node.type == "identifier_ref" else None
        if named is None or not self._temporal(named):
            inits.append(in_place(module, node))
            return
        for part in conjuncts(named.body):  # Spec == SafetySpec /\ Fairness
            self._part(named.module, part, inits, steps)

    def _temporal(self, definition: Definition) -> bool:
        return any(n.type in _TEMPORAL for d in self.reachable([definition]) for n in walk(d.body))

    def is_temporal(self, name: str) -> bool:
        """Whether the root's definition ``name`` is a temporal formula."""
        definition = self.scope.get(name)
        return definition is not None and self._temporal(definition)
