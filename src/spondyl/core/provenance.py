"""What made an output: version, inputs' hashes, seed and settings, so that a run can be repeated exactly."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from spondyl.core.files import writing

DISCLAIMER = "Research and education, not a medical device."


@dataclass(frozen=True)
class Provenance:
    """A run, as `provenance.json` keeps it.

    Parameters
    ----------
    command
        What was run.
    inputs_sha256
        Hash of each input by what it is ("case", "dose"), as `sha256_of` gives it.
    settings
        All that decides the result beside the inputs.
    seed
        None where nothing is random.
    timings_s
        Seconds by stage.
    """

    command: str
    inputs_sha256: Mapping[str, str]
    settings: Mapping[str, Any]
    seed: int | None = None
    timings_s: Mapping[str, float] = field(default_factory=dict[str, float])

    def write(self, path: Path) -> None:
        """Write the record as JSON, whole or not at all."""
        record = {
            "disclaimer": DISCLAIMER,
            "spondyl": version("spondyl"),
            "python": platform.python_version(),
            "numpy": version("numpy"),
            "numba": version("numba"),
            "machine": platform.machine(),
            "written_utc": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": self.command,
            "seed": self.seed,
            "settings": dict(self.settings),
            "inputs_sha256": dict(self.inputs_sha256),
            "timings_s": {k: round(v, 3) for k, v in self.timings_s.items()},
        }
        with writing(path) as temporary:
            temporary.write_text(json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")


def sha256_of(paths: Mapping[str, Path]) -> dict[str, str]:
    """Hash each file; a folder is the hash of its files' names and contents in sorted order."""
    return {name: _hash(path) for name, path in paths.items()}


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            digest.update(str(file.relative_to(path)).encode())
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()
