"""The start of the one-file program: unpack once, then run from there.

Textual takes 0.9 s to import from a zip and 0.2 s from a directory with byte code, so the
archive is unpacked into a directory named by its content: /var/cache/postfix-wizard for root,
~/.cache/postfix-wizard for others, a temporary one where neither can be written (a read-only
root). The directory appears whole, by rename, and is used only when no one else could have
written to it.
"""

import atexit
import contextlib
import fcntl
import os
import shutil
import stat
import sys
import tempfile
import zipfile

ARCHIVE = os.path.abspath(sys.path[0])
TRIES = 3


def library() -> str:
    """Return the directory that holds the unpacked program, unpacking it where it does not."""
    with zipfile.ZipFile(ARCHIVE) as archive:
        build = archive.read("BUILD").decode("ascii").strip()
        cache = cache_directory()
        if cache is not None:
            place = os.path.join(cache, build)
            for _ in range(TRIES):
                if not is_private(place):
                    unpack(archive, cache, place)
                    remove_unused(cache, build)
                # Another build may be removing this one right now: only what is held stays.
                if hold(place, fcntl.LOCK_SH) and is_private(place):
                    return place
        place = tempfile.mkdtemp(prefix="postfix-wizard-")
        atexit.register(shutil.rmtree, place, ignore_errors=True)
        archive.extractall(place)
        return place


def cache_directory() -> "str | None":
    """Return a directory of our own that can be written, or None."""
    home = "/var/cache" if os.geteuid() == 0 else os.path.expanduser("~/.cache")
    cache = os.path.join(home, "postfix-wizard")
    try:
        os.makedirs(home, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(cache, 0o700)
        probe = tempfile.mkdtemp(prefix=".probe-", dir=cache)
        os.rmdir(probe)
    except OSError:
        return None
    return cache if is_private(cache) else None


def is_private(path: str) -> bool:
    """Tell whether it is a directory that only this user (and root) can have written to."""
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return (
        stat.S_ISDIR(status.st_mode)
        and status.st_uid == os.geteuid()
        and not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
    )


def unpack(archive: zipfile.ZipFile, cache: str, place: str) -> None:
    """Unpack beside the place and rename: it is there whole, or not at all."""
    new = tempfile.mkdtemp(prefix=".new-", dir=cache)
    try:
        archive.extractall(new)
        # A rename that survives a power cut must not outlive the files below it.
        os.sync()
        os.rename(new, place)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)
        if not is_private(place):
            raise


def remove_unused(cache: str, build: str) -> None:
    """Remove other builds that no process runs from."""
    for name in os.listdir(cache):
        path = os.path.join(cache, name)
        if name != build and hold(path, fcntl.LOCK_EX):
            shutil.rmtree(path, ignore_errors=True)


def hold(path: str, kind: int) -> bool:
    """Lock a directory until this process ends; False when another holds it the other way."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


if sys.version_info < (3, 9):  # noqa: UP036 - this file is what tells the older ones
    sys.exit("postfix-wizard needs Python 3.9 or newer; RHEL 9 and 10 have it as /usr/bin/python3.")
try:
    sys.path[0] = library()
except OSError as error:
    sys.exit(
        f"postfix-wizard: while unpacking itself: {error.strerror}: {error.filename}. "
        "Free some room (it takes 40 MB in /var/cache), or set TMPDIR to where there is some."
    )
from screens.main import main  # noqa: E402 - only now can it be found

sys.exit(main())
