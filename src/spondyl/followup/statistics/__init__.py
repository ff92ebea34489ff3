"""Survival, competing risks, regressions and sample sizes: arrays in, frozen results out, R's conventions."""

from spondyl.followup.statistics.calibration import Calibration, CalibrationGroup, calibration, quantile_groups
from spondyl.followup.statistics.concordance import Concordance, harrell_c, uno_c
from spondyl.followup.statistics.cox import CoxFit, cox
from spondyl.followup.statistics.cumulative_incidence import IncidenceAt, IncidenceCurve, cumulative_incidence
from spondyl.followup.statistics.dose_response import CoxDose, LogisticDose, cox_dose_response, logistic_dose_response
from spondyl.followup.statistics.effects import Effect, indicators
from spondyl.followup.statistics.fine_gray import FineGrayFit, fine_gray
from spondyl.followup.statistics.gray import gray
from spondyl.followup.statistics.kaplan_meier import SurvivalAt, SurvivalCurve, kaplan_meier
from spondyl.followup.statistics.landmark import Landmark, landmark
from spondyl.followup.statistics.limits import INTERVALS
from spondyl.followup.statistics.log_rank import GroupTest, log_rank
from spondyl.followup.statistics.observations import group_names
from spondyl.followup.statistics.sample_size import METHODS, SingleArm, single_arm
from spondyl.followup.statistics.sample_size_survival import SCALES, SingleArmSurvival, single_arm_survival
from spondyl.followup.statistics.sample_size_two_arms import TESTS, TwoArms, two_arms

__all__ = [
    "INTERVALS",
    "METHODS",
    "SCALES",
    "TESTS",
    "Calibration",
    "CalibrationGroup",
    "Concordance",
    "CoxDose",
    "CoxFit",
    "Effect",
    "FineGrayFit",
    "GroupTest",
    "IncidenceAt",
    "IncidenceCurve",
    "Landmark",
    "LogisticDose",
    "SingleArm",
    "SingleArmSurvival",
    "SurvivalAt",
    "SurvivalCurve",
    "TwoArms",
    "calibration",
    "cox",
    "cox_dose_response",
    "cumulative_incidence",
    "fine_gray",
    "gray",
    "group_names",
    "harrell_c",
    "indicators",
    "kaplan_meier",
    "landmark",
    "log_rank",
    "logistic_dose_response",
    "quantile_groups",
    "single_arm",
    "single_arm_survival",
    "two_arms",
    "uno_c",
]
