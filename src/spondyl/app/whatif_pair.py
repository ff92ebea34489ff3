"""Two plans of one question, before and after: their numbers side by side, and their DVHs in one picture."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

from spondyl.anatomy import Structures
from spondyl.app.plan_report import bound_by
from spondyl.app.planned import Planned
from spondyl.app.report import Table, recall
from spondyl.app.report.numbers import three
from spondyl.app.report.styles import style_of
from spondyl.core import DISCLAIMER, writing_folder
from spondyl.dose import Dose
from spondyl.evaluate import DVH, Verdicts, dvh, is_drawn, judge, meets, metric, resolve
from spondyl.plan import load_plan

SHOWN = ("GTV", "PTV_Eval", "SpinalCord", "ThecalSac")
METRICS: tuple[tuple[str, str], ...] = (
    ("GTV", "volume"), ("GTV", "D98%"), ("GTV", "D90%"), ("GTV", "D50%"), ("GTV", "D2%"),
    ("PTV_Eval", "D98%"), ("PTV_Eval", "D90%"), ("PTV_Eval", "D2%"),
    ("SpinalCord", "D0.03cc"), ("SpinalCord_PRV02", "D0.03cc"), ("ThecalSac", "D0.03cc"),
)  # fmt: skip


@dataclass(frozen=True)
class Question:
    """How both plans are made: the words of `plan_case`, the GTV's name, and what provenance keeps."""

    words: Mapping[str, Any]
    gtv: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Side:
    """One of the two plans: its DVHs, verdicts, and for each missed goal what binds, as far as it is known."""

    name: str
    curves: Mapping[str, DVH]
    verdicts: Verdicts
    binding: tuple[str, ...] = ()

    def value(self, structure: str, asked: str) -> float | None:
        """A metric; None where the structure has no DVH."""
        own = resolve(structure, tuple(self.curves))
        return None if own is None else metric(self.curves[own], asked).value

    @property
    def met(self) -> str:
        """ "18 of 19": goals met."""
        return f"{len(self.verdicts.of('pass'))} of {len(self.verdicts)}"


@dataclass(frozen=True)
class Answer:
    """Two plans compared: the table, what else was found, and the verdicts of the second plan."""

    name: str
    before: Side
    after: Side
    table: Table
    facts: Mapping[str, Any]
    verdicts: Verdicts

    def record(self) -> dict[str, Any]:
        """As `whatif.json` keeps it."""
        plans = pair_record(self.before, self.after)
        return {"disclaimer": DISCLAIMER, "whatif": self.name, **self.facts, "note": self.table.note, "plans": plans}

    def write(self, out: Path) -> None:
        """Write whatif.json and whatif.png beside the plans."""
        with writing_folder(out) as folder:
            text = json.dumps(self.record(), indent=1, ensure_ascii=False, allow_nan=False)
            (folder / "whatif.json").write_text(text + "\n", encoding="utf-8")
            draw_pair(folder / "whatif.png", self.table.title, self.before, self.after)


def side_of(name: str, planned: Planned) -> Side:
    """A plan just made."""
    missed = planned.verdicts.of("fail")
    told = ((v, bound_by(v, planned.log)) for v in missed)
    binding = tuple(dict.fromkeys(f"{v.judged or v.structure} {v.metric} {bound}" for v, bound in told if bound))
    return Side(name, planned.dvhs, planned.verdicts, binding)


def side_in(name: str, folder: Path, case: Path) -> Side:
    """A plan that `spondyl plan` wrote, judged again by its own protocol.

    Raises
    ------
    CaseError, PlanError
        If the folder holds no plan.
    """
    inputs, plan = recall(folder, case), load_plan(folder / "plan.json")
    dose = Dose(inputs.dose.grid, inputs.dose.values, fractions=plan.fractions, engine=inputs.dose.engine)
    return Side(name, _curves(dose, inputs.structures), judge(dose, inputs.structures, plan.protocol), inputs.binding)


def _curves(dose: Dose, structures: Structures) -> dict[str, DVH]:
    wanted = {resolve(name, tuple(structures)) for name, _ in METRICS}
    return {name: dvh(dose, s) for name, s in structures.items() if name in wanted and is_drawn(s) and meets(dose, s)}


def pair_table(title: str, before: Side, after: Side, note: str) -> Table:
    """The metrics of both plans, and how they changed."""
    rows: list[tuple[str, ...]] = []
    for structure, asked in METRICS:
        was, now = before.value(structure, asked), after.value(structure, asked)
        if was is None and now is None:
            continue
        change = "" if was is None or now is None else f"{now - was:+.2f}"
        unit = "cm³" if asked == "volume" else "Gy"
        rows.append((f"{structure} {asked}", _told(was), _told(now), change, unit))
    rows.append(("goals met", before.met, after.met, "", ""))
    fails = [len(side.verdicts.of("fail", "mandatory")) for side in (before, after)]
    rows.append(("mandatory limits failed", str(fails[0]), str(fails[1]), "", ""))
    return Table(title, ("", before.name, after.name, "change", ""), tuple(rows), note)


def pair_record(before: Side, after: Side) -> dict[str, Any]:
    """The table as JSON keeps it."""
    return {
        side.name: {
            **{f"{structure} {asked}": side.value(structure, asked) for structure, asked in METRICS},
            "verdicts": [v.record() for v in side.verdicts.verdicts],
            "binding": list(side.binding),
        }
        for side in (before, after)
    }


def draw_pair(path: Path, title: str, before: Side, after: Side) -> None:
    """Both plans' DVHs, the first dashed."""
    figure, axis = plt.subplots(figsize=(8.6, 5.2), layout="constrained")
    for side, dash in ((before, (0, (4, 2))), (after, "solid")):
        for name in _drawn(side):
            curve = side.curves[name]
            share = 100.0 * np.asarray(curve.volume_cm3) / curve.total_cm3
            style = style_of(name, "target" if name in SHOWN[:2] else "oar")
            axis.plot(curve.dose_gy, share, color=style.colour, linestyle=dash, label=f"{name}, {side.name}")
    axis.set(xlabel="dose (Gy)", ylabel="volume (%)", ylim=(0, 101), title=title)
    axis.set_xlim(left=0)
    axis.grid(alpha=0.3)
    axis.legend(fontsize=8)
    figure.text(0.99, 0.005, DISCLAIMER, ha="right", fontsize=6)
    figure.savefig(path, dpi=120)
    plt.close(figure)


def _drawn(side: Side) -> Sequence[str]:
    found = (resolve(name, tuple(side.curves)) for name in SHOWN)
    return tuple(dict.fromkeys(name for name in found if name is not None))


def _told(value: float | None) -> str:
    return "unknown" if value is None else three(value)
