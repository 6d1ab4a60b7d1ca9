"""The settings of the model author: which models answer, where they are, and what they may cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from specgen.authoring.llm.ledger import Caps, Price


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """``writer`` (None: not named) and ``planner`` (None: the writer) are PROVIDER:NAME.

    ``url`` is where models of the ``openai`` provider are served (None: OpenAI's servers), ``answer_tokens`` the
    longest answer, ``prices`` by model.
    """

    writer: str | None = None
    planner: str | None = None
    url: str | None = None
    answer_tokens: int = 8_192
    caps: Caps = Caps(calls=200, tokens=2_000_000, minutes=60.0)
    prices: Mapping[str, Price] = field(default_factory=dict)


def number(value: object) -> object:
    """What pydantic may take for a number: no truth value, which it would take for 0 or 1."""
    if isinstance(value, bool):
        raise ValueError("a number is wanted")  # noqa: TRY004 - pydantic wants a ValueError
    return value


def _priced(value: object) -> object:
    """``openai:x=2.5,10``, more after semicolons or in a list, as the table that the file holds."""
    if not isinstance(value, str | list):
        return value
    table: dict[str, dict[str, str]] = {}
    for part in ";".join([value] if isinstance(value, str) else value).split(";"):
        model, _, prices = part.strip().rpartition("=")
        paid, _, earned = prices.partition(",")
        table[model] = {"input": paid, "output": earned}
    return table


class _Price(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    input: Annotated[float, BeforeValidator(number), Field(ge=0)]
    output: Annotated[float, BeforeValidator(number), Field(ge=0)]


_Model = Annotated[str, Field(pattern=r"^[^:\s]+:\S+$")]
_Count = Annotated[int, BeforeValidator(number), Field(ge=1)]
_Amount = Annotated[float, BeforeValidator(number), Field(gt=0)]


#: The table of prices in the target's file.
Prices: TypeAlias = dict[_Model, _Price]


class ModelValues(BaseModel):
    """The settings as text from outside may give them; None means: not given."""

    model: _Model | None = None
    planner_model: _Model | None = Field(default=None, alias="planner-model")
    model_url: Annotated[str, Field(pattern=r"^https?://\S+$")] | None = Field(default=None, alias="model-url")
    answer_tokens: _Count | None = Field(default=None, alias="answer-tokens")
    max_calls: _Count | None = Field(default=None, alias="max-calls")
    max_tokens: _Count | None = Field(default=None, alias="max-tokens")
    max_usd: _Amount | None = Field(default=None, alias="max-usd")
    max_minutes: _Amount | None = Field(default=None, alias="max-minutes")
    price: Annotated[Prices, BeforeValidator(_priced)] | None = None


_A_MODEL = "PROVIDER:NAME, where PROVIDER is openai, anthropic, google_genai, ollama or another of LangChain's"

#: What each setting allows, for error messages.
ALLOWED = {
    "model": _A_MODEL,
    "planner-model": _A_MODEL,
    "model-url": "an http or https address",
    "answer-tokens": "a whole number from 1",
    "max-calls": "a whole number from 1",
    "max-tokens": "a whole number from 1",
    "max-usd": "dollars, more than 0",
    "max-minutes": "minutes, more than 0",
    "price": "PROVIDER:NAME=INPUT,OUTPUT in dollars per million tokens",
}


def merged(layers: Sequence[ModelValues], from_file: Prices) -> ModelSettings:
    """The settings that these values give, the later winning; ``from_file`` are the prices of the target's file."""
    given: dict[str, Any] = {}
    prices = {model: Price(price.input, price.output) for model, price in from_file.items()}
    for layer in layers:
        given |= {name: value for name in ModelValues.model_fields if (value := getattr(layer, name)) is not None}
        prices |= {model: Price(price.input, price.output) for model, price in (layer.price or {}).items()}
    default = ModelSettings()
    caps = Caps(
        calls=given.get("max_calls", default.caps.calls),
        tokens=given.get("max_tokens", default.caps.tokens),
        usd=given.get("max_usd"),
        minutes=given.get("max_minutes", default.caps.minutes),
    )
    return ModelSettings(
        writer=given.get("model"),
        planner=given.get("planner_model"),
        url=given.get("model_url"),
        answer_tokens=given.get("answer_tokens", default.answer_tokens),
        caps=caps,
        prices=prices,
    )
