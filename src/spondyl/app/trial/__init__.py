"""The tables and figures of a trial's paper from a cohort."""

from spondyl.app.trial.report import AT_MONTHS, TrialReport, trial_report, write_trial_report

__all__ = ["AT_MONTHS", "TrialReport", "trial_report", "write_trial_report"]
