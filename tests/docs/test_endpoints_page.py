"""docs/clinical/endpoints.md says of every endpoint what the program says."""

from pathlib import Path

import pytest

from spondyl.followup.endpoints import DEFINITIONS

PAGE = " ".join((Path(__file__).parents[2] / "docs/clinical/endpoints.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda each: each.key)
def test_the_page_says_the_programs_words(definition):
    assert f"## {definition.title} Per {definition.unit}. `{definition.key}` {definition.text}" in PAGE
    assert f"**Not known.** {definition.missing}" in PAGE
    assert not definition.ours or f"**Settled here.** {definition.ours}" in PAGE
    assert f"**Source.** {'; '.join(str(source) for source in definition.sources)}." in PAGE
