"""Nothing is written half: output goes to a temporary name and is renamed when complete."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from spondyl.core.errors import OutputError


@contextmanager
def writing(path: Path, mode: int = 0o644) -> Generator[Path]:
    """Yield a temporary file beside `path`; it becomes `path` when the block ends well, else it is removed.

    Parameters
    ----------
    mode
        Permissions of the file; it is its owner's alone until it is complete.

    Raises
    ------
    OutputError
        If the folder cannot be made or written to.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix="".join(path.suffixes), dir=path.parent)
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; choose another output folder") from error
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(mode)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def check_output(path: Path) -> None:
    """Refuse an output folder that could not be written to, before any work is done for it.

    Raises
    ------
    OutputError
        If `path` or one of its parents is a file, or the nearest folder that is there may not be written to.
    """
    nearest = path
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.parent
    if not nearest.is_dir():
        raise OutputError(f"output {path}: {nearest} is a file, expected a folder; choose another name with -o")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise OutputError(f"output {path}: {nearest} may not be written to; choose another folder with -o")


@contextmanager
def writing_folder(path: Path) -> Generator[Path]:
    """Yield a temporary folder; when the block ends well its files move into `path`, which is made if needed.

    Files of the same names in `path` are replaced, others are left alone. If the block fails, `path` is as it was.

    Raises
    ------
    OutputError
        If `path` is a file, or the folder cannot be written to.
    """
    if path.exists() and not path.is_dir():
        raise OutputError(f"output {path} is a file, expected a folder; choose another name with -o")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{path.name}.", dir=path.parent))
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror}; choose another output folder") from error
    try:
        yield temporary
        path.mkdir(exist_ok=True)
        for entry in sorted(temporary.iterdir()):
            target = path / entry.name
            if target.is_dir() and entry.is_dir():
                shutil.rmtree(target)
            entry.replace(target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
