"""A second process that compiles ahead of a first plan.

Numba compiles on one core and keeps what it compiled on disk. While the first plan on a machine draws its volumes, a
second process rehearses what comes later (`spondyl.plan.rehearse`); the plan then loads it. Where the second fails or
is late the plan compiles by itself: it is never waited for, and the plan is the same to the byte. Later plans go
without.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from tempfile import TemporaryFile
from threading import Thread

from spondyl.plan import compiled_before, rehearse

COMMAND = (sys.executable, "-m", "spondyl.app.compiling_ahead")
PATIENCE_S = 5.0
"""So long the second process may take to end by itself."""


@contextmanager
def compiling_ahead(tell: Callable[[str], None]) -> Generator[None]:
    """Compile in a second process while the block runs, where nothing is compiled yet and a second core is there.

    The process ends with the block, however that ends, and with this process.

    Parameters
    ----------
    tell
        Given a line for people where the second process failed.
    """
    if _cores() < 2 or compiled_before():
        yield
        return
    with TemporaryFile("w+") as said:
        try:
            child = subprocess.Popen(
                COMMAND, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said, env=_on_one_thread()
            )
        except OSError as error:
            tell(f"compiling ahead could not start, so that this run compiles all by itself: {error}")
            yield
            return
        try:
            yield
        finally:
            failed = child.poll()
            _end(child)
        if failed:
            said.seek(0)
            last = (said.read().strip().splitlines() or ["it said nothing"])[-1]
            tell(f"compiling ahead failed (exit code {failed}), so that this run compiled by itself: {last}")


def _cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _on_one_thread() -> dict[str, str]:
    return {**os.environ, "NUMBA_NUM_THREADS": "1"}


def _end(child: subprocess.Popen[bytes]) -> None:
    """Close what it listens to; kill it where it does not hear."""
    assert child.stdin is not None
    child.stdin.close()
    try:
        child.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def end_with_parent() -> None:
    """End this process as soon as its standard input closes, which also happens when its parent is killed."""

    def listen() -> None:
        sys.stdin.read()
        os._exit(0)

    Thread(target=listen, daemon=True).start()


if __name__ == "__main__":
    end_with_parent()
    rehearse()
