"""Whether the host still is as the runs left it."""
