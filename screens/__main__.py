"""Start the program from a checkout: `python -m screens plan --answers FILE --root DIR`."""

from __future__ import annotations

import sys

from screens.main import program

if __name__ == "__main__":
    sys.exit(program())
