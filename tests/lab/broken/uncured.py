"""Broken servers whose cures, applied literally, do not make all right, each with the reason.

Measured on EL9. A row that is cured goes out of this table; a way without a cure says why in the
finding (`wizard.check.cures.without`) and is none of these.
"""

from __future__ import annotations

UNCURED: dict[str, str] = {}
