"""The fixtures of the tests of runs, for the same things with real processes."""

from __future__ import annotations

from tests.unit.run.conftest import etc, loop, on, output, places

__all__ = ["etc", "loop", "on", "output", "places"]
