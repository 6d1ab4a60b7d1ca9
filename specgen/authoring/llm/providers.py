"""What is known of each provider before its package is imported: the package, the key, and its parameters' names."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from specgen.authoring.types import AuthorError, AuthorUnavailable


class ModelMisnamed(AuthorError):
    """A model is not named as PROVIDER:NAME."""


@dataclass(frozen=True, slots=True)
class ModelName:
    """``openai:gpt-x`` in its two parts."""

    provider: str
    name: str

    @classmethod
    def parse(cls, text: str) -> ModelName:
        """Raises ModelMisnamed."""
        provider, colon, name = text.partition(":")
        if not (provider and colon and name):
            raise ModelMisnamed(
                f"{text!r} names no model; give PROVIDER:NAME, where PROVIDER is openai, anthropic, google_genai, "
                "ollama or another that LangChain's init_chat_model knows"
            )
        return cls(provider, name)


class ProviderUnready(AuthorUnavailable):
    """A provider's package is not installed, its key is not set, or its client cannot be set up."""

    def __init__(self, model: ModelName, what: str, mend: str) -> None:
        super().__init__(f"{model.provider}:{model.name}: {what}; {mend}")
        self.what = what
        self.mend = mend


@dataclass(frozen=True, slots=True)
class Provider:
    """One way to models.

    ``package`` is what its client is imported from, ``extra`` the part of this product that brings it; ``keys`` are
    the environment variables of which one must hold a key (none: no key is wanted).
    """

    package: str
    extra: str
    keys: tuple[str, ...]


PROVIDERS: Mapping[str, Provider] = {
    "anthropic": Provider("langchain_anthropic", "anthropic", ("ANTHROPIC_API_KEY",)),
    "google_genai": Provider("langchain_google_genai", "google", ("GOOGLE_API_KEY", "GEMINI_API_KEY")),
    "ollama": Provider("langchain_ollama", "ollama", ()),
    "openai": Provider("langchain_openai", "openai", ("OPENAI_API_KEY",)),
}

#: Ollama cuts what does not fit its context, and says nothing. It loads the model anew for another one: so, in steps.
_OLLAMA_CONTEXT = 32_768


def require(model: ModelName, url: str | None, environ: Mapping[str, str]) -> None:
    """Raises ProviderUnready where the model's package or key is not there; a provider not listed is not looked at.

    A server at an address of its own (``url``) may want no key.
    """
    provider = PROVIDERS.get(model.provider)
    if provider is None:
        return
    if importlib.util.find_spec(provider.package) is None:
        raise missing_package(model)
    elsewhere = url is not None and model.provider == "openai"
    if provider.keys and not elsewhere and not _key(model, environ):
        raise ProviderUnready(model, "no key is set", f"set {' or '.join(provider.keys)} in the environment")


def missing_package(model: ModelName) -> ProviderUnready:
    """For a provider whose package cannot be imported."""
    provider = PROVIDERS.get(model.provider)
    mend = f"pip install 'code2tla[{provider.extra}]'" if provider else "install LangChain's package for it"
    return ProviderUnready(model, "its provider's package is not installed", mend)


def context_for(model: ModelName, tokens: int) -> int | None:
    """The context that the model's server has to be told to hold so many tokens; None where it needs no telling."""
    return -(-tokens // _OLLAMA_CONTEXT) * _OLLAMA_CONTEXT if model.provider == "ollama" else None


def parameters(
    model: ModelName,
    url: str | None,
    answer_tokens: int,
    context: int | None,
    seconds: float,
    environ: Mapping[str, str],
) -> dict[str, Any]:
    """What ``init_chat_model`` is given: no hidden retries, so that every call is counted, and a limit of time."""
    if model.provider == "ollama":
        return {"num_predict": answer_tokens, "num_ctx": context, "client_kwargs": {"timeout": seconds}}
    given: dict[str, Any] = {"max_tokens": answer_tokens, "timeout": seconds, "max_retries": 0}
    if key := _key(model, environ):
        given["api_key"] = key
    if model.provider == "google_genai":
        given["max_retries"] = 1  # which is how its SDK counts: the request itself; 0 is five
    if model.provider == "openai" and url is not None:
        given = {"api_key": "none", **given, "base_url": url, "use_responses_api": False}  # the client wants some key
    return given


def silence(model: ModelName) -> None:
    """Keep what the provider's package warns of off the terminal: what matters of it comes back as a response."""
    provider = PROVIDERS.get(model.provider)
    if provider is not None:
        logging.getLogger(provider.package).addHandler(logging.NullHandler())


def _key(model: ModelName, environ: Mapping[str, str]) -> str | None:
    provider = PROVIDERS.get(model.provider)
    return next((value for name in provider.keys if (value := environ.get(name))), None) if provider else None
