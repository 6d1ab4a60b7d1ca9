"""The answers to each task as pydantic models, and reading them from whatever text an author sent."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

#: The longest answer that is parsed, in characters.
LONGEST = 200_000

Name = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,63}$", description="a TLA+ identifier")]
Words = Annotated[str, Field(min_length=1, max_length=1_500)]
Sentences = Annotated[list[Annotated[str, Field(min_length=1, max_length=600)]], Field(max_length=20)]
Formula = Annotated[str, Field(min_length=1, max_length=3_000)]
Text = Annotated[str, Field(min_length=1, max_length=6_000)]
Document = Annotated[str, Field(min_length=1, max_length=40_000, description="Markdown")]


class AnAnswer(BaseModel):
    """What every answer is: nothing that its schema does not name."""

    # Built when the first answer comes: most runs have no author that answers.
    model_config = ConfigDict(extra="forbid", defer_build=True)


class Lines(AnAnswer):
    """Lines of one file of the feature, counted from 1."""

    path: Annotated[str, Field(min_length=1, max_length=500)]
    line: Annotated[int, Field(ge=1, le=10_000_000)]
    end_line: Annotated[int, Field(ge=1, le=10_000_000)]


class Quote(AnAnswer):
    """A line of the feature, word for word."""

    path: Annotated[str, Field(min_length=1, max_length=500)]
    line: Annotated[int, Field(ge=1, le=10_000_000)]
    quote: Annotated[str, Field(min_length=3, max_length=1_000)]


class ConstantAnswer(AnAnswer):
    """A constant and its value on each rung, the smallest first: ``2``, ``TRUE``, ``"a"``, ``{w1, w2}``."""

    name: Name
    meaning: Words
    values: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(min_length=1, max_length=4)]


class VariableAnswer(AnAnswer):
    """A variable; ``type_ok`` and ``init`` are formulas on it, ``target`` its name in the code or ""."""

    name: Name
    meaning: Words
    target: Annotated[str, Field(max_length=200)]
    type_ok: Formula
    init: Formula
    source: Lines | None


class HelperAnswer(AnAnswer):
    """An operator that actions use: its whole definition, ``Free(s) == ...``."""

    name: Name
    meaning: Words
    definition: Text


class ParameterAnswer(AnAnswer):
    """A parameter and the set its values come from."""

    name: Name
    range: Annotated[str, Field(min_length=1, max_length=300)]


class PlannedAction(AnAnswer):
    """One atomic step: what it is for, and which lines it models."""

    name: Name
    purpose: Words
    parameters: Annotated[list[ParameterAnswer], Field(max_length=6)]
    sources: Annotated[list[Lines], Field(min_length=1, max_length=12)]


class PlannedProperty(AnAnswer):
    """A property in words: what must hold in every state (invariant), what the code asserts, or what must come."""

    name: Name
    kind: Literal["invariant", "temporal", "assertion"]
    words: Words
    sources: Annotated[list[Lines], Field(max_length=12)]


class LeftOutAnswer(AnAnswer):
    """What is not modelled and why."""

    what: Words
    why: Words


class PlanAnswer(AnAnswer):
    """The plan of a specification written from the facts."""

    title: Words
    constants: Annotated[list[ConstantAnswer], Field(max_length=12)]
    variables: Annotated[list[VariableAnswer], Field(min_length=1, max_length=30)]
    helpers: Annotated[list[HelperAnswer], Field(max_length=20)]
    actions: Annotated[list[PlannedAction], Field(min_length=1, max_length=60)]
    properties: Annotated[list[PlannedProperty], Field(max_length=40)]
    left_out: Annotated[list[LeftOutAnswer], Field(max_length=40)]


class RevisionAnswer(AnAnswer):
    """The plan of what is to be rewritten in, or added to, a specification that a compiler has drafted."""

    title: Words
    rewrite: Annotated[list[Name], Field(max_length=40)]
    helpers: Annotated[list[HelperAnswer], Field(max_length=20)]
    actions: Annotated[list[PlannedAction], Field(max_length=20)]
    properties: Annotated[list[PlannedProperty], Field(max_length=40)]
    left_out: Annotated[list[LeftOutAnswer], Field(max_length=40)]


class ArchitectureAnswer(AnAnswer):
    """The architecture document."""

    document: Document


class FairnessAnswer(AnAnswer):
    """An action that is not put off for ever."""

    action: Name
    strength: Literal["weak", "strong"]
    why: Words


class PropertiesAnswer(AnAnswer):
    """The properties document, the properties themselves with what matters most first, and what they lean on."""

    document: Document
    properties: Annotated[list[PlannedProperty], Field(max_length=40)]
    fairness: Annotated[list[FairnessAnswer], Field(max_length=40)]


class ActionAnswer(AnAnswer):
    """One action: its definition, what it reads and writes, and where it does otherwise than the code."""

    definition: Text
    reads: Annotated[list[Name], Field(max_length=40)]
    writes: Annotated[list[Name], Field(max_length=40)]
    abstractions: Sentences
    reason: Annotated[str, Field(max_length=1_500)]


class PropertyAnswer(AnAnswer):
    """One property: its definition."""

    definition: Text
    reason: Annotated[str, Field(max_length=1_500)]


class TypeAnswer(AnAnswer):
    """The type of one variable, as a formula on it."""

    type_ok: Formula
    reason: Words


class UpdatedAction(PlannedAction):
    """A step that is new or planned anew; ``was`` names the earlier step that it takes the place of, "" for none."""

    was: Annotated[str, Field(max_length=64)]


class ReasonAnswer(AnAnswer):
    """Why these names are new, different or gone: lines that show it, and the commit that brought it or ""."""

    names: Annotated[list[Name], Field(min_length=1, max_length=60)]
    reason: Words
    evidence: Annotated[list[Quote], Field(max_length=10)]
    commit: Annotated[str, Field(pattern=r"^([0-9a-f]{7,64})?$")]


class UpdateAnswer(AnAnswer):
    """What changes in the plan of an earlier specification; what is not named stays. ``left_out`` is the whole list."""

    title: Words
    constants: Annotated[list[ConstantAnswer], Field(max_length=12)]
    variables: Annotated[list[VariableAnswer], Field(max_length=30)]
    helpers: Annotated[list[HelperAnswer], Field(max_length=20)]
    actions: Annotated[list[UpdatedAction], Field(max_length=60)]
    properties: Annotated[list[PlannedProperty], Field(max_length=40)]
    fairness: Annotated[list[FairnessAnswer], Field(max_length=40)]
    remove: Annotated[list[Name], Field(max_length=60)]
    left_out: Annotated[list[LeftOutAnswer], Field(max_length=40)]
    reasons: Annotated[list[ReasonAnswer], Field(max_length=40)]


class DocumentAnswer(AnAnswer):
    """A document, brought up to date."""

    document: Document


class ViolationAnswer(AnAnswer):
    """What a counterexample means, with the lines that show it, and what is to change if the specification is wrong."""

    classification: Literal["code", "spec", "environment"]
    reason: Words
    evidence: Annotated[list[Quote], Field(min_length=1, max_length=10)]
    change: Annotated[list[Name], Field(max_length=10)]
    instruction: Annotated[str, Field(max_length=1_500)]
    assumption: Annotated[str, Field(max_length=600)]


class Mechanism(AnAnswer):
    """What the specification makes of one commit's safety mechanism."""

    commit: Annotated[str, Field(pattern=r"^[0-9a-f]{7,64}$")]
    modelled: bool
    actions: Annotated[list[Name], Field(max_length=20)]
    change: Annotated[list[Name], Field(max_length=10)]
    reason: Words


class HistoryAnswer(AnAnswer):
    """One entry for each commit that was shown, and the actions and properties to add."""

    mechanisms: Annotated[list[Mechanism], Field(max_length=40)]
    new_actions: Annotated[list[PlannedAction], Field(max_length=10)]
    new_properties: Annotated[list[PlannedProperty], Field(max_length=10)]


_Model = TypeVar("_Model", bound=AnAnswer)


def schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of an answer."""
    return model.model_json_schema()


def read(model: type[_Model], text: str) -> tuple[_Model | None, str]:
    """The answer, or None and what is wrong with it in one sentence. Never raises."""
    if len(text) > LONGEST:
        return None, f"the answer is {len(text)} characters long; {LONGEST} are allowed"
    try:
        found = json.loads(_bare(text))
    except (ValueError, RecursionError) as error:
        return None, f"the answer is no JSON: {str(error)[:200]}"
    try:
        return model.model_validate(found, strict=True), ""
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])[:200] or "the answer"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        return None, f"the answer does not fit the schema: {place}: {first['msg'][:200]}{more}"


def _bare(text: str) -> str:
    """The text without the fence that some authors put around JSON."""
    text = text.strip()
    if text.startswith("```") and text.endswith("```") and "\n" in text:
        return text.partition("\n")[2].rpartition("```")[0]
    return text
