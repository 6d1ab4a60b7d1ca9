"""What calls have cost, and the limits that are looked at before the next one.

The counts are this ledger's own: a call is counted when it is made, retries included, and an answer that comes from
the transcript is counted apart, as a cached call that cost nothing now.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from specgen.authoring.types import AuthorError, CapReached, Usage

#: UTF-8 bytes a token at the least, over prose, Python and TLA+: an estimate that errs on the dear side.
_BYTES_A_TOKEN = 3


class PriceUnknown(AuthorError):
    """A limit in dollars is set, and a model has no price to hold against it."""


@dataclass(frozen=True, slots=True)
class Caps:
    """The most that may be spent; None: no limit. ``tokens`` are those of prompts and answers together.

    Calls, tokens and dollars count what the run has ever spent, recorded answers included, so that the same command
    run again does not spend the same again. ``minutes`` are of this process alone.
    """

    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None
    minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens of prompts (``input``) and of answers (``output``)."""

    input: float
    output: float

    def of(self, input_tokens: int, output_tokens: int) -> float:
        """Dollars for so many tokens."""
        return (input_tokens * self.input + output_tokens * self.output) / 1_000_000


def estimated_tokens(text: str) -> int:
    """Tokens of a text before anybody has counted them: rather too many than too few."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // _BYTES_A_TOKEN)


class Ledger:
    """The account of one run. Raises PriceUnknown where ``caps.usd`` cannot be held for one of ``models``."""

    def __init__(
        self,
        caps: Caps,
        prices: Mapping[str, Price],
        models: tuple[str, ...] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._caps = caps
        self._prices = prices
        self._clock = clock
        self._began = clock()
        self._untaken = Usage()
        #: Everything spent by this process.
        self.usage = Usage()
        # Together with what earlier processes of the same run spent.
        self._ever = Usage()
        unpriced = [model for model in models if model not in prices]
        if caps.usd is not None and unpriced:
            raise PriceUnknown(
                f"a limit of {caps.usd} dollars cannot be held: the price of {unpriced[0]} is not known; give "
                f"--price {unpriced[0]}=INPUT,OUTPUT in dollars per million tokens, or drop --max-usd"
            )

    def before(self, model: str, prompt_tokens: int, answer_tokens: int) -> None:
        """Let one more call go, of about so many tokens and with an answer of so many at most, or raise CapReached."""
        caps, spent = self._caps, self._ever
        if caps.calls is not None and spent.calls >= caps.calls:
            raise CapReached(f"the limit of {caps.calls} model calls is reached; raise it with --max-calls")
        used = spent.input_tokens + spent.output_tokens
        if caps.tokens is not None and used + prompt_tokens + answer_tokens > caps.tokens:
            raise CapReached(
                f"the limit of {caps.tokens} tokens is reached: {used} are spent, and the next call may take "
                f"{prompt_tokens + answer_tokens}; raise it with --max-tokens"
            )
        if caps.usd is not None:
            next_usd = self._prices[model].of(prompt_tokens, answer_tokens)
            if (spent.usd or 0.0) + next_usd > caps.usd:
                raise CapReached(
                    f"the limit of {caps.usd} dollars is reached: {spent.usd or 0.0:.4f} are spent, and the next call "
                    f"may cost {next_usd:.4f}; raise it with --max-usd"
                )
        self.wait(0.0)

    def wait(self, seconds: float) -> None:
        """Let the author wait so long, or raise CapReached because the time will be up by then."""
        minutes = self._caps.minutes
        if minutes is not None and self._clock() + seconds - self._began >= minutes * 60:
            raise CapReached(f"the limit of {minutes:g} minutes is reached; raise it with --max-minutes")

    def called(self, model: str, input_tokens: int, output_tokens: int, cached: bool) -> None:
        """Enter one call; ``cached`` says that its answer was in the transcript already."""
        usd = self._usd(model, input_tokens, output_tokens)
        spent = Usage(calls=1, input_tokens=input_tokens, output_tokens=output_tokens, usd=usd)
        self._enter(spent, Usage(cached_calls=1) if cached else spent)

    def lost(self, model: str, input_tokens: int, output_tokens: int, calls: int = 0) -> None:
        """Enter that an answer never came, which may have been paid for with so many tokens at most.

        Limits are held against that; ``calls`` is 1 for one that has not been entered as a call.
        """
        usd = self._usd(model, input_tokens, output_tokens)
        spent = Usage(calls=calls, input_tokens=input_tokens, output_tokens=output_tokens, usd=usd)
        self._enter(spent, Usage(lost_calls=1, lost_tokens=input_tokens + output_tokens, lost_usd=usd))

    def _usd(self, model: str, input_tokens: int, output_tokens: int) -> float | None:
        price = self._prices.get(model)
        return price.of(input_tokens, output_tokens) if price else None if input_tokens or output_tokens else 0.0

    def _enter(self, spent: Usage, now: Usage) -> None:
        """Hold ``spent`` against the limits, and tell of it as ``now``."""
        self._ever += spent
        self.usage += now
        self._untaken += now

    def take(self) -> Usage:
        """What was entered since this was last asked."""
        taken, self._untaken = self._untaken, Usage()
        return taken
