"""The process of one case: spondyl's command line, which ends when the process that started it is gone."""

from __future__ import annotations

import os
import sys
import threading
import time

LOOK_EVERY_S = 0.5
ABANDONED = 130


def main() -> None:
    """Run ``PARENT WORD...``: the words as `spondyl` takes them, while process PARENT is there."""
    parent = int(sys.argv[1])
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    from spondyl.app.cli import main as command_line

    command_line(sys.argv[2:])


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(LOOK_EVERY_S)
    os._exit(ABANDONED)


if __name__ == "__main__":
    main()
