"""Times to events: what ends them, and whom they cannot tell of."""

import pytest
from course_of_patient import on, patient, read

from spondyl.followup.endpoints import (
    DAYS_PER_MONTH,
    fracture,
    local_control,
    overall_survival,
    progression_free_survival,
    reintervention,
    undetermined,
)


def one(found):
    """The day and event of a single observation."""
    assert len(found.observations) == 1
    seen = found.observations[0]
    return round(seen.time_months * DAYS_PER_MONTH), seen.event


def test_a_month_is_a_twelfth_of_a_julian_year():
    assert pytest.approx(30.4375) == DAYS_PER_MONTH
    found = overall_survival([patient(last_contact_on=on(365))])
    assert found.observations[0].time_months == pytest.approx(365 / 30.4375)


@pytest.mark.parametrize(
    ("images", "expected"),
    [
        ([read(90, "controlled", "controlled"), read(180, "progression", "progression")], (180, 1)),
        ([read(90, "controlled", "controlled"), read(180, "progression", "controlled")], (90, 0)),
        ([read(90, "controlled", "controlled"), read(180, "progression", "controlled", "progression")], (180, 1)),
        ([read(90, "controlled", "controlled"), read(180, "progression", "controlled", "controlled")], (180, 0)),
        ([read(90, "controlled", "controlled"), read(180, "progression", "controlled", "indeterminate")], (90, 0)),
        ([read(90, "controlled", "controlled"), read(180, "indeterminate", "indeterminate")], (90, 0)),
        ([read(90, "controlled", "controlled"), read(180, "controlled")], (90, 0)),
        ([read(90, "indeterminate", "indeterminate"), read(180, "progression", "progression")], (180, 1)),
        ([read(90, "progression", "progression"), read(180, "controlled", "controlled")], (90, 1)),
    ],
)  # fmt: skip
def test_two_readers_agree_or_a_third_decides(images, expected):
    imaging = [reading for image in images for reading in image]
    assert one(local_control([patient(imaging=imaging)])) == expected


def test_a_consensus_overrules_its_readers():
    readers = ("reader-1", "reader-2", "consensus")
    imaging = read(90, "progression", "progression", "controlled", readers=readers)
    assert one(local_control([patient(imaging=imaging)])) == (90, 0)


def test_one_reader_is_enough_where_asked():
    alone = patient(imaging=read(90, "progression"))
    assert local_control([alone]).unknown[0].why == "no image that the readers agree on; 1 undetermined"
    assert one(local_control([alone], readers=1)) == (90, 1)
    assert undetermined([alone]) == 1


def test_images_before_treatment_and_after_another_treatment_do_not_count():
    again = {"treatment_id": "T2", "lesion_id": "L", "kind": "stabilisation", "started_on": on(120)}
    imaging = read(90, "controlled", "controlled") + read(200, "progression", "progression")
    assert one(local_control([patient(imaging=imaging, more_treatments=[again])])) == (90, 0)
    planned = again | {"intent": "planned"}
    assert one(local_control([patient(imaging=imaging, more_treatments=[planned])])) == (200, 1)
    before = read(-5, "indeterminate", "indeterminate")
    assert local_control([patient(imaging=before)]).unknown[0].why == "no image that the readers agree on"


def test_death_censors_local_control_at_the_image_or_competes_at_its_date():
    dead = patient(died=200, imaging=read(90, "controlled", "controlled"))
    assert one(local_control([dead])) == (90, 0)
    assert one(local_control([dead], death_competes=True)) == (200, 2)


def test_a_lesion_that_was_never_imaged_is_unknown_to_every_curve_though_its_patient_died():
    dead = [patient(died=200, imaging=read(90, "controlled"))]
    for found in (local_control(dead), local_control(dead, death_competes=True), fracture(dead)):
        assert not found.observations
        assert found.unknown[0].why.startswith("no ")


def readings(*findings):
    return [
        {"lesion_id": "L", "on": on(day), "level": "T11", "finding": finding, "reader": reader}
        for day, finding, reader in findings
    ]


@pytest.mark.parametrize(
    ("found", "died", "expected"),
    [
        ([(90, "none", "a"), (180, "new", "a")], None, (180, 1)),
        ([(-7, "unchanged", "a"), (90, "unchanged", "a"), (180, "progressed", "a")], None, (180, 1)),
        ([(90, "unchanged", "a"), (180, "unchanged", "a")], None, (180, 0)),
        ([(90, "none", "a")], 200, (200, 2)),
        ([(90, "new", "a")], 200, (90, 1)),
        ([(90, "new", "a"), (90, "none", "b"), (180, "none", "a")], None, (180, 0)),
        ([(90, "new", "a"), (90, "none", "b"), (90, "new", "consensus")], None, (90, 1)),
    ],
)
def test_fracture_is_new_or_progressed_and_death_competes(found, died, expected):
    assert one(fracture([patient(died=died, fractures=readings(*found))])) == expected


def test_an_image_without_a_fracture_reading_says_nothing_of_fractures():
    found = fracture([patient(imaging=read(90, "controlled", "controlled"))])
    assert not found.observations
    assert found.unknown[0].why == "no reading for fractures after treatment"


def test_survival_ends_with_death_or_the_last_sign_of_life():
    assert one(overall_survival([patient(died=100)])) == (100, 1)
    assert one(overall_survival([patient(visits=[{"on": on(50)}])])) == (50, 0)
    assert overall_survival([patient(treatments=[])]).unknown[0].why == "not treated"
    gone = patient(treatments=[{"treatment_id": "T", "lesion_id": "L", "kind": "kypho-iort", "started_on": on(0)}])
    assert overall_survival([gone]).unknown[0].why == "nothing is recorded after treatment"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"imaging": read(90, "controlled", "controlled")}, (90, 0)),
        ({"imaging": read(90, "progression", "progression"), "died": 200}, (90, 1)),
        ({"imaging": read(90, "controlled", "controlled"), "died": 200}, (200, 1)),
        ({"imaging": read(90, "controlled", "controlled"), "systemic_progressions": [{"on": on(60)}]}, (60, 1)),
    ],
)
def test_progression_free_survival_ends_with_the_first_of_three(fields, expected):
    assert one(progression_free_survival([patient(**fields)])) == expected


def test_reintervention_is_a_local_treatment_that_was_not_planned():
    again = {"treatment_id": "T2", "lesion_id": "L", "kind": "decompression", "started_on": on(120)}
    systemic = {"treatment_id": "T3", "kind": "systemic-therapy", "started_on": on(30)}
    assert one(reintervention([patient(more_treatments=[systemic, again])])) == (120, 1)
    planned = again | {"intent": "planned"}
    assert one(reintervention([patient(more_treatments=[planned], last_contact_on=on(300))])) == (300, 0)
    assert one(reintervention([patient(more_treatments=[systemic], died=90)])) == (90, 2)
