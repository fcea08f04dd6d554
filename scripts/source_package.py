"""Write what `rpmbuild` needs of a commit: SOURCES/ with the two archives, SPECS/ with the spec.

    python3 scripts/source_package.py COMMIT DIRECTORY_OF_WHEELS DIRECTORY

Two calls for one commit write the same bytes.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SPEC = "packaging/postfix-wizard.spec"


def main(commit: str, wheels: Path, target: Path) -> None:
    """Write the archives and the spec."""
    sources = target / "SOURCES"
    for directory in (sources, target / "SPECS"):
        directory.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as scratch:
        source = Path(scratch) / "source"
        archive = Path(scratch) / "source.tar"
        _git("archive", f"--output={archive}", commit)
        source.mkdir()
        subprocess.run(["tar", "-x", "-f", archive, "-C", source], check=True)
        tree = Path(scratch) / "tree"
        collect = source / "scripts/one_file/collect.py"
        subprocess.run([sys.executable, "-B", collect, wheels.resolve(), tree], check=True)
        bom = json.loads((tree / "wizard/components.cdx.json").read_text())
        spec = (source / SPEC).read_text()
    version = bom["metadata"]["component"]["version"]
    name = f"postfix-wizard-{version}"
    _git("archive", f"--prefix={name}/", f"--output={sources / name}.tar", commit)
    _archive(wheels, sources / f"{name}-vendor.tar")
    seconds = int(_git("log", "-1", "--format=%ct", commit))
    date = datetime.fromtimestamp(seconds, timezone.utc)
    filled = {
        "VERSION": version,
        "LICENSE": " AND ".join(dict.fromkeys(_licences(bom))),
        "BUNDLED": "\n".join(
            f"Provides: bundled(python3dist({one['name']})) = {one['version']}"
            for one in bom["components"]
        ),
        "DATE": date.strftime("%a %b %d %Y"),
    }
    for word, text in filled.items():
        spec = spec.replace(f"@{word}@", text)
    (target / SPEC.replace("packaging", "SPECS")).write_text(spec)


def _licences(bom: dict[str, Any]) -> list[str]:
    parts = [bom["metadata"]["component"], *bom["components"]]
    return [one["licenses"][0]["license"]["id"] for one in parts]


def _archive(wheels: Path, target: Path) -> None:
    """Write the wheels as vendor/, with no trace of who did it and when."""
    with tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as archive:
        for wheel in sorted(wheels.glob("*.whl")):
            entry = tarfile.TarInfo(f"vendor/{wheel.name}")
            entry.size, entry.mode = wheel.stat().st_size, 0o644
            with wheel.open("rb") as file:
                archive.addfile(entry, file)


def _git(*words: str) -> str:
    git = ["git", "-c", "safe.directory=*", "-C", str(ROOT), *words]
    return subprocess.run(git, stdout=subprocess.PIPE, text=True, check=True).stdout


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
