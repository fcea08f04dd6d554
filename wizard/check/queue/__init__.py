"""The queue: its space, what waits in it, and the way of one message."""
