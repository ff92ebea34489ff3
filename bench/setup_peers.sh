#!/bin/sh
# Each peer in its own environment, pinned to what was measured. pyRadPlan 0.5.0 needs pydantic below 2.13;
# dicompyler-core 0.5.6 needs pydicom below 3.
set -e
cd "$(dirname "$0")"
[ -d .venv-pyradplan ] || { python3 -m venv .venv-pyradplan && .venv-pyradplan/bin/pip install -q "pyRadPlan==0.5.0" "pydantic<2.13"; }
[ -d .venv-dicompyler ] || { python3 -m venv .venv-dicompyler && .venv-dicompyler/bin/pip install -q "dicompyler-core==0.5.6" "pydicom<3" "numpy<2" matplotlib; }
