"""The sections of the answers: what each adds to the engines."""
