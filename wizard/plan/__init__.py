"""The plan: a pure function of answers and host, an ordered list of steps."""
