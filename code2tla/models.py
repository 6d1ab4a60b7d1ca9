"""From settings to the model author, and what the doctor says of it."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from code2tla.errors import SettingError, ToolError
from code2tla.model_settings import ModelSettings
from specgen.authoring.llm.author import Conduct, LlmAuthor, Models
from specgen.authoring.llm.exploring import Tool
from specgen.authoring.llm.ledger import Caps, PriceUnknown
from specgen.authoring.llm.providers import ModelName, ProviderUnready, require
from specgen.authoring.llm.recorded import recorded_models
from specgen.authoring.llm.secrets import Redactor
from specgen.authoring.transcript import Transcript
from tlc_runner.choose import Finding

#: Seconds to see whether something listens at the models' address.
_KNOCK = 3.0


def author(
    settings: ModelSettings,
    transcript: Transcript,
    tools: Sequence[Tool] = (),
    environ: Mapping[str, str] = os.environ,
) -> LlmAuthor:
    """The author that asks models. A replay asks nobody: its transcript says which models answered.

    Raises SettingError where no model is named or a price is missing, ToolError where a package or a key is.
    """
    models, answer_tokens = _models(settings), settings.answer_tokens
    if transcript.replaying:
        models, answer_tokens = recorded_models(transcript.path) or (models, answer_tokens)
    if models is None:
        raise SettingError(
            "--author llm: no model is named; give --model PROVIDER:NAME or set CODE2TLA_MODEL, such as "
            "anthropic:NAME, openai:NAME, google_genai:NAME or ollama:NAME"
        )
    try:
        if not transcript.replaying:
            _check(models, settings.url, environ)
        return LlmAuthor(
            models,
            transcript,
            tools,
            caps=Caps() if transcript.replaying else settings.caps,
            prices=settings.prices,
            url=settings.url,
            conduct=Conduct(answer_tokens=answer_tokens),
            environ=environ,
        )
    except PriceUnknown as error:
        raise SettingError(f"--max-usd: {error}") from error
    except ProviderUnready as error:
        raise ToolError(str(error)) from error


def describe(settings: ModelSettings, environ: Mapping[str, str] = os.environ) -> list[Finding]:
    """For the doctor: each model that would be asked, and what it lacks. No provider is asked, no key is shown."""
    models = _models(settings)
    if models is None:
        mend = "for --author llm give --model PROVIDER:NAME or set CODE2TLA_MODEL; the other authors need none"
        return [Finding("Model", False, "none is named", mend)]
    found = [_described(name, settings.url, environ) for name in models.names]
    if settings.url is not None:
        shown = Redactor(environ).text(settings.url)
        answers = _listens(settings.url)
        mend = "" if answers else f"start the server there, or correct --model-url {shown}"
        found.append(Finding("Model server", answers, shown if answers else f"nothing listens at {shown}", mend))
    return found


def _models(settings: ModelSettings) -> Models | None:
    return Models(settings.writer, settings.planner or settings.writer) if settings.writer else None


def _check(models: Models, url: str | None, environ: Mapping[str, str]) -> None:
    names = [ModelName.parse(name) for name in models.names]
    if url is not None and not any(name.provider == "openai" for name in names):
        raise SettingError(
            f"--model-url: it is where openai:NAME models are served, and {models.names[0]} is none; name the model so"
        )
    for name in names:
        require(name, url, environ)


def _described(name: str, url: str | None, environ: Mapping[str, str]) -> Finding:
    try:
        require(ModelName.parse(name), url, environ)
    except ProviderUnready as error:
        return Finding("Model", False, f"{name}: {error.what}", error.mend)
    return Finding("Model", True, name, "")


def _listens(url: str) -> bool:
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        with socket.create_connection((parts.hostname or "", port), timeout=_KNOCK):
            return True
    except (OSError, ValueError):
        return False
