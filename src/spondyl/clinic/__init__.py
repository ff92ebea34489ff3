"""What is known of patient and lesion; scores, decisions and evidence."""

from spondyl.clinic.facts import LEVELS, Clinical, Facts, Lesion, Measured, read_facts

__all__ = ["LEVELS", "Clinical", "Facts", "Lesion", "Measured", "read_facts"]
