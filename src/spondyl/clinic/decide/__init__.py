"""Options with reasons: rules as data, frameworks as tables, verdicts that follow from both."""

from spondyl.clinic.decide.assessment import Assessment, assess
from spondyl.clinic.decide.options import Option, Reason
from spondyl.clinic.decide.rules import Rule, rules
from spondyl.clinic.decide.truth import Truth

__all__ = ["Assessment", "Option", "Reason", "Rule", "Truth", "assess", "rules"]
