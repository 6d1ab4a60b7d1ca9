import dataclasses
import io
import unicodedata

import pytest
from rich.cells import cell_len
from rich.console import Console

from reports import terminal
from reports.result import Result
from reports.text import clip, visible


def drawn(result: Result, width: int = 120, colour: bool = False) -> str:
    file = io.StringIO()
    system = "standard" if colour else None
    terminal.render(result, Console(file=file, width=width, force_terminal=colour, color_system=system))
    return file.getvalue()


def test_it_says_everything_a_reader_needs(result: Result) -> None:
    text = " ".join(drawn(result, 200).split())
    assert text.startswith(
        "Violated: Seats goes wrong in 2 ways, with 2 overlapping calls after at most 1 earlier call."
    )
    for needed in (
        "Seats.hold",
        "booking/seats.py:14",
        "if self.left == 0:",
        "left 0 → -1",
        "ends: returned None",
        "hold('v1') returned None, hold('v2') raised SoldOut; left = 0",
        "Each call on store is atomic",
        "any value may come back. (booking/seats.py:16)",
        "booking/legacy.py was not read",
        "1,974 distinct states",
        "no language model",
        "seen on the real code",
    ):
        assert needed in text


@pytest.mark.parametrize("width", [20, 40, 60, 80, 95, 96, 120, 300])
def test_any_width_holds_every_step(result: Result, hostile: Result, width: int) -> None:
    text = drawn(result, width)
    assert all(cell_len(line) <= width for line in text.splitlines())
    joined = "".join(text.split())
    assert joined.count("self.left-=1") == joined.count("seats.py:17")
    assert all(cell_len(line) <= width for line in drawn(hostile, width).splitlines())


def test_nothing_of_the_target_reaches_the_terminal_as_more_than_letters(hostile_results: list[Result]) -> None:
    for each in hostile_results:
        for char in drawn(each):
            assert char == "\n" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Zl", "Zp"}, hex(ord(char))


def test_markup_of_the_target_is_shown_as_it_stands(result: Result) -> None:
    markup = "[bold red]not bold[/bold red] [link=https://evil.example]x[/link] :bomb:"
    assert markup in drawn(dataclasses.replace(result, reason=markup), 200, colour=True)


def test_bounds_are_words(result: Result) -> None:
    bounds = {"callers": 3, "before": 0, "Visitors": 2, "time_budget": "60 s", "Keys": ["a"]}
    assert drawn(dataclasses.replace(result, bounds=bounds), 300).startswith(
        "Violated: Seats goes wrong in 2 ways, with 3 overlapping calls on a fresh object, 2 values for visitors, "
        'time budget 60 s, Keys ["a"].\n'
    )


def test_every_largest_scenario_is_said(result: Result) -> None:
    further = ({"callers": 2, "before": 2},)
    several = dataclasses.replace(result, bounds={"callers": 3, "before": 1}, further_bounds=further)
    first, also = (
        "3 overlapping calls after at most 1 earlier call",
        "2 overlapping calls after at most 2 earlier calls",
    )
    assert f"with {first}; also {also}.\n" in drawn(several, 300)


def test_a_note_of_every_part_is_said_once(two_parts: Result) -> None:
    parts = tuple(dataclasses.replace(part, notes=(*part.notes, "Nobody audited it.")) for part in two_parts.parts)
    text = drawn(dataclasses.replace(two_parts, parts=parts))
    assert text.count("Nobody audited it.") == 1
    assert text.count("booking/legacy.py was not read") == 1


def test_parts_are_told_apart(two_parts: Result) -> None:
    text = drawn(two_parts)
    assert "Seats: violated" in text
    assert "Rooms: verified" in text
    assert text.count("Two overlapping hold calls both get a seat") == 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("a\tb", "a   b"),
        ("\x1b[31m", "\\x1b[31m"),
        ("a\u202eb", "a\\u202eb"),
        ("a\r\nb", "a\\x0d\\x0ab"),
        ("\U000e0041", "\\U000e0041"),
        ("caf\u00e9 \u4e2d", "caf\u00e9 \u4e2d"),
        ("e\u0301\u0302", "e\u0301\u0302"),
        ("e\u0301\u0301\u0301\u0301", "e\u0301\u0301\u0301\\u0301"),
        ("\udce9", "\\udce9"),
    ],
)
def test_visible_shows_what_has_no_shape(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_clip_says_how_much_is_missing() -> None:
    assert clip("x" * 10_000, 100) == "x" * 100 + "… (9,900 more characters)"
    assert clip("x" * 100, 100) == "x" * 100
