"""Findings that the rules of surgery ask about."""

from __future__ import annotations

from collections.abc import Mapping

from spondyl.clinic.decide.findings.lesion import Finding

SURGERY: Mapping[str, Finding] = {}
