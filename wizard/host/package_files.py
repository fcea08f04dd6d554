"""Fetch the files that dnf would install: the candidate package's main.cf, master.cf and /etc/aliases.

Before Postfix is installed, the plan is made from them. The files of another package come the same way. All downloads go to a private directory
below /tmp, which is always removed; the host itself is not changed.
"""

from __future__ import annotations

import io
import re
import shutil
import tarfile
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from wizard.door import Door, Outcome
from wizard.errors import Trouble
from wizard.host.facts import Package, Postfix
from wizard.host.main_cf import likely_database_type, own_parameters
from wizard.host.postfix import NEVRA
from wizard.host.private import WITH_US, private_directory
from wizard.paths import ALIASES, MAIN_CF, MASTER_CF

DOING = "fetching the {} package to see which files it would lay"
POSTFIX = "postfix"

DNF = (
    # With --quiet it does not say why a package is excluded.
    *("dnf", "--assumeyes", "--downloadonly"),
    # With the check, --assumeyes would import a key into RPM's database that nobody has verified.
    # Here the files are only read. The run's own dnf checks the signature, and the plan has the
    # hashes of these files.
    "--nogpgcheck",
    "--setopt=install_weak_deps=False",
    # dnf's default of 10 tries of 30 seconds each is too long on a dead network.
    *("--setopt=retries=3", "--setopt=timeout=15"),
    # These write to the host whenever dnf starts (redhat.repo, /etc/.git).
    "--disableplugin=subscription-manager,product-id,etckeeper",
)
"""The command of dnf(8), without the directories and the package."""

TIMEOUT_SECONDS = 900.0
"""A slow mirror may have to send 100 MB of lists."""

SYSTEM_CACHE = Path("/var/cache/dnf")

LIST_AGE = 48 * 3600.0
"""Seconds, as dnf's metadata_expire: younger lists in the system's cache are used."""

PATHS = (MAIN_CF, MASTER_CF, ALIASES)
"""The package's files that a plan is made from. Not each package has /etc/aliases."""

LARGEST = 1 << 20

MIN_FREE_BYTES = 8 << 20
"""If less space is free where dnf writes, that is the reason of its failure."""

NO_ROOM = "No space left"
NO_DNF = "there is no dnf to ask"
ON_THE_SERVER = "The wizard installs Postfix with dnf; run it on the server itself."

EXCLUDED = r"filtered out by"
"""dnf names the reason in a line before its last one."""
FAULTS = (
    (r"failed to execute dnf", NO_DNF, ON_THE_SERVER),
    (
        NO_ROOM,
        "the directory for temporary files is full",
        "Free a few hundred megabytes in it (`df -h /tmp`) and try again.",
    ),
    (
        r"no enabled repositories",
        "no repository is enabled",
        "Enable one (RHEL: `subscription-manager register`); `dnf repolist` must list some.",
    ),
    (
        EXCLUDED,
        "the package is excluded",
        (
            "See excludepkgs in /etc/dnf/dnf.conf and the repositories, `dnf versionlock list`, and `dnf "
            "module list`."
        ),
    ),
    (
        r"Unable to find a match|No match for argument",
        "no enabled repository has a package of that name",
        "See `dnf repolist`: the AppStream repository must be among them.",
    ),
    (
        r"Failed to download metadata|Cannot download|Could not resolve|Curl error|mirrors? (were|was) tried",
        "a repository cannot be reached",
        "See the network, the resolver, the proxy in /etc/dnf/dnf.conf: `dnf makecache` must do.",
    ),
    (
        r"Problem:|nothing provides|conflict",
        "the package cannot be installed beside what is there",
        "Run `dnf install --assumeno {package}` and read why.",
    ),
)
"""Patterns of dnf's messages on stderr, each with its meaning and what to do."""


PackageFiles = tuple[Postfix, dict[str, bytes]]
"""The Postfix of the candidate package, and the bytes of its files of `PATHS` by path."""


@dataclass(frozen=True)
class Candidate:
    """The package that dnf would install, and the bytes of its requested files by path."""

    nevra: str
    version: str
    files: Mapping[str, bytes]


def read_package_files(door: Door) -> PackageFiles:
    """Fetch the Postfix that dnf would install, and read its files.

    Raises Trouble when no repository is enabled, none can be reached, or none has the package.
    """
    found = read_candidate(door, POSTFIX, PATHS)
    if not {MAIN_CF, MASTER_CF} <= found.files.keys():
        raise Trouble(
            DOING.format(POSTFIX),
            f"{found.nevra} holds no main.cf and master.cf that rpm2archive can unpack",
            "See `rpm2archive` and `rpm -qpl` on that package.",
        )
    kind = likely_database_type(own_parameters(found.files[MAIN_CF]), found.version)
    package = Package(found.nevra, candidate=True)
    return Postfix(package, found.version, kind), dict(found.files)


def read_candidate(door: Door, package: str, paths: Collection[str]) -> Candidate:
    """Fetch a package that dnf would install, and read those of its files. Raises Trouble as above."""
    with private_directory(DOING.format(package)) as place:
        seeded = _seed(SYSTEM_CACHE, place / "cache", time.time())
        outcome = _fetch(door, place, seeded, package)
        if outcome.code != 0 and seeded:
            outcome = _fetch(door, place, seeded=False, package=package)
        if outcome.code != 0:
            raise fetch_trouble(outcome, shutil.disk_usage(place).free, package)
        return _read(door, sorted((place / "packages").glob("*.rpm")), package, paths)


def fetch_trouble(outcome: Outcome, free: int, package: str = POSTFIX) -> Trouble:
    """Return the error for a failure of dnf; `free` is the free space for its files, in bytes."""
    doing = DOING.format(package)
    # dnf prints the reason why a package is excluded on standard output.
    reasons = re.findall(rf"^.*{EXCLUDED}.*$", outcome.text, re.MULTILINE)
    said = "\n".join((*reasons, *outcome.complaints))
    if free < MIN_FREE_BYTES:
        # Without free space dnf reports broken databases and archives.
        said += "\nNo space left on device"
    for pattern, wrong, advice in FAULTS:
        found = re.search(rf"^.*(?:{pattern}).*$", said, re.MULTILINE)
        if found:
            reason = found[0].strip() if pattern == EXCLUDED else _gist(said)
            return Trouble(doing, f"{wrong} ({reason})", advice.format(package=package))
    return Trouble(
        doing,
        f"dnf ended with {outcome.code} ({_gist(said)})",
        f"Run `dnf install --downloadonly {package}` to see all that it says.",
    )


def _gist(said: str) -> str:
    lines = said.splitlines()
    return next((line for line in lines if line.startswith("Error:")), lines[-1] if lines else "")


def _fetch(door: Door, place: Path, seeded: bool, package: str) -> Outcome:
    cache = place / ("cache" if seeded else "fresh")
    outcome = door.run(
        (
            *WITH_US,
            *DNF,
            *(f"--setopt={kind}dir={place / kind}" for kind in ("log", "persist")),
            f"--setopt=cachedir={cache}",
            *(("--setopt=*.metadata_expire=never",) if seeded else ()),
            f"--destdir={place / 'packages'}",
            *("install", package),
        ),
        timeout=TIMEOUT_SECONDS,
    )
    if outcome is None:
        raise Trouble(DOING.format(package), NO_DNF, ON_THE_SERVER)
    return outcome


def _seed(system: Path, cache: Path, now: float) -> bool:
    """Link the system's package lists into a cache of our own, if they are fresh.

    dnf replaces files by renaming, so it replaces the links and never writes through them. It
    changes a file's times only for expired lists; an option says that these never expire.
    """
    primaries = [path for path in _glob(system, "*/repodata/*primary.*") if path.is_file()]
    if not primaries or any(now - path.stat().st_mtime > LIST_AGE for path in primaries):
        return False
    for path in (*_glob(system, "*.solv*"), *_glob(system, "*/*"), *_glob(system, "*/repodata/*")):
        if path.is_file():
            link = cache / path.relative_to(system)
            link.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            link.symlink_to(path)
    return True


def _glob(directory: Path, pattern: str) -> list[Path]:
    try:
        return sorted(directory.glob(pattern))
    except OSError:
        return []


def _read(door: Door, packages: list[Path], package: str, paths: Collection[str]) -> Candidate:
    for path in packages:
        query = ("rpm", "-qp", "--nosignature", "--qf", rf"%{{NAME}}\n{NEVRA}\n%{{VERSION}}\n")
        outcome = door.run((*query, str(path)))
        words = outcome.text.splitlines() if outcome is not None else []
        if words[:1] == [package]:
            archive = door.run(("rpm2archive", "-"), data=path.read_bytes(), timeout=60)
            files = members(archive.stdout, paths) if archive is not None else {}
            return Candidate(words[1], words[2], files)
    raise Trouble(
        DOING.format(package),
        f"dnf fetched no package called {package}",
        f"Run `dnf install --downloadonly {package}` to see what it does.",
    )


def members(archive: bytes, paths: Collection[str] = PATHS) -> dict[str, bytes]:
    """Return these files in a tar archive of `./etc/...`, by path."""
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r|*") as tar:
            for member in tar:
                name = f"/{member.name.lstrip('./')}"
                if name not in paths or not member.isreg() or member.size > LARGEST:
                    continue
                file: Optional[io.BufferedReader] = tar.extractfile(member)  # type: ignore[assignment]
                if file is not None:
                    found[name] = file.read()
                if len(found) == len(paths):
                    break
    except (tarfile.TarError, EOFError, OSError):
        return {}
    return found
