"""Make the Ansible collection of ansible/, as ansible-galaxy(1) installs it.

    python3 scripts/collection.py DIRECTORY            # DIRECTORY/postfix_wizard-mail-VERSION.tar.gz
    python3 scripts/collection.py --tree DIRECTORY     # its files, with galaxy.yml: for ansible-lint, ansible-test

The bytes depend on the files alone. Needs Python 3.9 or newer, and nothing else.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path, PurePosixPath
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

from one_file.collect import ROOT, version

SOURCE = ROOT / "ansible"
GALAXY = "galaxy.yml"
SHARED = ("LICENSE", "CHANGELOG.md")
"""Files of the project that belong to the collection, too."""
_FORMAT = 1
"""The version of MANIFEST.json and FILES.json."""
_ABSENT = ("license_file", "documentation", "homepage", "issues")
"""What a manifest may have and ours has not."""


def about() -> dict[str, Any]:
    """Return what galaxy.yml says, with the version. Each line of it is a key with a JSON value."""
    lines = (SOURCE / GALAXY).read_text(encoding="utf-8").splitlines()
    pairs = (line.split(": ", 1) for line in lines if not line.startswith("#"))
    return {**{key: json.loads(value) for key, value in pairs}, "version": version(ROOT)}


def files() -> dict[str, bytes]:
    """Return the files of the collection by name, without galaxy.yml and hidden files."""
    found = {
        path.relative_to(SOURCE): path.read_bytes() for path in SOURCE.rglob("*") if path.is_file()
    }
    shared = {name: (ROOT / name).read_bytes() for name in SHARED}
    ours = {path.as_posix(): data for path, data in found.items() if not _is_hidden(path)}
    del ours[GALAXY]
    return dict(sorted((shared | ours).items()))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "__pycache__" for part in path.parts)


def archive(content: dict[str, bytes], info: dict[str, Any]) -> bytes:
    """Return the bytes of the archive: sorted, without times and owners."""
    directories = {
        str(above) for name in content for above in PurePosixPath(name).parents if str(above) != "."
    }
    rows = [_row(".", None), *(_row(name, None) for name in sorted(directories))]
    rows += [_row(name, data) for name, data in content.items()]
    listed = _json({"files": rows, "format": _FORMAT})
    manifest = {
        "collection_info": {**dict.fromkeys(_ABSENT), **info},
        "file_manifest_file": _row("FILES.json", listed),
        "format": _FORMAT,
    }
    out = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=out, mode="wb", filename="", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar,
    ):
        for name in sorted(directories):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(entry)
        extra = {"MANIFEST.json": _json(manifest), "FILES.json": listed}
        for name, data in (extra | content).items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(data), 0o644
            tar.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def _row(name: str, data: bytes | None) -> dict[str, Any]:
    digest = None if data is None else hashlib.sha256(data).hexdigest()
    return {
        "name": name,
        "ftype": "dir" if data is None else "file",
        "chksum_type": None if data is None else "sha256",
        "chksum_sha256": digest,
        "format": _FORMAT,
    }


def _json(data: dict[str, Any]) -> bytes:
    return json.dumps(data, indent=1).encode() + b"\n"


def main(words: list[str]) -> None:
    """Write the archive or the tree."""
    content, info = files(), about()
    if words[0] != "--tree":
        name = f"{info['namespace']}-{info['name']}-{info['version']}.tar.gz"
        Path(words[0], name).write_bytes(archive(content, info))
        return
    lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in info.items())
    hidden = {".ansible-lint": (SOURCE / ".ansible-lint").read_bytes()}
    for name, data in {**content, **hidden, GALAXY: f"---\n{lines}".encode()}.items():
        path = Path(words[1], name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


if __name__ == "__main__":
    main(sys.argv[1:])
