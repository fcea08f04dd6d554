"""What the operator decided: one frozen dataclass a section, read and written as TOML."""
