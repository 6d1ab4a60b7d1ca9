"""Puts a specification together: the data of a Spec and, through one template, its text."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence
from functools import lru_cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from extractor.types import Span
from specgen import properties
from specgen.actions import ActionPrinter
from specgen.expr import HELPERS, Const, DictT, Expr, Op, SeqT, SetT, StrT, Ty, Var, join, NoneT
from specgen.ir import Abstraction, ConstDecl, EnvAction, Program
from specgen.names import name_places
from specgen.render import Renderer, hang, quoted
from specgen.rewrite import variables, walk
from specgen.rewrite import FALSE
from specgen.tree import Place, Step, blocked, expressions, leaves, name_repeats, reads, writes
from specgen.words import RESERVED
from specgen.types import Action, Property, Spec, Variable
from specgen.typing_text import has_dict, membership, type_set

_WIDTH = 80
_FRAME_CONSTANTS = (
    ("Callers", "the calls that may overlap"),
    ("Before", "how many calls ran, one after another, before them"),
    ("Overlap", "FALSE: one call at a time, to learn what serial orders give"),
    ("None", "Python's None"),
    ("Setup", "the caller that runs the calls before them"),
)
_KNOWN = frozenset({"None", "Setup", "Callers", "Everyone", "Int", "Nat", "BOOLEAN", "STRING"})


def compose(program: Program, steps: Sequence[Step]) -> Spec:
    """The Spec of the program with these steps."""
    return _Composer(program, list(steps)).spec()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("specgen"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,
    )


class _Composer:
    def __init__(self, program: Program, steps: list[Step]) -> None:
        self.program = program
        self.steps = steps
        self.object = [v.name for v in program.vars]
        self.observable = [v for v in program.vars if v.observable]
        globals_ = set(self.object) | {c.name for c in program.consts} | set(RESERVED)
        self.extra_constants = self._undeclared()
        globals_ |= set(self.extra_constants)
        self.globals = globals_
        self.c, self.d, self.line, self.l, self.r, self.i, self.ops, self.who, self.k = (
            _free(n, globals_) for n in ("c", "d", "line", "locals", "r", "i", "ops", "who", "k")
        )
        declared = set(self.object) | {c.name for c in program.consts}
        self.operators = {n: _free(f"{n}Of", globals_) for n in HELPERS if n in declared}
        self.render = Renderer(self.c, operators=self.operators)
        used = frozenset(globals_ | set(HELPERS))
        self.labels, self.names = name_places(program, steps, used)
        self.locals = self._kept_locals()
        mid = [label for (_, place), label in self.labels.items() if place.mid_turn]
        self.mid_turn = list(dict.fromkeys(mid))
        self.printer = ActionPrinter(self.render, self.object, self.labels, frozenset(self.locals), bool(self.mid_turn))
        self.let_names = set(globals_) | set(self.names.values())

    # --- parts ------------------------------------------------------------------------------------

    def _undeclared(self) -> list[str]:
        """Model values that expressions name although no constant of that name is declared."""
        declared = {c.name for c in self.program.consts} | _KNOWN
        found: dict[str, None] = {}
        for expr in self._all_expressions():
            for e in walk(expr):
                if isinstance(e, Const) and e.name not in declared:
                    found[e.name] = None
        return list(found)

    def _all_expressions(self) -> list[Expr]:
        out: list[Expr] = []
        for v in self.program.vars:
            out += [e for e in (v.init, v.init_set, v.view) if e is not None]
        for step in self.steps:
            out += list(expressions(step.tree))
        for action in self.program.env:
            out += [action.guard, *(e for _, e in action.updates)]
        out += [i.expr for i in self.program.invariants]
        out += [a.failure for a in self.program.code_assertions]
        out += [p.domain for o in self.program.operations for p in o.params]
        return out

    def _kept_locals(self) -> dict[str, Ty]:
        """Locals that some step leaves behind for the next one."""
        kept = {n for s in self.steps for leaf in leaves(s.tree) for n, _ in leaf.locals}
        return {n: t for n, t in self.program.locals.items() if n in kept}

    def spec(self) -> Spec:
        actions, sections, env = self._actions()
        constants = [*self.program.consts, *(ConstDecl(n, "one of the values above", value=(n,)) for n in self.extra_constants)]
        prop_lines, props = self._properties()
        text = self._text(sections, env, constants, prop_lines)
        return Spec(
            module=self.program.module,
            title=self.program.title,
            mode=self.program.mode,
            constants=tuple(constants),
            variables=tuple(self._variables()),
            helpers=tuple(self._helpers()),
            actions=tuple(actions),
            properties=tuple(props),
            abstractions=tuple(self.program.abstractions),
            assumptions=tuple(self.program.assumptions),
            operations=tuple(o.name for o in self.program.operations),
            text=text,
        )

    def _variables(self) -> list[Variable]:
        out = []
        for v in self.program.vars:
            out.append(Variable(v.name, v.comment, self._init_of(v.name), membership(v.name, v.ty), v.source, v.observable))
        return out

    def _init_of(self, name: str) -> str:
        v = next(v for v in self.program.vars if v.name == name)
        if v.init_set is not None:
            return f"{name} \\in {self.render.text(v.init_set)}"
        return f"{name} = {self.render.text(v.init)}"

    # --- actions ----------------------------------------------------------------------------------

    def _actions(self) -> tuple[list[Action], list[dict[str, object]], list[Action]]:
        actions: list[Action] = []
        sections: list[dict[str, object]] = []
        by_operation = {o.name: o for o in self.program.operations}
        for operation in self.program.operations:
            mine = [(i, s) for i, s in enumerate(self.steps) if s.operation == operation.name]
            texts: list[str] = []
            for i, step in mine:
                action = self._action(self.names[i], step)
                actions.append(action)
                texts.append(action.text)
            span = by_operation[operation.name].span
            heading = f"(* {operation.qualname}, {span.path}:{_range(span.line, span.end_line)} *)"
            sections.append({"heading": heading, "actions": texts})
        env = [self._env(e) for e in self.program.env]
        if env:
            sections.append({"heading": "(* The surroundings *)", "actions": [a.text for a in env]})
        return actions + env, sections, env

    def _action(self, name: str, step: Step) -> Action:
        taken = set(self.let_names)
        tree = name_repeats(step.tree, step.named, lambda e: len(self.render.text(e)) > 40, taken)
        definition = self.printer.definition(
            name, step.operation, step.place, tree, alternative=step.alternative is not None
        )
        spans = _spans(step)
        hit = tuple(
            a
            for a in self.program.abstractions
            if (not a.operation or a.operation == step.operation)
            and any(a.span.path == p and a.span.line <= line <= a.span.end_line for p, line, _ in step.lines)
        )
        comments = self._comment(step, hit)
        node = self.program.nodes[step.place.node]
        return Action(
            name=name,
            label=self.labels[step.operation, step.place],
            operation=step.operation,
            function=node.function,
            sources=spans,
            reads=tuple(v for v in self.object if v in reads(step.tree)),
            writes=tuple(v for v in self.object if v in writes(step.tree)),
            text="\n".join([*comments, *definition]),
            abstractions=hit,
        )

    def _comment(self, step: Step, hit: Sequence[Abstraction]) -> list[str]:
        out: list[str] = []
        main = self.program.nodes[step.place.node].path
        keys = list(step.lines)
        order = {f: i for i, f in enumerate(dict.fromkeys((p, f) for p, _, f in keys))}
        keys.sort(key=lambda k: (order[k[0], k[2]], k[1]))
        own = next(o for o in self.program.operations if o.name == step.operation).qualname.rsplit(".", 1)[-1]
        groups: list[list[tuple[str, int, str]]] = []
        for key in keys:
            if groups and (groups[-1][0][0], groups[-1][0][2]) == (key[0], key[2]):
                groups[-1].append(key)
            else:
                groups.append([key])
        for group in groups:
            path, _, function = group[0]
            short = function.rsplit(".", 1)[-1]
            if short != own and (short != step.operation):
                place = f"{path}, " if path != main else ""
                out.append(f"\\* in {place}{short}:")
            texts = [self._source(p, n) for p, n, _ in group]
            shown = textwrap.dedent("\n".join(t for t in texts)).split("\n") if texts else []
            width = max(len(str(n)) for _, n, _ in group)
            for (_, n, _), text in zip(group, shown, strict=True):
                out.append(f"\\* {n:>{width}}  {_comment_safe(text)}".rstrip())
        if step.alternative == "cancelled":
            out.append("\\* The task is cancelled while it waits here.")
        elif step.alternative == "timeout":
            out.append("\\* The time-out ends the wait.")
        for a in hit:
            out += textwrap.wrap(
                f"\\* approximated: {_comment_safe(a.construct)}: {_comment_safe(a.instead)}", 100, subsequent_indent="\\*     "
            )
        return list(dict.fromkeys(out)) if not hit else out

    def _source(self, path: str, line: int) -> str:
        text = self.program.sources.get(path, [])
        return text[line - 1].rstrip().expandtabs(4) if 0 < line <= len(text) else ""

    def _env(self, env: EnvAction) -> Action:
        updates = dict(env.updates)
        items = [self.render.block(p, 7) for p in _conjuncts(env.guard)]
        items += [hang(f"{v}' = ", self.render.block(updates[v], 11 + len(v))) for v in self.object if v in updates]
        left = [v for v in self.object if v not in updates]
        unchanged = [*left, "call", "at", *(["local"] if self.locals else []), "result", *self._start(), "before"]
        if self.mid_turn:
            items.insert(0, [f"\\A {self.c} \\in Everyone : at[{self.c}] \\notin MidTurn"])
        items.append([f"UNCHANGED <<{', '.join(unchanged)}>>"])
        text = [f"\\* {_comment_safe(env.comment)}", f"{env.name} =="]
        text += ["    " + line for item in items for line in hang("/\\ ", item)]
        read = {n for e in (env.guard, *updates.values()) for n in variables(e)}
        return Action(
            name=env.name,
            label="",
            operation="",
            function="",
            sources=(),
            reads=tuple(v for v in self.object if v in read),
            writes=tuple(v for v in self.object if v in updates),
            text="\n".join(text),
        )

    # --- text -------------------------------------------------------------------------------------

    def _text(
        self, sections: list[dict[str, object]], env: list[Action], constants: list[ConstDecl], prop_lines: list[str]
    ) -> str:
        start = self._start()
        local = ["local"] if self.locals else []
        head = f" MODULE {self.program.module} "
        side = max((_WIDTH - len(head)) // 2, 4)
        total = max(_WIDTH, 2 * side + len(head))
        goto = any(leaf.goto is not None and not leaf.locals for s in self.steps for leaf in leaves(s.tree))
        obj = ["object"] if len(self.object) > 1 else list(self.object)
        finish = [*start, "before"]
        context = {
            "module": self.program.module,
            "rule_module": ("-" * side + head).ljust(total, "-"),
            "rule": "-" * total,
            "rule_end": "=" * total,
            "header": self._header(),
            "constants": _aligned([(n, c) for n, c in [*_FRAME_CONSTANTS, *((c.name, c.comment) for c in constants)]]),
            "variables": self._variable_lines(),
            "all_names": [*self.object, "call", "at", *local, "result", *start, "before"],
            "object": self.object,
            "calls": self._calls(),
            "locals": bool(self.locals),
            "locals_none": ", ".join(f"{n} |-> None" for n in self.locals),
            "labels_mid": [quoted(label) for label in self.mid_turn],
            "helpers": self._helpers(),
            "type_ok": self._type_ok(),
            "init": self._init(),
            "observable": bool(self.observable),
            "view": self._view(),
            "c": self.c, "d": self.d, "l": self.l, "r": self.r, "line_": self.line,
            "begin": self._begin(),
            "begin_unchanged": [*obj, *local, "result", *start],
            "end_setup_unchanged": [*obj, "call", *local, "result"],
            "has_goto": goto,
            "goto_unchanged": ["call", *local, "result", *start, "before"],
            "goto_with_unchanged": ["call", "result", *start, "before"],
            "finish_unchanged": finish[0] if len(finish) == 1 else f"<<{', '.join(finish)}>>",
            "sections": sections,
            "env_names": [a.name for a in env],
            "next": self._next(),
            "symmetry": self._symmetry(),
            "properties": prop_lines,
        }  # fmt: skip
        text = _environment().get_template("module.tla.j2").render(context)
        return re.sub(r"\n{3,}", "\n\n", "\n".join(line.rstrip() for line in text.split("\n"))).rstrip() + "\n"

    def _start(self) -> list[str]:
        return ["start"] if self.observable else []

    def _header(self) -> list[str]:
        p = self.program
        step = (
            "A step is what nobody else can look into: code between two suspension points, or the moment at "
            "which an awaited call on the outside takes effect."
            if p.mode == "asyncio"
            else "A step is what nobody else can look into: at most one access to shared state that others could "
            "get between, with everything local around it; code under a lock that guards all it touches is one step."
        )
        paragraphs = [p.title.rstrip(".") + ".", step]
        paragraphs += [a.text.rstrip(".") + "." for a in p.assumptions]
        if p.abstractions:
            paragraphs.append("Approximated (see the actions): " + "; ".join(
                dict.fromkeys(f"{a.construct} at {a.span.path}:{a.span.line}" for a in p.abstractions)) + ".")
        out = []
        for paragraph in paragraphs:
            for line in textwrap.wrap(_comment_safe(" ".join(paragraph.split())), _WIDTH - 6):
                out.append(f"(* {line:<{_WIDTH - 6}} *)")
        return out

    def _variable_lines(self) -> list[str]:
        rows = [(v.name, self._variable_comment(v.name)) for v in self.program.vars]
        rows += [("call", "caller -> the operation it runs and its arguments"), ("at", "caller -> the line where it will go on")]
        if self.locals:
            rows.append(("local", "caller -> those of its local variables that it still needs"))
        rows.append(("result", "caller -> what it returned, or the name of what it raised; None before"))
        if self.observable:
            rows.append(("start", "the object as it was when the calls began to overlap; None before"))
        rows.append(("before", "how many set-up calls have begun"))
        return _aligned(rows)

    def _variable_comment(self, name: str) -> str:
        v = next(v for v in self.program.vars if v.name == name)
        comment = _comment_safe(v.comment)
        where = f"{v.source.path}:{v.source.line}" if v.source else ""
        return comment if not where or where in comment else f"{comment}, {where}" if comment else where

    def _calls(self) -> list[str]:
        shapes: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for o in self.program.operations:
            shape = tuple((p.name, self.render.text(p.domain)) for p in o.params)
            shapes.setdefault(shape, []).append(o.name)
        sets = []
        for shape, ops in shapes.items():
            fields = ["op : {" + ", ".join(map(quoted, ops)) + "}", *(f"{n} : {d}" for n, d in shape)]
            sets.append(f"[{', '.join(fields)}]")
        flat = "Calls == " + " \\cup ".join(sets)
        if len(flat) <= 100:
            return [flat]
        return ["Calls ==", *(f"    {'' if i == 0 else chr(92) + 'cup '}{s}" for i, s in enumerate(sets))]

    def _mixed_calls(self) -> bool:
        """Whether one argument name has values of two kinds, which TLC must not compare."""
        kinds: dict[str, Ty] = {}
        for o in self.program.operations:
            for p in o.params:
                joined = join(kinds[p.name], p.ty) if p.name in kinds else p.ty
                kinds[p.name] = joined
                from specgen.expr import boxed_kinds

                if boxed_kinds(joined) and not boxed_kinds(p.ty):
                    return True
        return False

    def _helpers(self) -> list[str]:
        used: dict[str, None] = {}
        for e in self._all_expressions():
            for x in walk(e):
                if isinstance(x, Op) and x.name == "call" and x.names[0] in HELPERS:
                    used[x.names[0]] = None
        out: list[str] = []
        for name in HELPERS:
            if name in used:
                definition, comment = HELPERS[name]
                out += ["", f"\\* {comment}", *self._clear(definition).split("\n")]
        if self._entries_needed():
            e, x = _free("d", self.globals), _free("x", self.globals)
            out += ["", "\\* the entries of the dict d", f"Entries({e}) == {{<<{x}, {e}[{x}]>> : {x} \\in DOMAIN {e}}}"]
        return out

    def _clear(self, definition: str) -> str:
        """The definition with its own names changed where the module has a variable of that name."""
        for old, new in self.operators.items():
            definition = re.sub(rf"(?<![\w\\]){old}\b", new, definition)
        own = set(re.findall(r"(?<![\w\\])[a-zA-Z]\b", definition))
        for name in sorted(own & (set(self.object) | {c.name for c in self.program.consts})):
            definition = re.sub(rf"(?<![\w\\]){name}\b", _free(name, self.globals), definition)
        return definition

    def _entries_needed(self) -> bool:
        return any(v.view is None and has_dict(v.ty) for v in self.observable) or has_dict(self.program.result_ty)

    def _canonical(self, text: str, ty: Ty, depth: int = 0) -> str:
        """Text of a value that prints alike however it came about: TLC prints an empty function in two ways."""
        name = _free("xyzuvw"[depth % 6], self.globals)
        match ty:
            case DictT(_, value):
                if has_dict(value):
                    inner = self._canonical(f"{text}[{name}]", value, depth + 1)
                    return f"{{<<{name}, {inner}>> : {name} \\in DOMAIN {text}}}"
                return f"Entries({text})"
            case SeqT(item) if has_dict(item):
                return f"[{name} \\in DOMAIN {text} |-> {self._canonical(f'{text}[{name}]', item, depth + 1)}]"
            case SetT(item) if has_dict(item):
                return f"{{{self._canonical(name, item, depth + 1)} : {name} \\in {text}}}"
        return text

    def _view(self) -> list[str]:
        fields = []
        for v in self.observable:
            value = self.render.block(v.view, 12) if v.view is not None else [self._canonical(v.name, v.ty)]
            fields.append(hang(f"{v.name} |-> ", value))
        lines: list[str] = []
        flat = "[" + ", ".join(f[0] for f in fields) + "]"
        if all(len(f) == 1 for f in fields) and len(flat) <= 90:
            return [flat]
        for i, field in enumerate(fields):
            block = hang("[" if i == 0 else " ", field)
            block[-1] += "," if i < len(fields) - 1 else "]"
            lines += block
        return lines

    def _type_ok(self) -> list[str]:
        out = [f"/\\ {membership(v.name, v.ty)}" for v in self.program.vars]
        if self._mixed_calls():
            out.append("/\\ DOMAIN call = Everyone")
        else:
            out.append("/\\ call \\in [Everyone -> Calls \\cup {Unborn}]")
        labels = ", ".join(["idle", *dict.fromkeys(self.labels.values()), "end"])
        wrapped = textwrap.wrap(", ".join(quoted(x) for x in labels.split(", ")), 70)
        block = hang("/\\ at \\in [Everyone -> {", wrapped)
        block[-1] += "}]"
        out += block
        if self.locals:
            out += self._local_types()
        result = join(self.program.result_ty, NoneT())
        whole = type_set(result)
        if whole is not None:
            out.append(f"/\\ result \\in [Callers -> {_unwrapped(whole)}]")
        else:
            out.append(f"/\\ \\A {self.c} \\in Callers : {membership(f'result[{self.c}]', result)}")
        if self.observable:
            out.append(self._start_type())
        out.append("/\\ before \\in 0..Before")
        return out

    def _local_types(self) -> list[str]:
        sets: list[str] = []
        rest: list[str] = []
        for name, ty in self.locals.items():
            with_none = join(ty, NoneT())
            whole = type_set(with_none)
            if whole is not None:
                sets.append(f"{name} : {_unwrapped(whole)}")
            else:
                rest.append(f"/\\ \\A {self.c} \\in Everyone : {membership(f'local[{self.c}].{name}', with_none)}")
        if not rest:
            flat = f"/\\ local \\in [Everyone -> [{', '.join(sets)}]]"
            if len(flat) <= 96:
                return [flat]
            block = ["/\\ local \\in [Everyone -> ["]
            block += [f"       {s}{',' if i < len(sets) - 1 else ']]'}" for i, s in enumerate(sets)]
            return block
        for s in sets:
            name, ty_text = s.split(" : ", 1)
            rest.append(f"/\\ \\A {self.c} \\in Everyone : local[{self.c}].{name} \\in {ty_text}")
        return rest

    def _start_type(self) -> str:
        parts = []
        for v in self.observable:
            whole = None if v.view is not None else type_set(v.ty)
            if whole is None:
                fields = ", ".join(quoted(x.name) for x in self.observable)
                return f"/\\ start = None \\/ DOMAIN start = {{{fields}}}"
            parts.append(f"{v.name} : {_unwrapped(whole)}")
        return f"/\\ start \\in {{None}} \\cup [{', '.join(parts)}]"

    def _init(self) -> list[str]:
        out = [f"/\\ {self._init_of(v.name)}" for v in self.program.vars]
        c = self.c
        out += [f"/\\ call = [{c} \\in Everyone |-> Unborn]", f'/\\ at = [{c} \\in Everyone |-> "idle"]']
        if self.locals:
            out.append(f"/\\ local = [{c} \\in Everyone |-> NoLocals]")
        out.append(f"/\\ result = [{c} \\in Callers |-> None]")
        if self.observable:
            out.append("/\\ start = None")
        out.append("/\\ before = 0")
        return out

    def _begin(self) -> list[str]:
        entries = {o.name: self._entry(o.name) for o in self.program.operations}
        k = self.k
        if len(entries) == 1:
            where = [quoted(next(iter(entries.values())))]
        else:
            name = list(entries)
            where = [f'CASE {k}.op = {quoted(name[0])} -> {quoted(entries[name[0]])}']
            where += [f'  [] {k}.op = {quoted(n)} -> {quoted(entries[n])}' for n in name[1:]]
            if len(name) == 2:
                where = [f"IF {k}.op = {quoted(name[0])} THEN {quoted(entries[name[0]])} ELSE {quoted(entries[name[1]])}"]
        block = hang(f"/\\ at' = [at EXCEPT ![{self.c}] = ", where)
        block[-1] += "]"
        if self._mixed_calls():
            return self._begin_apart(entries)
        return [
            f"/\\ \\E {k} \\in Calls :",
            f"    /\\ call' = [call EXCEPT ![{self.c}] = {k}]",
            *("    " + line for line in block),
        ]

    def _begin_apart(self, entries: dict[str, str]) -> list[str]:
        """One disjunct an operation: their argument values can't be put into one set."""
        out = []
        for i, o in enumerate(self.program.operations):
            fields = [f"op : {{{quoted(o.name)}}}", *(f"{p.name} : {self.render.text(p.domain)}" for p in o.params)]
            lead = "/\\ " if i == 0 else "   "
            out.append(f"{lead}\\/ \\E {self.k} \\in [{', '.join(fields)}] :")
            out.append(f"        /\\ call' = [call EXCEPT ![{self.c}] = {self.k}]")
            out.append(f"        /\\ at' = [at EXCEPT ![{self.c}] = {quoted(entries[o.name])}]")
        return out

    def _entry(self, operation: str) -> str:
        return next(self.labels[s.operation, s.place] for s in self.steps if s.operation == operation)

    def _next(self) -> list[str]:
        out = []
        for o in self.program.operations:
            names = [f"{self.names[i]}({self.c})" for i, s in enumerate(self.steps) if s.operation == o.name]
            line = ""
            for name in names:
                piece = f"\\/ {name}"
                if line and len(line) + len(piece) > 80:
                    out.append(line)
                    line = ""
                line += (" " if line else "") + piece
            if line:
                out.append(line)
        return out

    def _symmetry(self) -> list[str]:
        """Sets whose elements may be swapped: none where an expression picks an element by itself."""
        picks = {"choose"}
        callers = {"MinOf", "MaxOf", "SeqOf"}
        for e in self._all_expressions():
            for x in walk(e):
                if isinstance(x, Op) and (x.name in picks or (x.name == "call" and x.names[0] in callers)):
                    return []
        sets = ["Callers"]
        for c in self.program.consts:
            if c.is_set() and not any(re.fullmatch(re.escape(c.stem) + r"\d+", n) for n in self.extra_constants):
                sets.append(c.name)
        return [f"Permutations({s})" for s in sets]

    def _properties(self) -> tuple[list[str], list[Property]]:
        waits: dict[str, properties.Wait] = {}
        timed = {s.place for s in self.steps if s.alternative == "timeout"}
        asked: set[str] = set()
        for step in self.steps:
            if step.alternative is not None or step.place in timed:
                continue
            condition = blocked(step.tree)
            if condition != FALSE:
                label = self.labels[step.operation, step.place]
                waits[label] = properties.Wait(step.operation, label, self.render.block(condition, 10))
                asked |= variables(condition)
        quiet = []
        for env in self.program.env:
            if asked & {n for n, _ in env.updates}:
                from specgen.rewrite import negate

                quiet.append(self.render.text(negate(env.guard)))
        names = properties.Names(self.c, self.d, self.i, self.ops, self.who)
        return properties.lines(
            self.program,
            names,
            list(waits.values()),
            quiet,
            bool(self.observable),
            lambda who: self._canonical(f"result[{who}]", self.program.result_ty) if has_dict(self.program.result_ty) and not self._nullable() else f"result[{who}]",
        )

    def _nullable(self) -> bool:
        return not isinstance(self.program.result_ty, DictT)


def _spans(step: Step) -> tuple[Span, ...]:
    lines: dict[str, set[int]] = {}
    for path, line, _ in step.lines:
        lines.setdefault(path, set()).add(line)
    out: list[Span] = []
    for path, numbers in lines.items():
        for n in sorted(numbers):
            if out and out[-1].path == path and out[-1].end_line == n - 1:
                out[-1] = Span(path, out[-1].line, n)
            else:
                out.append(Span(path, n, n))
    return tuple(out)


def _conjuncts(e: Expr) -> tuple[Expr, ...]:
    return e.args if isinstance(e, Op) and e.name == "and" else (e,)


def _free(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _aligned(rows: list[tuple[str, str]]) -> list[str]:
    width = max(len(n) for n, _ in rows) + 2
    out = []
    for i, (name, comment) in enumerate(rows):
        head = name + ("," if i < len(rows) - 1 else "")
        out.append(f"{head:<{width}}  \\* {_comment_safe(comment)}".rstrip() if comment else head)
    return out


def _comment_safe(text: str) -> str:
    """Text that can stand in a TLA+ comment."""
    plain = "".join(ch if ch == "\t" or 32 <= ord(ch) < 127 else "?" for ch in text)
    return plain.replace("(*", "( *").replace("*)", "* )")


def _range(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _unwrapped(text: str) -> str:
    from specgen.typing_text import _bare

    return _bare(text)


_unused: tuple[object, ...] = (StrT, Var, Place)
