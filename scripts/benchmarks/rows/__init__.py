"""One module a row: `measure(rounds)` returns its figures, `HOW` tells how they were measured."""
