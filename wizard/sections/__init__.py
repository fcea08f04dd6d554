"""The sections of the answers: each with all that it adds to the engines."""
