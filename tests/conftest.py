"""The whole jobs first: they take minutes, and the other process runs everything else beside them."""

import pytest


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Move tests/flow to the front, all else in its order."""
    items.sort(key=lambda item: "flow" not in item.path.parts)
