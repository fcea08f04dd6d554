"""Two one-file programs, driven from outside: what they print, write and show must be equal.

`scripts/compare` calls it. A refactoring is proven by it, so it uses nothing of the program's code.
"""
