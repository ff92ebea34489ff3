"""`spondyl assess`: what a person reads, what a program reads, and what is left in the output folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

import spondyl
from spondyl.app.board import VERDICTS, board_html, sorted_options
from spondyl.app.board.lines import lacks_indication, spoken
from spondyl.app.cli.main import main
from spondyl.clinic import read_facts
from spondyl.clinic.evidence import evidence_for
from spondyl.clinic.facts import Facts
from spondyl.io import bundled_case


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as leaving:
        main([*arguments])
    return int(leaving.value.code or 0)


def case_of(tmp_path: Path, **clinical: object) -> Path:
    path = tmp_path / "case.yaml"
    path.write_text(yaml.safe_dump({"level": "T8", "histology": "melanoma", "clinical": clinical}))
    return path


def nearly_all_known(stage: str) -> dict[str, Any]:
    """Myeloma of an unstable vertebra with the cord compressed; or lung cancer with legs that fail within days."""
    lesion: dict[str, Any] = {
        "bone_lesion_type": "lytic", "body_involvement_percent": 90, "posterolateral_involvement": "bilateral",
        "posterior_wall_involved": True, "posterior_elements_involved": True, "well_defined": True,
        "needle_path_safe": True, "adjacent_structures_protectable": True, "very_large": False,
        "near_heat_sink": False, "soft_tissue_component_large": False, "anterior_paravertebral_extension": False,
        "fracture": True, "fracture_recent": True, "fracture_displaced": False,
    }  # fmt: skip
    unstable = {
        "alignment": "kyphosis", "collapse_percent": 60, "bilsky_escc": "2", "epidural": {"circumferential": False},
        "kyphosis_needs_reconstruction": True, "anterior_middle_column_damage_severe": True,
    }  # fmt: skip
    failing = {
        "alignment": "normal", "collapse_percent": 30, "bilsky_escc": "3", "epidural": {"circumferential": True},
        "kyphosis_needs_reconstruction": False, "anterior_middle_column_damage_severe": False,
    }  # fmt: skip
    intact = {"frankel": "E", "ryu_neurological_grade": "b", "deficit_progression": "none", "radiculopathy": True}
    paraparetic = {"frankel": "C", "ryu_neurological_grade": "d", "deficit_progression": "rapid", "myelopathy": True}
    emergency = stage == "emergency"
    fit = ("cardiopulmonary_reserve_adequate", "tolerates_open_surgery", "tolerates_radiotherapy",
           "tolerates_single_lung_ventilation", "marrow_reserve_adequate")  # fmt: skip
    ill = ("pleural_adhesions_severe", "major_comorbidities", "malnutrition", "immune_status_poor",
           "acute_immunosuppression", "infection", "coagulopathy_uncorrected", "osteoporosis", "skin_at_risk",
           "mental_disorder_prevents_participation")  # fmt: skip
    organs: list[dict[str, Any]] = [{"organ": "liver", "resectable": False, "disseminated": False}] * emergency
    return {
        "level": "T8",
        "histology": "lung adenocarcinoma" if emergency else "multiple myeloma",
        "clinical": {
            "age_years": 62, "sex": "male", "kps": 50 if emergency else 70, "ecog": 3 if emergency else 1,
            "life_expectancy_months_estimate": 6 if emergency else 48,
            "primary": {"controlled": not emergency, "low_malignancy": False},
            "pain": {"present": True, "mechanical": True, "severe": True, "refractory": False, "radicular": False},
            "neurology": {**(paraparetic if emergency else intact), "sphincter": "normal"},
            "lesion": {**lesion, **(failing if emergency else unstable)},
            "systemic": {
                "visceral": organs, "other_spinal_metastases": 4, "extraspinal_bone_metastases": 5,
                "brain_metastases": 0, "disseminated_or_uncontrollable": False, "previous_chemotherapy": True,
            },
            "comorbidity": {**dict.fromkeys(fit, True), **dict.fromkeys(ill, False)},
            "prior_radiotherapy": {"to_this_level": False, "failed": False},
            "prior_surgery": {
                "at_this_level": False, "hardware_at_level": False, "conservative_treatment_failed": False,
            },
            "wishes": {
                "consents": True, "judged_unsuitable_by_physician": False, "histology_needed": False,
                "likely_cure": False, "awaiting_surgery": False, "surgery_possible": True,
            },
            "centre": {
                "kypho_iort": True, "stereotactic_radiotherapy": True, "endoscopic_surgery": True,
                "real_time_mri": False,
            },
            "planning": {"organ_constraints_met": True, "metal_artefact_prevents_dose_assessment": False},
        },
    }  # fmt: skip


def test_the_terminal_says_scores_options_and_the_disclaimer(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", str(bundled_case("thoracic_t11"))) == 0
    said = capsys.readouterr().out
    assert "indeterminate" in said
    assert "conventional radiotherapy" in said
    assert "not a medical device" in " ".join(said.split())


@pytest.mark.parametrize("options", [(), ("--explain", "pkp"), ("--quiet",)])
def test_an_emergency_stands_on_the_first_line(
    options: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = case_of(tmp_path, neurology={"deficit_progression": "rapid"}, lesion={"bilsky_escc": "3"})
    assert run("assess", str(path), *options) == 0
    assert capsys.readouterr().out.startswith("EMERGENCY")


def test_one_option_as_data_comes_with_the_emergency_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = case_of(tmp_path, neurology={"deficit_progression": "rapid"}, lesion={"bilsky_escc": "3"})
    assert run("assess", str(path), "--explain", "pkp", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert list(record) == ["emergency", "disclaimer", "pkp"]
    assert record["emergency"]["value"] is True


def test_what_looks_wrong_is_said_with_the_assessment(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = case_of(tmp_path, laboratory={"albumin_g_per_dl": 28}, kps=90, ecog=3)
    assert run("assess", str(path)) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "is it in g/L" in said
    assert "two or more grades apart" in said
    assert run("assess", str(path), "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["flags"]) == 2


def test_an_emergency_not_excluded_is_said_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", str(case_of(tmp_path))) == 0
    assert capsys.readouterr().out.startswith("emergency not excluded")


def test_json_has_scores_and_options_with_their_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", str(bundled_case("lumbar_l3")), "--json") == 0
    record = json.loads(capsys.readouterr().out)
    sins = record["scores"]["sins"]
    assert (sins["total"], sins["band"], sins["low"], sins["high"], sins["missing"]) == (6, "stable", 6, 6, [])
    assert sins["items"]["location"] == 2
    option = record["options"]["kypho_iort"]
    assert option["verdict"] in VERDICTS
    assert option["evidence"] == [outcome.id for outcome in evidence_for("kypho_iort")]
    assert {"rule", "for", "text", "source"} <= set(record["options"]["vertebral_stent"]["reasons"][0])


def test_explain_walks_through_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", str(bundled_case("lumbar_l3")), "--explain", "vertebral_stent") == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "R087" in said
    assert "002 (" in said


def test_explain_names_the_nearest_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", str(bundled_case("lumbar_l3")), "--explain", "kypho_irot") == 2
    assert "nearest: kypho_iort" in " ".join(capsys.readouterr().err.split())


def test_explain_takes_the_name_that_the_table_shows(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", str(bundled_case("lumbar_l3")), "--explain", "Kyphoplasty") == 0
    assert "R077" in capsys.readouterr().out
    assert run("assess", str(bundled_case("lumbar_l3")), "--explain", "kyphoplast") == 2
    assert "nearest: pkp" in " ".join(capsys.readouterr().err.split())


def test_the_folder_holds_sheet_data_and_provenance(tmp_path: Path) -> None:
    out = tmp_path / "board"
    assert run("assess", str(bundled_case("thoracic_t11")), "-o", str(out), "--quiet") == 0
    assert {path.name for path in out.iterdir()} == {"board.html", "assessment.json", "provenance.json"}
    assert "research and education" in (out / "board.html").read_text().casefold()


def test_pdf_without_a_folder_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", str(bundled_case("thoracic_t11")), "--pdf") == 2
    assert "name it with -o" in " ".join(capsys.readouterr().err.split())


def pages_of(facts: Facts) -> int:
    weasyprint = pytest.importorskip("weasyprint", exc_type=Exception, reason="no WeasyPrint: PDF is left out")
    return len(weasyprint.HTML(string=board_html(spondyl.assess(facts), "case")).render().pages)


@pytest.mark.parametrize("name", ["lumbar_l3", "thoracic_t11"])
def test_the_sheet_is_one_printed_page(name: str) -> None:
    assert pages_of(spondyl.open_case(bundled_case(name)).facts) == 1


@pytest.mark.parametrize("stage", ["unstable", "emergency"])
def test_the_sheet_of_a_patient_of_whom_nearly_all_is_known_is_one_page(stage: str) -> None:
    """Then most options are argued, which takes the most room."""
    assert pages_of(read_facts(nearly_all_known(stage))) == 1


def test_an_indication_is_told_before_a_requirement_that_is_met() -> None:
    option = spondyl.assess(read_facts(nearly_all_known("unstable"))).options["open_surgery"]
    effects = [reason.effect for reason in spoken(option, True)]
    assert effects[0] == "supports"
    assert "requires" in effects


def test_what_lacks_an_indication_is_named_without_a_row_of_its_own() -> None:
    made = spondyl.assess(read_facts(nearly_all_known("unstable")))
    html = board_html(made, "case")
    assert lacks_indication(made.options["seed_implantation"])
    assert not lacks_indication(made.options["pkp"])
    assert "for want of a published indication here" in html
    assert "seed implantation" in html


def test_the_sheet_escapes_what_a_case_says() -> None:
    facts = read_facts({"histology": "<script>alert(1)</script>"})
    assert "<script>" not in board_html(spondyl.assess(facts), "<b>case</b>")


def test_options_are_sorted_by_verdict() -> None:
    made = spondyl.assess(spondyl.open_case(bundled_case("thoracic_t11")).facts)
    places = [VERDICTS.index(option.verdict) for option in sorted_options(made)]
    assert places == sorted(places)
