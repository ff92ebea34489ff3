"""Findings that the rules of radiotherapy ask about."""

from __future__ import annotations

from collections.abc import Mapping

from spondyl.clinic.decide.findings.lesion import Finding

RADIOTHERAPY: Mapping[str, Finding] = {}
