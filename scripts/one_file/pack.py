"""Pack a directory into an executable zip, the same bytes for the same content."""

import hashlib
import stat
import sys
import zipfile
from pathlib import Path

SHEBANG = b"#!/usr/bin/python3\n"
EPOCH = (1980, 1, 1, 0, 0, 0)


def pack(source: Path, target: Path) -> None:
    """Write `target` whole or not at all; BUILD in it names its content."""
    files = sorted(path for path in source.rglob("*") if path.is_file())
    content = hashlib.sha256()
    new = target.with_suffix(".new")
    with new.open("wb") as out:
        out.write(SHEBANG)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for path in files:
                name = str(path.relative_to(source))
                data = path.read_bytes()
                content.update(f"{name}\0{len(data)}\0".encode() + data)
                archive.writestr(_entry(name), data)
            archive.writestr(_entry("BUILD"), content.hexdigest()[:16] + "\n")
    new.chmod(0o755)
    new.replace(target)


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = (stat.S_IFREG | 0o644) << 16
    return entry


if __name__ == "__main__":
    pack(Path(sys.argv[1]), Path(sys.argv[2]))
