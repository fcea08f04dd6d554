"""The checklist of the move from an old server to this one."""
