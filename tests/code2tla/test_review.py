"""The review server as its user has it: a process, a browser, and a file that takes decisions down."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import corpora
from bench.browser import chromium, path
from code2tla import cli, decisions

DAY = dt.date(2026, 11, 21)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("review")
    case = corpora.load("refcount")
    corpora.build(case, home / "repo", "buggy")
    cli.main(
        ["run", str(home / "repo"), case.feature, "--out", str(home / "repo"), "--callers", "2", "--quiet", "--json"]
    )
    return next((home / "repo" / "specs").iterdir())


@pytest.fixture
def spec_dir(finished: Path, tmp_path: Path) -> Path:
    copy = tmp_path / finished.name
    shutil.copytree(finished, copy)
    (copy / decisions.FILE_NAME).unlink()
    return copy


@pytest.fixture
def address(spec_dir: Path, finished: Path) -> Iterator[tuple[int, str]]:
    """The port and the token of a server on ``spec_dir``; it ends on Ctrl-C with status 0."""
    words = [sys.executable, "-m", "code2tla", "review", str(spec_dir), "--repo", str(finished.parents[1])]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = re.search(r"http://127\.0\.0\.1:(\d+)/\?token=(\S+)", process.stdout.readline())
    assert found is not None
    yield int(found[1]), found[2]
    process.send_signal(signal.SIGINT)
    assert process.wait(10) == 0


def ask(port: int, method: str, path: str, body: object = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, json.dumps(body) if body is not None else None, headers)
    answer = connection.getresponse()
    return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def allowed(port: int, token: str) -> dict[str, str]:
    return {
        "Cookie": f"code2tla-review={token}",
        "Origin": f"http://127.0.0.1:{port}",
        "Content-Type": "application/json",
    }


DECISION: dict[str, Any] = {
    "kind": "finding",
    "id": "References.Serializable_add_add",
    "decision": "accepted",
    "reason": "one writer",
}


def test_nothing_is_shown_or_written_without_the_token(address: tuple[int, str], spec_dir: Path) -> None:
    port, token = address
    assert ask(port, "GET", "/")[0] == 403
    assert ask(port, "GET", "/?token=guess")[0] == 403
    assert ask(port, "GET", "/", Cookie="code2tla-review=guess")[0] == 403
    assert ask(port, "POST", "/decide", DECISION, **allowed(port, "guess"))[0] == 403
    assert ask(port, "GET", "/", Cookie=f"code2tla-review={token}")[0] == 200
    assert not decisions.read(spec_dir, DAY).entries["finding"]


def test_the_token_leaves_the_address_for_a_cookie_that_scripts_cannot_read(address: tuple[int, str]) -> None:
    port, token = address
    status, headers, _ = ask(port, "GET", f"/?token={token}")
    assert (status, headers["location"]) == (303, "/")
    assert "HttpOnly" in headers["set-cookie"]
    assert "samesite=strict" in headers["set-cookie"].lower()


def test_other_sites_and_other_names_are_refused(address: tuple[int, str], spec_dir: Path) -> None:
    port, token = address
    mine = allowed(port, token)
    for origin in ("http://evil.example", "null", f"http://127.0.0.1:{port + 1}"):
        assert ask(port, "POST", "/decide", DECISION, **mine | {"Origin": origin})[0] == 403
    without = {k: v for k, v in mine.items() if k != "Origin"}
    assert ask(port, "POST", "/decide", DECISION, **without)[0] == 403
    assert ask(port, "POST", "/decide", DECISION, **mine | {"Content-Type": "text/plain"})[0] == 415
    assert ask(port, "GET", f"/?token={token}", Host="evil.example")[0] == 421
    assert not decisions.read(spec_dir, DAY).entries["finding"]


@pytest.mark.parametrize("path", ["/result.json", "/../result.json", "/%2e%2e/etc/passwd", "//etc/passwd", "/decide"])
def test_there_are_no_files_to_get(address: tuple[int, str], path: str) -> None:
    port, token = address
    assert ask(port, "GET", path, Cookie=f"code2tla-review={token}")[0] in (404, 405)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, 200),
        ({"id": "References.Serializable_none"}, 404),
        ({"id": "../../decisions"}, 404),
        ({"reason": "  "}, 422),
        ({"decision": "perhaps"}, 422),
        ({"expires": "soon"}, 422),
        ({"kind": "file"}, 422),
        ({"reason": "x" * 100_000}, 413),
    ],
)
def test_only_what_the_result_holds_can_be_decided(
    address: tuple[int, str], spec_dir: Path, change: dict[str, str], status: int
) -> None:
    port, token = address
    assert ask(port, "POST", "/decide", DECISION | change, **allowed(port, token))[0] == status
    decided = decisions.read(spec_dir, DAY).entries["finding"]
    assert list(decided) == (["References.Serializable_add_add"] if status == 200 else [])


@pytest.mark.browser
def test_a_person_decides_and_answers_in_a_browser(address: tuple[int, str], spec_dir: Path) -> None:
    if path() is None and not os.environ.get("CODE2TLA_REQUIRE_BROWSER"):
        pytest.skip("no Chromium")
    port, token = address
    said: list[str] = []
    with chromium() as browser:
        page = browser.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"http://127.0.0.1:{port}/?token={token}")
        assert page.url == f"http://127.0.0.1:{port}/"

        page.get_by_role("button", name="Accept finding References.Serializable_add_add").click()
        page.get_by_label("Reason").fill("one writer in production")
        page.get_by_label("Your name").fill("Ada")
        page.get_by_label("Expires").fill("2027-01-31")
        with page.expect_navigation():
            page.locator(".decide form button[type=submit]").click()
        page.locator("[data-kind=finding]").get_by_text("one writer in production").first.wait_for()

        page.get_by_role("button", name=re.compile("^Answer assumption:References")).click()
        page.locator("textarea[name=answer]").fill("No: reads may be stale.")
        with page.expect_navigation():
            page.locator(".decide form button[type=submit]").click()
        page.locator("[data-kind=assumption]").get_by_text("rejected").first.wait_for()

        page.get_by_role("button", name="Reject action References.add_25").click()
        page.get_by_label("Reason").fill("   ")
        page.locator(".decide form button[type=submit]").click()
        page.get_by_role("alert").filter(has_text="reason").wait_for()
    decided = decisions.read(spec_dir, DAY)
    found = decided.of("finding", "References.Serializable_add_add")
    assert found is not None
    assert (found.decision, found.by, found.expires) == ("accepted", "Ada", "2027-01-31")
    assert [q.answer for q in decided.questions] == ["No: reads may be stale."]
    assert decided.of("action", "References.add_25") is None
    assert [text for text in said if "422" not in text] == []
