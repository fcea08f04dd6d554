"""The figures of docs/performance.md: each is two things measured in turn in one run."""
