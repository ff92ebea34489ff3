"""What stands after -- of `spondyl cohort evaluate` and `plan`: refused at once where every case would refuse it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import typer

from spondyl.app.cli.evaluate_inputs import split_metric
from spondyl.app.cli.techniques import given_options, refuse_others
from spondyl.app.volume_options import volume_settings
from spondyl.core.errors import CohortError
from spondyl.evaluate import load_protocol, parse_metric

OURS = frozenset({"-o", "--out", "--json", "--quiet", "--dose", "--structures", "--plan"})
"""Options that are each case's own."""


def check_options(verb: str, options: Sequence[str]) -> None:
    """Refuse options of each case's own, unknown ones, and values that can be judged without a case.

    Raises
    ------
    SpondylError
        As the verb itself would.
    """
    given = sorted(OURS & {word.split("=")[0] for word in options})
    if given:
        raise CohortError(f"{', '.join(given)} after -- is each case's own, expected options that all cases share")
    room = typer.Typer()
    importlib.import_module(f"spondyl.app.cli.{verb}_verb").register(room)
    room.command("other")(_other)
    command: Any = typer.main.get_command(room)
    context = command.commands[verb].make_context(f"spondyl {verb}", ["CASE", "-o", "OUT", *options])
    if context.params["protocol"]:
        load_protocol(context.params["protocol"])
    VALUES[verb](context)


def _evaluate(context: typer.Context) -> None:
    for text in context.params["metric_"] or ():
        parse_metric(split_metric(text)[1])


def _plan(context: typer.Context) -> None:
    refuse_others(context.params["technique"], given_options(context))
    volume_settings(context.params["volume_setting"] or ())


VALUES: dict[str, Callable[[typer.Context], None]] = {"evaluate": _evaluate, "plan": _plan}


def _other() -> None:
    """So that a verb stays a word of its own."""
