"""Pictures of the screens for README.md, from a real session."""
