"""The wizard without its screens: answers, host, plan, run and check.

Nothing in here imports Textual or `screens`. import-linter checks that.
"""

__version__ = "0.1.0"
