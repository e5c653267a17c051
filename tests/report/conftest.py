"""A browser for the pages."""

import browser as helper
import pytest


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium without a network."""
    pytest.importorskip("selenium", reason="selenium is not installed")
    if reason := helper.missing():
        pytest.skip(reason)
    with helper.chromium() as driver:
        yield driver
