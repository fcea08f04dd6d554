"""One dataclass a section of the answers: its fields, and what a form, a file and main.cf need to know of each."""
