"""Pack a directory into an executable zip, the same bytes for the same content.

The program is an archive within the archive. Python reads the outer one's directory at each
start, in Python and entry by entry: four are quicker than a thousand.

Each release of zlib may compress to other bytes, and zlib-ng does. So no entry is compressed, and
the inner archive is compressed as a whole by bzip2, whose output has been the same since 1.0. It is
smaller, too: the files of a program are much alike.
"""

import bz2
import hashlib
import io
import stat
import sys
import zipfile
from pathlib import Path

SHEBANG = b"#!/usr/bin/python3 -I\n"
"""Isolated: PYTHONPATH, PYTHONHOME and the user's own site packages have no say in what root runs."""
EPOCH = (1980, 1, 1, 0, 0, 0)
START = "__main__.py"
CALLER = "caller.py"
"""The one module of the program that the start needs before it has unpacked the rest."""


def pack(source: Path, target: Path) -> None:
    """Write `target` whole or not at all; BUILD in it names its content."""
    files = sorted(path for path in source.rglob("*") if path.is_file())
    program = io.BytesIO()
    with zipfile.ZipFile(program, "w") as archive:
        for path in files:
            name = str(path.relative_to(source))
            if name != START:
                _add(archive, name, path.read_bytes())
    start = (source / START).read_bytes()
    caller = (source / "wizard" / CALLER).read_bytes()
    packed = bz2.compress(program.getvalue())
    build = hashlib.sha256(start + packed).hexdigest()[:16]
    new = target.with_suffix(".new")
    with new.open("wb") as out:
        out.write(SHEBANG)
        with zipfile.ZipFile(out, "w") as archive:
            _add(archive, START, start)
            _add(archive, CALLER, caller)
            _add(archive, "BUILD", f"{build}\n".encode())
            _add(archive, "program.zip.bz2", packed)
    new.chmod(0o755)
    new.replace(target)


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    archive.writestr(entry, data)


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
