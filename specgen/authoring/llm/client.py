"""One call to one model: a request as plain data in, a response as plain data out. LangChain is used here alone.

It is imported with the first call, so that a run whose answers are all recorded needs no provider's package.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from specgen.authoring.llm.failures import Failure, classify
from specgen.authoring.llm.ledger import estimated_tokens
from specgen.authoring.llm.providers import (
    ModelName,
    ProviderUnready,
    context_for,
    missing_package,
    parameters,
    silence,
)
from specgen.authoring.llm.secrets import Redactor

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage
    from langchain_core.runnables import RunnableSequence

#: How the schema of an answer is put to a model; each way is for models that refuse the one before.
Method: TypeAlias = Literal["json_schema", "function_calling", "plain"]

_LONGEST_MESSAGE = 300
_NO_ANSWER = "what came is no answer of this protocol ({})"

#: What providers call the end of an answer that is longer than allowed, and of one that they keep back.
_CUT = frozenset({"length", "max_tokens", "incomplete", "model_context_window_exceeded"})
_REFUSED = frozenset({
    "content_filter", "refusal", "safety", "recitation", "blocklist", "prohibited_content", "spii",
})  # fmt: skip


class CallFailed(Exception):
    """A call brought no answer."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.text)
        self.failure = failure


class Client:
    """The models of one run.

    ``url`` is where the ``openai`` provider's models are served, None for its own servers; ``seconds`` is the longest
    that one call may take.
    """

    def __init__(self, url: str | None, seconds: float, environ: Mapping[str, str]) -> None:
        self._url = url
        self._seconds = seconds
        self._environ = environ
        self._redactor = Redactor(environ)
        # By name, longest answer, and the context that the server is told to hold.
        self._models: dict[tuple[str, int, int | None], BaseChatModel] = {}

    def set_up(self, request: Mapping[str, Any]) -> None:
        """Make the model's client ready and ask nothing. Raises ProviderUnready where its package is missing."""
        self._model(ModelName.parse(request["model"]), request)

    def call(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Ask ``request["model"]``; gives its words (``text``), wishes for tools (``calls``), ``finish`` and ``usage``.

        ``request`` has ``messages`` (each with ``role`` and ``content``) and ``max_tokens``, and either ``schema`` with
        a ``method`` or ``tools``. ``finish`` is "stop", "cut" or "refused". Raises CallFailed and ProviderUnready.
        """
        name = ModelName.parse(request["model"])
        model = self._model(name, request)
        try:
            ask = _form(model, request)
        except Exception as error:  # what a model cannot be asked at all
            raise CallFailed(Failure("rejected", self._one_line(error))) from error
        try:
            answer = ask([(m["role"], m["content"]) for m in request["messages"]])
        except Exception as error:
            kept = getattr(error, "completion", None)  # OpenAI's client raises for an answer that was cut
            if kept is None:
                raise CallFailed(self._failure(name, error)) from error
            return self._redacted(_from_completion(kept), request)
        return self._redacted(_from_message(answer), request)

    def _model(self, name: ModelName, request: Mapping[str, Any]) -> BaseChatModel:
        answer_tokens = request["max_tokens"]
        context = context_for(name, prompt_tokens(request) + answer_tokens)
        key = (request["model"], answer_tokens, context)
        if key not in self._models:
            given = parameters(name, self._url, answer_tokens, context, self._seconds, self._environ)
            try:
                from langchain.chat_models import init_chat_model

                silence(name)
                self._models[key] = init_chat_model(name.name, model_provider=name.provider, **given)
            except ImportError as error:
                raise missing_package(name) from error
            except Exception as error:
                raise ProviderUnready(
                    name, f"cannot be set up: {self._one_line(error)}", "see docs/models.md"
                ) from error
        return self._models[key]

    def _redacted(self, response: dict[str, Any], request: Mapping[str, Any]) -> dict[str, Any]:
        if response["usage"] is None:  # a server that counts nothing
            response["usage"] = {
                "input": prompt_tokens(request),
                "output": estimated_tokens(response["text"]),
                "estimated": True,
            }
        redacted: dict[str, Any] = self._redactor.json(response)
        return redacted

    def _failure(self, name: ModelName, error: Exception) -> Failure:
        failure = classify(error, self._one_line(error))
        if failure.kind == "connection":
            url = self._url if name.provider == "openai" else None
            return replace(failure, text=f"{self._redactor.text(url or 'its servers')}: {self._one_line(_root(error))}")
        if failure.kind == "broken":
            return replace(failure, text=_NO_ANSWER.format(failure.text))
        return failure

    def _one_line(self, error: BaseException) -> str:
        text = " ".join(self._redactor.text(str(error)).split()) or type(error).__name__
        return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + " ..."


def prompt_tokens(request: Mapping[str, Any]) -> int:
    """The tokens of all that is asked, schema and tools included, as an estimate."""
    words = [message["content"] for message in request["messages"]]
    return estimated_tokens("".join((*words, str(request.get("schema", "")), str(request.get("tools", "")))))


def _root(error: BaseException) -> BaseException:
    """What the socket said, beneath the layers of clients."""
    while error.__cause__ is not None:
        error = error.__cause__
    return error


def _form(model: BaseChatModel, request: Mapping[str, Any]) -> Callable[[list[tuple[str, str]]], AIMessage]:
    """How to ask: with tools, with a schema as the provider takes it, or in plain words."""
    if request.get("tools"):
        return model.bind_tools([{"type": "function", "function": tool} for tool in request["tools"]]).invoke
    if request["method"] == "plain":
        return model.invoke
    structured = model.with_structured_output(dict(request["schema"]), method=request["method"], include_raw=True)
    # Its first half asks; the second is a parser that hostile words keep busy for hours (answers.py reads them).
    asking = cast("RunnableSequence[Any, Any]", structured).first
    return lambda messages: cast("dict[str, AIMessage]", asking.invoke(messages))["raw"]


def _from_message(message: AIMessage) -> dict[str, Any]:
    """A response from LangChain's message. Where it calls a function, the arguments are its text, not what it says.

    Raises CallFailed for a message that holds nothing.
    """
    calls = [{"name": call["name"], "arguments": call["args"]} for call in message.tool_calls]
    written = [json.dumps(call["arguments"]) for call in calls]
    written += [call["args"] or "" for call in message.invalid_tool_calls]
    text = written[0] if written else message.text
    usage = message.usage_metadata
    meta = message.response_metadata
    words = {str(meta[k]).lower() for k in ("finish_reason", "stop_reason", "done_reason", "status") if meta.get(k)}
    finish = "cut" if _CUT & words else "refused" if _REFUSED & words else "stop"
    if message.additional_kwargs.get("refusal") or (meta.get("prompt_feedback") or {}).get("block_reason"):
        finish = "refused"
    elif not (text or words):  # Google's client takes any JSON for an answer
        raise CallFailed(Failure("broken", _NO_ANSWER.format("it is empty and does not say why"), paid=True))
    return {
        "text": text,
        "calls": calls,
        "finish": finish,
        "usage": {"input": usage["input_tokens"], "output": usage["output_tokens"]} if usage else None,
    }


def _from_completion(completion: Any) -> dict[str, Any]:
    """A response from what OpenAI's client attaches to the error for an answer cut or kept back."""
    choice = completion.choices[0]
    return {
        "text": choice.message.content or "",
        "calls": [],
        "finish": "cut" if choice.finish_reason == "length" else "refused",
        "usage": {"input": completion.usage.prompt_tokens, "output": completion.usage.completion_tokens}
        if completion.usage
        else None,
    }
