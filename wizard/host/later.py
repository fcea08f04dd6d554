"""Facts that are asked for now and told later, so that slow commands run side by side."""

from __future__ import annotations

from typing import Callable, TypeVar

T = TypeVar("T")

Later = Callable[[], T]
"""Ends what was begun: waits for the commands that were started and returns the fact."""
