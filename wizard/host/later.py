"""Facts that are requested now and returned later, so that slow commands run in parallel."""

from __future__ import annotations

from typing import Callable, TypeVar

T = TypeVar("T")

Later = Callable[[], T]
"""Waits for the commands that were started, and returns the fact."""
