from __future__ import annotations

import pytest

from tests.factories import ZEKE
from wizard.answers.model import Answers


@pytest.fixture
def answers() -> Answers:
    return ZEKE
