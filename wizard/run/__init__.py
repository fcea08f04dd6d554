"""The run: a worker without a terminal, its journal, and its viewers."""
