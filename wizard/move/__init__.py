"""The move from an old server to this one: a checklist, checked off by looking."""
