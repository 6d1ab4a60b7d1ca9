"""A decision tree as the body of a TLA+ action."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from specgen.blocks import WIDTH, Block, hang, indented
from specgen.expr import Expr, NoneE, Op
from specgen.render import Renderer, quoted
from specgen.rewrite import free_bounds
from specgen.tree import Choose, Guard, If, Leaf, Let, Place, Tree, leaves

#: What a leaf says about the call itself: where it goes on and with which locals, or its result.
_End = tuple[Place | None, Expr | None, tuple[tuple[str, Expr], ...], bool]


@dataclass(frozen=True, slots=True)
class ActionPrinter:
    """Prints the steps of one specification.

    ``object`` holds its shared variables in order; ``labels`` the label of every place of an operation.
    """

    render: Renderer
    object: Sequence[str]
    labels: Mapping[tuple[str, Place], str]
    locals: frozenset[str]
    turns: bool

    def definition(
        self, name: str, operation: str, place: Place, tree: Tree, *, alternative: bool, begin: str | None
    ) -> Block:
        """The whole definition, its first line ``name(c) ==``; ``begin`` is the conjunct by which it begins a call."""
        me = self.render.me
        label = quoted(self.labels[operation, place])
        printer = self
        if begin is not None:
            body = [begin]
            printer = replace(self, render=replace(self.render, call="call'"))  # there is no call before the step
        elif self.turns and place.mid_turn:
            body = [f"at[{me}] = {label}", "UNCHANGED <<call, before>>"]
        else:
            body = [f"GoesOn({me}, {label})"]
        if alternative:
            body.append(f"{me} # Setup")
        items: list[Block] = [[line] for line in body]
        items += printer.conjuncts(tree, operation)
        return [f"{name}({me}) ==", *indented(_bullets(items), 4)]

    def conjuncts(self, tree: Tree, operation: str) -> list[Block]:
        """What the step does, as conjuncts."""
        return self._items(tree, tuple(self.object), operation, ended=False, indent=7)

    def _items(self, tree: Tree, pending: tuple[str, ...], operation: str, ended: bool, indent: int) -> list[Block]:
        """Conjuncts for the tree. ``pending``: variables no conjunct has spoken of yet; ``ended``: the end is said."""
        items: list[Block] = []
        while isinstance(tree, Guard):
            items += self._conjuncts(tree.cond, indent)
            tree = tree.body
        all_leaves = list(leaves(tree))
        last: list[Block] = []
        unchanged: list[str] = []
        for var in pending:
            values = [dict(leaf.updates).get(var) for leaf in all_leaves]
            if any(v != values[0] for v in values[1:]) or (values[0] is not None and not self._closed(tree, values[0])):
                continue
            pending = tuple(v for v in pending if v != var)
            if values[0] is None:
                unchanged.append(var)
            else:
                items.append(hang(f"{var}' = ", self.render.block(values[0], indent + len(var) + 4)))
        ends = {_end(leaf) for leaf in all_leaves}
        if not ended and len(ends) == 1 and not (_binds(tree) & _bounds_of_end(all_leaves[0])):
            last.append(self._end(all_leaves[0], operation, indent))
            ended = True
        match tree:
            case If() if pending or not ended or _waits(tree):
                items.append(self._if(tree, pending, operation, ended, indent))
            case Let() | Choose() if pending or not ended or _waits(tree.body):
                items.append(self._scoped(tree, pending, operation, ended, indent))
        items += last
        if unchanged:
            items.append([self._unchanged(unchanged)])
        return items

    def _closed(self, tree: Tree, value: Expr) -> bool:
        return not (_binds(tree) & free_bounds(value))

    def _scoped(self, tree: Let | Choose, pending: tuple[str, ...], operation: str, ended: bool, indent: int) -> Block:
        if isinstance(tree, Let):
            lets: Block = []
            body: Tree = tree
            while isinstance(body, Let):
                lead = "LET " if not lets else "    "
                lets += hang(f"{lead}{body.name} == ", self.render.block(body.value, indent + len(body.name) + 8))
                body = body.body
            inner = _bullets(self._items(body, pending, operation, ended, indent + 3))
            return [*lets, *hang("IN  ", inner)]
        head = f"\\E {tree.name} \\in {self.render.text(tree.domain)} :"
        inner = _bullets(self._items(tree.body, pending, operation, ended, indent + 7))
        return [head, *indented(inner, 4)]

    def _if(self, tree: If, pending: tuple[str, ...], operation: str, ended: bool, indent: int) -> Block:
        cond = self.render.block(tree.cond, indent + 3)
        yes = _branch(self._items(tree.yes, pending, operation, ended, indent + 8))
        no = _branch(self._items(tree.no, pending, operation, ended, indent + 8))
        if len(cond) == len(yes) == len(no) == 1:
            line = f"IF {cond[0]} THEN {yes[0]} ELSE {no[0]}"
            if len(line) + indent <= WIDTH - 15:
                return [line]
        return [*hang("IF ", cond), *hang("THEN ", yes), *hang("ELSE ", no)]

    def _conjuncts(self, cond: Expr, indent: int) -> list[Block]:
        parts = cond.args if isinstance(cond, Op) and cond.name == "and" else (cond,)
        return [self.render.block(p, indent) for p in parts]

    def _end(self, leaf: Leaf, operation: str, indent: int) -> Block:
        me = self.render.me
        if leaf.goto is None:
            result = NoneE() if leaf.result is None else leaf.result
            return hang(f"Finish({me}, ", _closing(self.render.block(result, indent + 10), ")"))
        label = quoted(self.labels[operation, leaf.goto])
        if not leaf.locals:
            return [f"GoTo({me}, {label})"]
        if leaf.reset:
            return [f"GoToWith({me}, {label}, NoLocals)"]
        whole = {n for n, _ in leaf.locals} == self.locals
        base = "[" if whole else f"[local[{me}] EXCEPT "
        sign = " |-> " if whole else " = "
        names = [n if whole else f"!.{n}" for n, _ in leaf.locals]
        head = f"GoToWith({me}, {label}, "
        values = [f"{n}{sign}{self.render.text(v)}" for n, (_, v) in zip(names, leaf.locals, strict=True)]
        flat = f"{head}{base}{', '.join(values)}])"
        if len(flat) + indent <= WIDTH:
            return [flat]
        out = [head.rstrip()]
        for i, (n, (_, value)) in enumerate(zip(names, leaf.locals, strict=True)):
            lead = (base if i == 0 else " " * len(base)) + n + sign
            lines = hang(lead, self.render.block(value, indent + 4 + len(lead)))
            lines[-1] += "," if i < len(names) - 1 else "])"
            out += indented(lines, 4)
        return out

    def _unchanged(self, names: Sequence[str]) -> str:
        if list(names) == list(self.object) and len(names) > 1:
            return "UNCHANGED object"
        return f"UNCHANGED {names[0]}" if len(names) == 1 else f"UNCHANGED <<{', '.join(names)}>>"


def _end(leaf: Leaf) -> _End:
    return (leaf.goto, leaf.result, leaf.locals, leaf.reset)


def _bounds_of_end(leaf: Leaf) -> set[str]:
    values = [e for _, e in leaf.locals] + ([] if leaf.result is None else [leaf.result])
    return set().union(*map(free_bounds, values)) if values else set()


def _binds(tree: Tree) -> set[str]:
    match tree:
        case Leaf():
            return set()
        case If(_, yes, no):
            return _binds(yes) | _binds(no)
        case Guard(_, body):
            return _binds(body)
        case Let(name, _, body) | Choose(name, _, body):
            return {name} | _binds(body)


def _waits(tree: Tree) -> bool:
    match tree:
        case Leaf():
            return False
        case If(_, yes, no):
            return _waits(yes) or _waits(no)
        case Guard() | Choose():
            return True
        case Let(_, _, body):
            return _waits(body)


def _closing(block: Block, tail: str) -> Block:
    return [*block[:-1], block[-1] + tail]


def _bullets(items: list[Block]) -> Block:
    if not items:
        return ["TRUE"]
    if len(items) == 1:
        return items[0]
    return [line for item in items for line in hang("/\\ ", item)]


def _branch(items: list[Block]) -> Block:
    """Conjuncts on one line where they are few and short, else as bullets."""
    if 1 < len(items) <= 3 and all(len(i) == 1 and not _open(i[0]) for i in items):
        line = " /\\ ".join(i[0] for i in items)
        if len(line) <= 72:
            return [line]
    return _bullets(items)


def _open(text: str) -> bool:
    return text.startswith(("IF ", "LET ", "\\E ", "\\A ")) or " \\/ " in text or " = IF " in text or "CHOOSE" in text
