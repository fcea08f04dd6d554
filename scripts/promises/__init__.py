"""Which test holds which promise, and what it counted: from a test run to docs/promises.md."""
