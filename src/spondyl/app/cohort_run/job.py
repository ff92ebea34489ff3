"""One case of a cohort: run the verb in a process of its own, publish its folder whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from spondyl.core.errors import CohortError, SpondylError
from spondyl.core.files import writing
from spondyl.core.provenance import sha256_of

RECORD = "cohort-case.json"
"""What a finished case's folder says of how it was made."""
DONE = (0, 1)
"""Exit codes of a verb that has done its work: every mandatory limit met, or not."""

MOVE = "it would be replaced: choose another folder with -o, or move it away"


@dataclass(frozen=True)
class CaseJob:
    """What to run for one case; plain values, so that it may go to another machine.

    Parameters
    ----------
    case, out
        The case's folder and where its result goes; absolute, and the same on every machine.
    options
        Further words of the command line.
    folder
        Where the words were typed: relative paths in `options` start there.
    threads
        Of each case's computations.
    """

    verb: str
    case: str
    out: str
    options: tuple[str, ...]
    folder: str
    threads: int

    @property
    def name(self) -> str:
        """The case's name in the cohort; its folder may be a link to one of another name."""
        return Path(self.out).name


@dataclass(frozen=True)
class CaseResult:
    """What became of a case.

    Parameters
    ----------
    exit_code
        The verb's; None where its process did not end by itself, or did not start.
    kept
        Whether an earlier run had finished it from the same inputs.
    message
        Why it failed, or which mandatory limits are not met.
    """

    case: str
    exit_code: int | None
    kept: bool
    seconds: float
    host: str
    message: str

    @property
    def failed(self) -> bool:
        """Whether there is no result."""
        return self.exit_code not in DONE


def run_case(job: CaseJob) -> CaseResult:
    """Run one case, unless its result is there and its inputs, options and spondyl's version are the same.

    The result's folder is made under another name and renamed when complete. A failure leaves ``CASE.failed.json``
    beside where the folder would be; the process that fails, even one that is killed, takes nothing else with it.
    """
    start = time.monotonic()
    out, host = Path(job.out), socket.gethostname()
    try:
        made_from = _made_from(job)
        before = check_replaceable(job)
        if before is not None and before["made_from"] == made_from:
            return CaseResult(job.name, before["exit_code"], True, 0.0, host, before["message"])
        _clear(out, host)
        code, said, text = _attempt(job, made_from, start)
    except (OSError, SpondylError) as error:
        code, said, text = None, f"{error}", ""
    seconds = time.monotonic() - start
    result = CaseResult(job.name, code, False, round(seconds, 3), host, said)
    if result.failed:
        with contextlib.suppress(OSError, SpondylError), writing(_failure(out)) as temporary:
            temporary.write_text(json.dumps({**asdict(result), "stderr": text}, indent=2, ensure_ascii=False) + "\n")
    else:
        _failure(out).unlink(missing_ok=True)
    return result


def check_replaceable(job: CaseJob) -> dict[str, Any] | None:
    """The record of the earlier result that stands where `job`'s would go; None where nothing stands there.

    Raises
    ------
    CohortError
        If something else stands there, which is not the cohort's to replace.
    """
    out = Path(job.out)
    before = _record(out)
    if before is None and os.path.lexists(out):
        raise CohortError(f"{out} is there and holds no {RECORD}, expected nothing or an earlier result; {MOVE}")
    if before is not None and before["made_from"]["verb"] != job.verb:
        made = before["made_from"]["verb"]
        raise CohortError(
            f"{out} is a result of `cohort {made}`, expected one of `cohort {job.verb}` or nothing; {MOVE}"
        )
    return before


def result_json(out: Path) -> dict[str, Any]:
    """What the verb printed for a finished case."""
    return json.loads((out / "result.json").read_text(encoding="utf-8"))


def _failure(out: Path) -> Path:
    return out.with_name(f"{out.name}.failed.json")


def _made_from(job: CaseJob) -> dict[str, Any]:
    """All that decides a result: files named in the options count by what they hold."""
    named = [Path(job.folder) / word for word in job.options]
    files = {f"option {word}": path for word, path in zip(job.options, named, strict=True) if path.is_file()}
    return {
        "verb": job.verb,
        "options": list(job.options),
        "spondyl": version("spondyl"),
        "inputs_sha256": sha256_of({"case": Path(job.case), **files}),
    }


def _record(out: Path) -> dict[str, Any] | None:
    try:
        found = json.loads((out / RECORD).read_text(encoding="utf-8"))
        known = {"made_from", "exit_code", "message"} <= set(found) and "verb" in found["made_from"]
        return found if known else None
    except (OSError, TypeError, ValueError):
        return None


def _attempt(job: CaseJob, made_from: dict[str, Any], start: float) -> tuple[int | None, str, str]:
    """Run and publish; the exit code, what is to be said, and all that the process said."""
    out = Path(job.out)
    if not Path(job.case).is_dir():
        return None, f"{job.case} is not there on {socket.gethostname()}; every machine must see the folder", ""
    room = Path(tempfile.mkdtemp(prefix=f".{out.name}.{socket.gethostname()}-{os.getpid()}.", dir=out.parent))
    try:
        made = room / out.name
        words = [job.verb, job.case, "-o", str(made), "--json", "--quiet", *job.options]
        done = subprocess.run(
            [sys.executable, "-m", "spondyl.app.cohort_run.child", str(os.getpid()), *words],
            cwd=job.folder,
            env={**os.environ, **dict.fromkeys(("NUMBA_NUM_THREADS", "OMP_NUM_THREADS"), str(job.threads))},
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="replace",
            stdin=subprocess.DEVNULL,
            check=False,
        )
        said = _said(done.returncode, done.stderr)
        if done.returncode not in DONE:
            return done.returncode if done.returncode >= 0 else None, said, done.stderr
        made.mkdir(exist_ok=True)
        printed = done.stdout.replace(json.dumps(str(made))[1:-1], json.dumps(str(out))[1:-1])
        (made / "result.json").write_text(printed, encoding="utf-8")
        kept = {"made_from": made_from, "exit_code": done.returncode, "message": said}
        kept |= {"seconds": round(time.monotonic() - start, 3), "host": socket.gethostname()}
        (made / RECORD).write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        check_replaceable(job)
        if out.exists():
            out.replace(room / "earlier")
        made.replace(out)
        return done.returncode, said, done.stderr
    finally:
        shutil.rmtree(room, ignore_errors=True)


def _clear(out: Path, host: str) -> None:
    """Remove what a killed process of this machine left of the case."""
    start = f".{out.name}.{host}-"
    for room in [path for path in out.parent.iterdir() if path.name.startswith(start)]:
        pid = room.name.removeprefix(start).split(".")[0]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(room, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _said(code: int, stderr: str) -> str:
    """The line of a verb's words that says what is the matter; empty where nothing is."""
    if code < 0:
        return f"its process was ended by signal {-code}"
    marks = {1: "mandatory limits not met: ", 2: "error: "}
    lines = [line.strip() for line in stderr.splitlines() if line.strip()]
    found = next((line for line in lines if line.startswith(marks.get(code, "\0"))), "")
    if code in DONE:
        return found.removesuffix("; exit code 1")
    return found.removeprefix("error: ") or (lines[-1] if lines else f"exit code {code} without a word")
