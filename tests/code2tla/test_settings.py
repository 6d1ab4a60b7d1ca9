from __future__ import annotations

from pathlib import Path

import pytest

from code2tla.errors import SettingError
from code2tla.settings import Invariant, load


def write(repo: Path, text: str) -> Path:
    (repo / "code2tla.toml").write_text(text, encoding="utf-8")
    return repo


def test_command_line_over_environment_over_file_over_defaults(tmp_path: Path) -> None:
    repo = write(tmp_path, "budget = 5\nstates = 100\ncallers = 2\n")
    settings = load(repo, {"budget": "7", "states": None}, {"CODE2TLA_BUDGET": "6", "CODE2TLA_STATES": "200"})
    assert (settings.budget, settings.states, settings.callers, settings.before) == (7.0, 200, 2, 2)


def test_invariants_short_and_long(tmp_path: Path) -> None:
    text = '[invariants]\nA = "self.left >= 0"\nB = {expr = "self.x", when = "quiescent", class = "Pool"}\n'
    settings = load(write(tmp_path, text), {}, {})
    assert settings.invariants == (Invariant("A", "self.left >= 0"), Invariant("B", "self.x", "quiescent", "Pool"))


def test_classes_are_a_list_in_the_file_and_commas_in_the_environment(tmp_path: Path) -> None:
    repo = write(tmp_path, 'class = ["A", "B"]\n')
    assert load(repo, {}, {}).classes == ("A", "B")
    assert load(repo, {}, {"CODE2TLA_CLASS": "C, D"}).classes == ("C", "D")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("budget = 'soon'", "code2tla.toml: budget: 'soon' is not allowed; give seconds, more than 0"),
        ("budget = true", "code2tla.toml: budget: True is not allowed"),
        ("budget = nan", "code2tla.toml: budget: nan is not allowed"),
        ("callers = 9", "code2tla.toml: callers: 9 is not allowed; give a whole number from 2 to 6"),
        ("bugdet = 4", "code2tla.toml: bugdet: no such setting; there are budget, audit-budget, memory"),
        ("out = '/etc'", "code2tla.toml: out: not allowed here; give --out or CODE2TLA_OUT"),
        ("jar = 'evil.jar'", "code2tla.toml: jar: not allowed here; give --jar or CODE2TLA_TLA2TOOLS"),
        ("a = ", "code2tla.toml: not valid TOML"),
        ("[invariants]\n'1 a' = 'x'", "code2tla.toml: invariants.1 a"),
        ("[invariants]\nA = {expr = 'x', when = 'never'}", "code2tla.toml: invariants.A.when: 'never' is not allowed"),
        ("[invariants]\nA = {expr = 'x', wen = 'always'}", "code2tla.toml: invariants.A.wen"),
    ],
)
def test_file_that_makes_no_sense(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(SettingError) as caught:
        load(write(tmp_path, text), {}, {})
    assert str(caught.value).startswith(says)
    assert "\n" not in str(caught.value)


def test_environment_and_option_are_named_in_errors(tmp_path: Path) -> None:
    with pytest.raises(SettingError, match=r"^CODE2TLA_RUNNER: 'x' is not allowed; give auto, embedded or docker$"):
        load(tmp_path, {}, {"CODE2TLA_RUNNER": "x"})
    with pytest.raises(SettingError, match=r"^--budget: '-1' is not allowed"):
        load(tmp_path, {"budget": "-1"}, {})


def test_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "code2tla.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SettingError, match=r"^code2tla\.toml: cannot be read"):
        load(tmp_path, {}, {})
