"""Counts of words that this project once used in meanings of its own; see `scripts/words`."""
