"""Every instrument that the sources name: the ones coded here, and the ones that are not, each with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from spondyl.clinic.facts import Facts
from spondyl.clinic.scores import SCORES
from spondyl.core.citations import Citation


@dataclass(frozen=True)
class Entry:
    """One instrument.

    Parameters
    ----------
    key, name
        Key in data files, name for people.
    status
        How well its table is confirmed.
    citation
        Its publication.
    coded
        Whether it is computed from facts in this room.
    reason
        Where it is not: why, and where to look.
    """

    key: str
    name: str
    status: str
    citation: Citation
    coded: bool
    reason: str = ""

    def record(self) -> dict[str, Any]:
        """For data files."""
        return {
            "key": self.key,
            "name": self.name,
            "status": self.status,
            "source": str(self.citation),
            "coded": self.coded,
            "reason": self.reason,
        }


ABSENT = (
    Entry(
        "rades_2008",
        "Rades score for metastatic cord compression",
        "unconfirmed",
        Citation("Rades 2008, Cancer 112:157-161", "10.1002/cncr.23150"),
        False,
        "The points are recalled, and their largest sum, 46, is not the published 45. Read the paper to code it.",
    ),
    Entry(
        "bollen",
        "Bollen's flow chart of survival",
        "unconfirmed",
        Citation("Bollen 2014, Neuro Oncol 16:991-998", "10.1093/neuonc/not318"),
        False,
        "Medians of the categories are confirmed, the leaves of the flow chart are not. Read its figure 4 to code it.",
    ),
    Entry(
        "spratt",
        "Spratt's integrated multidisciplinary algorithm",
        "unconfirmed",
        Citation("Spratt 2017, Lancet Oncol 18:e720-e730", "10.1016/S1470-2045(17)30612-5"),
        False,
        "Its five steps are known, the rules at the leaves were not found.",
    ),
    Entry(
        "sorg",
        "SORG models of survival",
        "confirmed",
        Citation("Karhade 2019; Paulino Pereira 2016"),
        False,
        "The weights are not published as a table; the authors' web application computes them.",
    ),
    Entry(
        "noms",
        "NOMS framework",
        "unconfirmed",
        Citation("Laufer 2013, Oncologist 18:744-751", "10.1634/theoncologist.2012-0293"),
        False,
        "A framework of decision, not a score: it stands among the options.",
    ),
    Entry(
        "spino",
        "SPINO criteria of response",
        "unconfirmed",
        Citation("Thibault 2015, Lancet Oncol 16:e595-e603", "10.1016/S1470-2045(15)00166-7"),
        False,
        "Judges images after treatment, which facts before it do not hold; the criteria of progression are recalled.",
    ),
    Entry(
        "ctcae",
        "Common Terminology Criteria for Adverse Events 5.0",
        "unconfirmed",
        Citation("National Cancer Institute 2017, CTCAE v5.0"),
        False,
        "Grades toxicity after treatment; the wording of the grades is recalled.",
    ),
)
"""Named in the sources and not coded."""


def catalogue() -> tuple[Entry, ...]:
    """Coded instruments in the order they are shown, then the absent ones.

    >>> [entry.key for entry in catalogue() if not entry.coded][:4]
    ['rades_2008', 'bollen', 'spratt', 'sorg']
    """
    coded = [score(Facts()) for score in SCORES]
    return (*(Entry(s.key, s.name, s.status, s.citation, True) for s in coded), *ABSENT)
