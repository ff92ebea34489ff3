"""What a script sees of a judged plan: exit code 0 only where every mandatory limit is known to be met."""

from __future__ import annotations

from spondyl.app.cli.common import err_console
from spondyl.evaluate import Verdict, Verdicts

EXIT_CODES = "Exit code 1: a mandatory limit fails, or is unknown, which is not a pass."


def tell_unmet(judged: Verdicts) -> int:
    """Name on stderr the mandatory limits that fail or are unknown; the exit code: 0 where there are none, else 1."""
    unmet = unmet_text(judged)
    if not unmet:
        return 0
    err_console.print(f"mandatory limits not met: {unmet}; exit code 1", markup=False, soft_wrap=True)
    return 1


def unmet_text(judged: Verdicts) -> str:
    """ "1 fails (GTV D98% >= 21 Gy); 1 unknown (SpinalCord D0.03cc <= 25 Gy)", empty where every one is met."""
    fails, unknown = (judged.of(status, "mandatory") for status in ("fail", "unknown"))
    counted = ((fails, "fails" if len(fails) == 1 else "fail"), (unknown, "unknown"))
    return "; ".join(f"{len(found)} {word} ({', '.join(map(_named, found))})" for found, word in counted if found)


def _named(v: Verdict) -> str:
    return f"{v.judged or v.structure} {v.metric} {v.op} {v.limit:.4g} {v.unit}"
