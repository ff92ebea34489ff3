"""The command line: `spondyl VERB CASE [-o OUT] [--json] [--quiet]`, verbs in the order of care."""

from __future__ import annotations

from spondyl.app.cli.main import main

__all__ = ["main"]
