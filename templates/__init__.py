"""Jinja2 templates; a package only so that importlib.resources finds them in the one file."""
