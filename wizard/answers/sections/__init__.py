"""One dataclass a section of the answers. Its fields have all that a form, a file and main.cf need."""
