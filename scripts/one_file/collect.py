"""Write the tree of the program: our code, its locked dependencies, their licences, what it is made of.

    python3 scripts/one_file/collect.py DIRECTORY_OF_WHEELS NEW_DIRECTORY
    python3 scripts/one_file/collect.py --commit | --version    # prints it

The one file is packed from this tree and the RPM installs it. The bytes of each file depend on the
commit and the lock alone. So nothing is taken over that pip wrote: it is read from the wheels. Needs
Python 3.9 or newer, and nothing else.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from one_file.components import Wheel, component_list, read_wheel

ROOT = Path(__file__).resolve().parents[2]
LOCK = Path("requirements/runtime.txt")
OURS = ("wizard", "screens", "templates")
COMPILED = (".so", ".pyc")
"""MarkupSafe alone brings compiled code. Without it, its Python code does the same."""
LOCK_DIGITS = 16


def collect(root: Path, wheels: Path) -> dict[str, bytes]:
    """Return the files of the program by name. Raises ValueError for wheels that the lock lacks."""
    lock = (root / LOCK).read_bytes()
    unwanted = frozenset((root / "scripts/one_file/not-packed").read_text().split())
    files = dict(_own_files(root))
    bundled = []
    for wheel in _locked(wheels, lock.decode()):
        code = {name: data for name, data in wheel.code.items() if _is_packed(name, unwanted)}
        if code:
            files.update(code)
            files.update(
                {f"licenses/{wheel.name}/{name}": data for name, data in wheel.licences.items()}
            )
            bundled.append(wheel)
    commit = source_commit(root)
    if commit:
        files["wizard/COMMIT"] = f"{commit}\n".encode()
    files["wizard/components.cdx.json"] = component_list(
        version(root), commit, hashlib.sha256(lock).hexdigest()[:LOCK_DIGITS], bundled
    )
    return files


def version(root: Path) -> str:
    """Return the version of the program, which has one place."""
    found = re.search(
        r'^__version__ = "([^"]+)"', (root / "wizard/__init__.py").read_text(), re.MULTILINE
    )
    if not found:
        raise ValueError("wizard/__init__.py has no __version__")
    return found[1]


def source_commit(root: Path) -> str:
    """Return the commit of the source, with `-changed` if a file differs or is new, "" if it is not known.

    In a source package `git archive` has written it into a file. Its directory can be below the
    clone of another project, so git comes second.
    """
    written = (root / "scripts/one_file/COMMIT").read_text().strip()
    if re.fullmatch("[0-9a-f]{40,64}", written):
        return written
    # Another user's clone: git would refuse to read it, and the bytes would differ.
    git = ["git", "-c", "safe.directory=*", "--no-optional-locks", "-C", str(root)]
    sources = (*OURS, "scripts/one_file", str(LOCK), "LICENSE")
    try:
        # The first line is the way up to the clone: a copy within another project's clone has one.
        above, _, head = _output(git, "rev-parse", "--show-cdup", "HEAD").partition("\n")
        if above or not head.strip():
            return ""
        changes = _output(git, "status", "--porcelain", "--untracked-files=all", "--", *sources)
    except FileNotFoundError:
        return ""
    return f"{head.strip()}-changed" if changes else head.strip()


def _output(git: list[str], *words: str) -> str:
    """Return what git prints, nothing if it fails. Raises FileNotFoundError without git."""
    done = subprocess.run([*git, *words], capture_output=True, text=True, check=False)
    return "" if done.returncode else done.stdout


def _own_files(root: Path) -> Iterator[tuple[str, bytes]]:
    yield "__main__.py", (root / "scripts/one_file/__main__.py").read_bytes()
    yield "LICENSE", (root / "LICENSE").read_bytes()
    for top in OURS:
        for path in (root / top).rglob("*"):
            if path.is_file() and _is_packed(path.relative_to(root).as_posix(), frozenset()):
                yield path.relative_to(root).as_posix(), path.read_bytes()


def _is_packed(name: str, unwanted: frozenset[str]) -> bool:
    path = PurePosixPath(name)
    return path.parts[0] not in unwanted and path.suffix not in COMPILED


def _locked(directory: Path, lock: str) -> Iterator[Wheel]:
    """Read the wheels of the lock, in its order. Each must be there, with a hash of the lock."""
    read = {wheel.name: wheel for wheel in map(read_wheel, sorted(directory.glob("*.whl")))}
    for entry in re.split(r"^(?=\S)", lock, flags=re.MULTILINE):
        named = re.match(r"([\w.-]+)==(\S+)", entry)
        if not named:
            continue
        name = re.sub(r"[-_.]+", "-", named[1]).lower()
        wheel = read.get(name)
        if wheel is None or wheel.version != named[2]:
            raise ValueError(f"{directory} has no wheel of {name} {named[2]}")
        if f"sha256:{wheel.sha256}" not in entry:
            raise ValueError(f"{directory}: the wheel of {name} has no hash of {LOCK}")
        yield wheel


def write(files: dict[str, bytes], target: Path) -> None:
    """Write the files below a directory that does not exist yet, whatever the umask is."""
    target.mkdir(parents=True)
    for name, data in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    for path in (target, *target.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)


if __name__ == "__main__":
    if sys.argv[1:] in (["--commit"], ["--version"]):
        print(version(ROOT) if sys.argv[1] == "--version" else source_commit(ROOT))
        sys.exit()
    try:
        write(collect(ROOT, Path(sys.argv[1])), Path(sys.argv[2]))
    except ValueError as error:
        sys.exit(f"collect.py: {error}. Remove that directory and run scripts/build again.")
