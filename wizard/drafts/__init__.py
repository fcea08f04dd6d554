"""Answers that were typed and not run yet: in memory, and in draft.json until a run is done."""
