import pytest
from tables import sound


@pytest.fixture
def table():
    return sound()
