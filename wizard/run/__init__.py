"""The run: a worker that no terminal owns, its journal, and those who follow it."""
