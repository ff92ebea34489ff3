"""The second process of a first plan: started where it helps, gone when the block is, told of where it fails."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from spondyl.app import compiling_ahead as ahead

Children = list["subprocess.Popen[bytes]"]


@pytest.fixture
def children(monkeypatch: pytest.MonkeyPatch) -> Children:
    """On a machine with two cores on which nothing was compiled: the processes that are started."""
    started: Children = []
    start: Callable[..., subprocess.Popen[bytes]] = subprocess.Popen

    def noted(*arguments: object, **options: object) -> subprocess.Popen[bytes]:
        started.append(start(*arguments, **options))
        return started[-1]

    monkeypatch.setattr(ahead.subprocess, "Popen", noted)
    monkeypatch.setattr(ahead, "compiled_before", lambda: False)
    monkeypatch.setattr(ahead, "_cores", lambda: 2)
    return started


def script(text: str) -> tuple[str, ...]:
    return (sys.executable, "-c", text)


def test_the_process_ends_with_an_interrupted_block(children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "COMMAND", script("import sys; sys.stdin.read()"))

    def interrupted() -> None:
        with ahead.compiling_ahead(pytest.fail):
            assert children[0].poll() is None
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert children[0].returncode == 0


def test_a_deaf_process_is_killed(children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "COMMAND", script("import time; time.sleep(300)"))
    monkeypatch.setattr(ahead, "PATIENCE_S", 0.1)
    with ahead.compiling_ahead(pytest.fail):
        assert children[0].poll() is None
    assert children[0].returncode not in (0, None)


def test_a_failure_is_told_and_the_block_goes_on(children: Children, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "COMMAND", script("import sys; sys.exit('no room')"))
    told: list[str] = []
    with ahead.compiling_ahead(told.append):
        children[0].wait()
        assert told == []
    assert told == ["compiling ahead failed (exit code 1), so that this run compiled by itself: no room"]


def test_a_process_that_cannot_start_is_told(
    children: Children, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(ahead, "COMMAND", (str(tmp_path / "nothing"),))
    told: list[str] = []
    with ahead.compiling_ahead(told.append):
        assert len(told) == 1
    assert "could not start" in told[0]
    assert children == []


@pytest.mark.parametrize(("compiled", "cores"), [(True, 2), (False, 1)])
def test_none_is_started_where_it_does_not_help(
    compiled: bool, cores: int, children: Children, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ahead, "compiled_before", lambda: compiled)
    monkeypatch.setattr(ahead, "_cores", lambda: cores)
    with ahead.compiling_ahead(pytest.fail):
        pass
    assert children == []


def test_the_process_ends_when_its_standard_input_does() -> None:
    """As it does when the parent is killed."""
    listens = "from spondyl.app.compiling_ahead import end_with_parent; end_with_parent(); import time; time.sleep(300)"
    child = subprocess.Popen(script(listens), stdin=subprocess.PIPE)
    assert child.stdin is not None
    child.stdin.close()
    assert child.wait(timeout=200) == 0
