"""Where names and fields get their values: the ground that state and synchronisation are read on."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from extractor.providers import Provider
from extractor.python.calls import Sites
from extractor.python.known import VALUE_TYPES
from extractor.view import FileView, Range

_IDENTIFIER = re.compile(rb"[^\W\d]\w*\Z")
_ROOT = re.compile(rb"\s*(?::[^=\n]*)?=\s*([^\W\d]\w*)?")
# Between a target and a call in its value: ``x: Lock = ``, ``x = lock or ``, ``x = field(default_factory=``
_VALUE = re.compile(rb"\s*(:[^=\n]*)?=[^=\n;][^\n;]{0,120}|\s*(:[^=\n]*)?=\s*")
_REST = re.compile(rb"[ \t]*(#|\n|;|\Z)")
_FIELD = re.compile(rb"(\w+)\s*\.\s*(\w+)\Z")


@dataclass(slots=True)
class Bindings:
    """What the assignments of one file say.

    ``written``: exact ranges that get a new value; ``updated``: those that are read as well (``+=``);
    ``inside``: starts of targets that change something inside of their root (``d[k] = v``, ``x.y = v``).
    ``local``: definition -> names bound in it; ``globals_of``: definition -> names it declares global.
    ``module``: names assigned at module level. ``fields``: class -> attribute -> what its values are made of.
    ``collaborators``: class -> attributes that hold a constructor parameter. ``created``: (class or -1,
    target) -> kind of synchronisation object or container made for it.
    """

    written: set[Range] = field(default_factory=set)
    updated: set[Range] = field(default_factory=set)
    inside: set[int] = field(default_factory=set)
    local: dict[int, set[str]] = field(default_factory=dict)
    globals_of: dict[int, set[str]] = field(default_factory=dict)
    module: set[str] = field(default_factory=set)
    collaborators: dict[int, set[str]] = field(default_factory=dict)
    created: dict[tuple[int, str], str] = field(default_factory=dict)
    types: dict[int, dict[str, str]] = field(default_factory=dict)


class Scopes:
    """Questions about the definitions of a file, by their index in ``symbols``."""

    __slots__ = ("_self_names", "rows")

    def __init__(self, view: FileView) -> None:
        self.rows: list[list[object]] = view.made["symbols"]
        self._self_names: dict[int, tuple[int, bytes]] = {}

    def receiver(self, owner: int) -> tuple[int, bytes]:
        """The class whose method (or code inside it) ``owner`` is, and what it calls its object; (-1, b"")."""
        known = self._self_names.get(owner)
        if known is None:
            known = self._self_names[owner] = self._receiver(owner)
        return known

    def _receiver(self, owner: int) -> tuple[int, bytes]:
        while owner >= 0:
            row = self.rows[owner]
            if row[0] == "method":
                params, decorators = row[7], row[6]
                assert isinstance(params, list)
                assert isinstance(decorators, list)
                if params and params[0][3] == "positional" and "staticmethod" not in decorators:
                    return self.parent(owner), str(params[0][0]).encode()
                return (-1, b"")
            owner = self.parent(owner)
        return (-1, b"")

    def parent(self, owner: int) -> int:
        """The definition around a definition, -1 for the module."""
        parent = self.rows[owner][9]
        assert isinstance(parent, int)
        return parent

    def is_class(self, owner: int) -> bool:
        """Whether this is a class."""
        return owner >= 0 and self.rows[owner][0] == "class"

    def binds(self, owner: int, name: str, bindings: Bindings) -> bool:
        """Whether ``name`` in ``owner`` is a local variable of it or of a function around it."""
        while owner >= 0:
            if name in bindings.globals_of.get(owner, ()):
                return False
            if not self.is_class(owner) and name in bindings.local.get(owner, ()):
                return True
            owner = self.parent(owner)
        return False


def _bindings(view: FileView) -> Bindings:
    scopes: Scopes = view.made["scopes"]
    made = Bindings()
    _declared_globals(view, made)
    for index, row in enumerate(scopes.rows):
        params = row[7]
        assert isinstance(params, list)
        if params:
            made.local[index] = {param[0] for param in params}
    lefts, updated = view.ranges("left"), view.ranges("updated")
    made.updated.update(updated)
    for ranges in (lefts, updated, view.ranges("target"), view.ranges("bound"), view.ranges("deleted")):
        _bind(view, made, ranges)
    made_of = _created(view, made, scopes, lefts)
    for left in lefts:
        if left not in made_of:
            _value(view, made, scopes, left)
    for place, right in zip(view.ranges("field"), view.ranges("ft"), strict=True):
        _annotated(view, made, scopes, place, right)
    return made


def _declared_globals(view: FileView, made: Bindings) -> None:
    for start, end in view.ranges("global"):
        names = view.text(start + len("global"), end).replace("\\\n", " ").split(",")
        made.globals_of.setdefault(view.owner(start), set()).update(name.strip() for name in names)


def _bind(view: FileView, made: Bindings, targets: list[Range]) -> None:
    """Note assignment targets; those inside tuples come with their own ranges."""
    data, written, inside = view.data, made.written, made.inside
    spelling: dict[bytes, str | None] = {}  # a name, "" for a field, None for anything longer
    for place in targets:
        raw = data[place[0] : place[1]]
        try:
            name = spelling[raw]
        except KeyError:
            name = raw.decode() if _IDENTIFIER.match(raw) else "" if _FIELD.match(raw) else None
            spelling[raw] = name
        if name:
            written.add(place)
            owner = view.owner(place[0])
            if owner < 0 or name in made.globals_of.get(owner, ()):
                made.module.add(name)
            else:
                made.local.setdefault(owner, set()).add(name)
        elif raw[:1] not in b"([*":
            if name == "":
                written.add(place)
            # For ``self.table[k] = v`` it is ``self.table`` whose inside changes: a longer target with this start.
            inside.add(place[0])


def _value(view: FileView, made: Bindings, scopes: Scopes, left: Range) -> None:
    """Note fields that hold a constructor parameter, and those whose value can't be told."""
    match = _FIELD.match(view.data, left[0], left[1])
    if match is None:
        return
    owner = view.owner(left[0])
    cls, receiver = scopes.receiver(owner)
    if cls < 0 or match.group(1) != receiver:
        return
    field_name = match.group(2).decode()
    root = _ROOT.match(view.data, left[1])
    if root is None:
        return  # an annotation without a value
    whole = _ends_statement(view.data, root.end())
    if whole and root.group(1) == b"None":
        return
    if root.group(1) and (whole or view.data.startswith(b" or ", root.end())):
        params = scopes.rows[owner][7]
        assert isinstance(params, list)
        if scopes.rows[owner][1] in ("__init__", "__post_init__"):
            for name, annotation, _, kind in params[1:]:
                if name.encode() == root.group(1) and kind in ("positional", "keyword"):
                    _hold(made, cls, field_name, annotation, certain=whole)
                    return
    made.types.setdefault(cls, {})[field_name] = ""


def _annotated(view: FileView, made: Bindings, scopes: Scopes, place: Range, annotation: Range) -> None:
    """A field of a dataclass is a constructor parameter."""
    owner = view.owner(place[0])
    if not scopes.is_class(owner):
        return
    decorators = scopes.rows[owner][6]
    assert isinstance(decorators, list)
    if any("dataclass" in name or name.startswith(("attr", "define")) for name in decorators):
        name = view.data[place[0] : place[1]].decode()
        _hold(made, owner, name, view.text(*annotation), certain=True)


def _hold(made: Bindings, cls: int, name: str, annotation: str | None, *, certain: bool) -> None:
    if annotation is not None:
        stem = annotation.strip("\"' ").removeprefix("Optional[").removesuffix(" | None")
        stem = stem.partition("[")[0].rpartition(".")[2].strip("] ")
        if stem in VALUE_TYPES:
            return
    else:
        stem = ""
    types = made.types.setdefault(cls, {})
    agreed = certain and stem.isidentifier() and types.get(name, stem) == stem
    types[name] = stem if agreed else ""
    made.collaborators.setdefault(cls, set()).add(name)


def _created(view: FileView, made: Bindings, scopes: Scopes, lefts: list[Range]) -> set[Range]:
    """Note what is put into fields and variables: locks, queues, containers, objects of known classes.

    Returns the targets whose value is known by that.
    """
    known: set[Range] = set()
    sites: Sites = view.made["sites"]
    starts = [start for start, _ in lefts]
    for site, known_of in sites.telling:
        kind = known_of.makes
        if kind is None:
            continue
        index = bisect_right(starts, site.start) - 1
        if index < 0 or not _VALUE.fullmatch(view.data, lefts[index][1], site.start):
            continue
        key = target_key(view, scopes, lefts[index])
        if key is None:
            continue
        if kind:
            made.created.setdefault(key, kind)
        elif not view.data[lefts[index][1] : site.start].rstrip().endswith(b"="):
            continue  # ``clock or Clock()``: one of several values
        elif key[0] >= 0 and key[1].startswith("self.") and _ends_statement(view.data, site.end):
            types = made.types.setdefault(key[0], {})
            name = key[1].partition(".")[2]
            types[name] = site.callee if types.get(name, site.callee) == site.callee else ""
            known.add(lefts[index])
    return known


def _ends_statement(data: bytes, end: int) -> bool:
    return _REST.match(data, end) is not None


def target_key(view: FileView, scopes: Scopes, place: Range) -> tuple[int, str] | None:
    """How a target is looked up in ``created``: (class, ``self.x``), or (definition or -1, ``name``)."""
    raw = view.data[place[0] : place[1]]
    owner = view.owner(place[0])
    if _IDENTIFIER.match(raw):
        if scopes.is_class(owner):
            return owner, "self." + raw.decode()
        return owner, raw.decode()
    match = _FIELD.match(raw)
    if match:
        cls, receiver = scopes.receiver(owner)
        if cls >= 0 and match.group(1) == receiver:
            return cls, "self." + match.group(2).decode()
    return None


def _bound(view: FileView) -> dict[str, list[str]]:
    """Definition (-1: the module) -> names assigned in it, as far as they hide a class, function or import."""
    bindings: Bindings = view.made["bindings"]
    rows: list[list[object]] = view.made["symbols"]
    hideable = {str(row[1]) for row in rows} | set(view.made["imports"])
    found = {str(owner): sorted(names & hideable) for owner, names in bindings.local.items() if names & hideable}
    if bindings.module & hideable:
        found["-1"] = sorted(bindings.module & hideable)
    return found


def _fields(view: FileView) -> dict[str, dict[str, str]]:
    """Class -> attribute -> the one class its values are made of or annotated with, as written."""
    bindings: Bindings = view.made["bindings"]
    return {str(cls): {name: kind for name, kind in types.items() if kind} for cls, types in bindings.types.items()}


BOUND = Provider(name="bound names", produces="bound", run=_bound, needs=("symbols", "imports", "bindings"))

FIELDS = Provider(name="types of fields", produces="fields", run=_fields, needs=("bindings",))

SCOPES = Provider(name="scopes", produces="scopes", run=Scopes, needs=("symbols",), stored=False)

BINDINGS = Provider(
    name="bindings",
    produces="bindings",
    run=_bindings,
    needs=("symbols", "scopes", "sites"),
    patterns=(
        "(assignment left: (_) @left)",
        "(augmented_assignment left: (_) @updated)",
        "(class_definition body: (block (expression_statement (assignment left: (identifier) @field type: (_) @ft))))",
        "(pattern_list (_) @target) (tuple_pattern (_) @target)",
        "(list_pattern (_) @target) (list_splat_pattern (_) @target)",
        "(for_statement left: (_) @bound) (for_in_clause left: (_) @bound)",
        "(as_pattern_target (_) @bound) (named_expression name: (_) @bound)",
        "[(delete_statement (_) @deleted) (delete_statement (expression_list (_) @deleted))]",
        "(global_statement) @global",
    ),
    stored=False,
)
