"""Histologies in words: what is recognised, what is refused, and each instrument's category."""

from __future__ import annotations

import pytest

from spondyl.clinic import scores
from spondyl.clinic.facts import read_facts
from spondyl.clinic.histology import INSTRUMENTS, histologies, read_histology
from spondyl.clinic.scores import radiosensitivity
from spondyl.clinic.scores.tokuhashi_1990 import SITES as SITES_1990
from spondyl.clinic.scores.tokuhashi_2005 import SITES as SITES_2005


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("clear cell renal cell carcinoma", "kidney"),
        ("renal", "kidney"),
        ("adrenal carcinoma", "adrenal"),
        ("breast carcinoma, ER positive, HER2 negative", "breast"),
        ("Triple-negative breast cancer", "breast"),
        ("non-small cell lung", "lung_non_small_cell"),
        ("NSCLC", "lung_non_small_cell"),
        ("adenocarcinoma of the lung, no EGFR mutation", "lung_non_small_cell"),
        ("small cell lung cancer", "lung_small_cell"),
        ("SCLC", "lung_small_cell"),
        ("lung cancer", "lung"),
        ("hepatocellular", "liver"),
        ("HCC", "liver"),
        ("metastatic from unknown primary", "unknown_primary"),
        ("CUP", "unknown_primary"),
        ("oesophageal carcinoma", "oesophagus"),
        ("esophageal carcinoma", "oesophagus"),
        ("multiple myeloma", "myeloma"),
        ("plasmacytoma", "plasmacytoma"),
        ("non-Hodgkin's lymphoma", "lymphoma"),
        ("seminoma", "seminoma"),
        ("non-seminomatous germ cell tumour", "germ_cell"),
        ("osteosarcoma", "osteosarcoma"),
        ("leiomyosarcoma", "sarcoma"),
        ("Ewing's sarcoma", "ewing_sarcoma"),
        ("colorectal adenocarcinoma", "colorectal"),
        ("adenocarcinoma of the rectum", "rectum"),
        ("sigmoid colon carcinoma", "colon"),
        ("urothelial carcinoma of the bladder", "bladder"),
        ("renal pelvis carcinoma", "upper_urinary_tract"),
        ("endometrial carcinoma", "uterus"),
        ("squamous cell carcinoma of the larynx", "head_and_neck"),
        ("breast cancer with liver and lung metastases", "breast"),
        ("breast cancer metastatic to liver", "breast"),
        ("bone metastasis of thyroid carcinoma", "thyroid"),
        ("gall bladder carcinoma", "gallbladder"),
        ("mucosal melanoma", "melanoma"),
    ],
)
def test_recognised(text: str, key: str) -> None:
    found = read_histology(text).found
    assert found is not None
    assert found.key == key


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("small cell", "names no histology"),
        ("squamous cell carcinoma", "names no histology"),
        ("adenocarcinoma", "names no histology"),
        ("unknown", "names no histology"),
        ("not lung", "names no histology"),
        ("hepatocelular", "nearest: hepatocellular carcinoma"),
        ("suspected lung cancer", "said with doubt"),
        ("breast?", "said with doubt"),
        ("breast and lung cancer", "names breast carcinoma and lung carcinoma"),
        ("lung carcinoid", "names lung carcinoma and carcinoid"),
        ("gastric lymphoma", "write the primary tumour alone"),
    ],
)
def test_not_guessed(text: str, said: str) -> None:
    reading = read_histology(text)
    assert reading.found is None
    assert said in reading.why


@pytest.mark.parametrize(
    ("text", "receptor", "dependent"),
    [
        ("breast carcinoma, ER positive, HER2 negative", True, None),
        ("ER+ breast cancer", True, None),
        ("hormone receptor-positive breast cancer", True, None),
        ("triple negative breast cancer", False, False),
        ("breast, ER-, PR-, HER2+", False, None),
        ("breast carcinoma, ER negative", None, None),
        ("breast carcinoma, HER2 positive", None, None),
        ("castration-resistant prostate cancer", None, False),
        ("hormone-sensitive prostate cancer", None, True),
        ("not castration-resistant prostate cancer", None, None),
        ("prostate carcinoma", None, None),
    ],
)
def test_hormones(text: str, receptor: bool | None, dependent: bool | None) -> None:
    reading = read_histology(text)
    assert (reading.receptor_positive, reading.hormone_dependent) == (receptor, dependent)


OPTIONS = {
    "tokuhashi_1990": set(SITES_1990),
    "tokuhashi_2005": set(SITES_2005),
    "tomita": {"slow", "moderate", "rapid"},
    "modified_bauer": {"lung", "favourable", "other"},
    "van_der_linden": {"breast", "prostate", "lung", "other"},
    "katagiri": {"slow", "moderate", "rapid", "hormone", "targeted"},
    "radiosensitivity": {"radiosensitive", "radioresistant", "not listed"},
}


@pytest.mark.parametrize("key", sorted(histologies()))
def test_every_row_names_categories_that_exist(key: str) -> None:
    row = histologies()[key]
    for instrument in INSTRUMENTS:
        assert set(row.categories[instrument].options) <= OPTIONS[instrument]
        assert row.categories[instrument].options or not row.categories[instrument].placed
    found = read_histology(row.name.split(" (")[0]).found
    assert found is not None
    assert found.key == key or row.name.endswith(")")


@pytest.mark.parametrize("key", sorted(histologies()))
def test_every_row_can_be_scored(key: str) -> None:
    facts = read_facts({"histology": histologies()[key].synonyms[0]})
    for score in scores.SCORES:
        score(facts)


SENSITIVE = ("lymphoma", "multiple myeloma", "plasmacytoma", "breast", "prostate", "ovarian carcinoma", "seminoma")
RESISTANT = (
    "renal cell carcinoma",
    "NSCLC",
    "thyroid",
    "hepatocellular carcinoma",
    "melanoma",
    "sarcoma",
    "osteosarcoma",
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *((text, {"radiosensitive"}) for text in SENSITIVE),
        *((text, {"radioresistant"}) for text in RESISTANT),
        ("small cell lung carcinoma", {"not listed"}),
        ("rectal carcinoma", {"not listed"}),
        ("lung cancer", {"radioresistant", "not listed"}),
        ("Ewing sarcoma", {"radioresistant", "not listed"}),
        ("something", {"radiosensitive", "radioresistant", "not listed"}),
    ],
)
def test_radiosensitivity_by_the_two_lists(text: str, expected: set[str]) -> None:
    """Rules R118 and R119; what is on neither list is said to be on neither."""
    assert radiosensitivity(read_facts({"histology": text})).options == expected


def test_melanoma_in_tomita_is_undefined_not_guessed() -> None:
    score = scores.tomita(read_facts({"histology": "melanoma"}))
    assert score.item("primary tumour").options == ("slow", "moderate", "rapid")
    assert score.item("primary tumour").needs == ()
    assert score.undefined == ("primary tumour: the publication, as read, does not place melanoma",)
