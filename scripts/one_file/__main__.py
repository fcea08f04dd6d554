"""The start of the one-file program: unpack once, then run from there.

Textual takes 0.9 s to import from a zip and 0.2 s from a directory with byte code, so the
archive is unpacked into a directory named by its content: /var/cache/postfix-wizard for root,
~/.cache/postfix-wizard for others, a temporary one where that cannot be (a read-only root). The
directory appears whole, by rename. It is used only if no one else could have changed it or a part
of the way to it (caller.py), whatever TMPDIR and the like say.

A start that finds it there reads BUILD and nothing more, from what the importer of this file
knows of the archive already. What it takes to unpack is imported by the start that unpacks.
"""

import atexit
import contextlib
import errno
import fcntl
import os
import stat
import sys
import zipimport
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader

import caller  # type: ignore[import-not-found]  # wizard/caller.py, next to this in the archive

if os.geteuid() == 0 and not sys.flags.isolated and any(x[:6] == "PYTHON" for x in os.environ):
    # Called as `python3 postfix-wizard`, which reads them and not the first line of the file.
    os.execv(sys.executable, [sys.executable, "-I", *sys.argv])
caller.clean(os.environ, os.geteuid())
ARCHIVE = zipimport.zipimporter(sys.path[0])
CACHE = os.path.join(
    "/var/cache" if os.geteuid() == 0 else os.path.expanduser("~/.cache"), "postfix-wizard"
)
TRIES = 3
GUARD = "import shutil, sys; sys.stdin.read(); shutil.rmtree(sys.argv[1], ignore_errors=True)"


def library() -> str:
    """Return the directory that holds the unpacked program, unpacking it where it does not."""
    place = os.path.join(CACHE, ARCHIVE.get_data("BUILD").decode("ascii").strip())
    for _ in range(TRIES):
        # Another build may be removing this one right now: only what is held stays.
        if is_ours(CACHE) and hold(place, fcntl.LOCK_SH) and is_private(place):
            return place
        new = directory_in_cache()
        if new is None:
            break
        try:
            unpack(new, place)
        except OSError:
            break  # a full disk, most of all; there may be room elsewhere
        remove_unused(place)
    return unpack_for_now()


def is_ours(path: str) -> bool:
    """Tell whether nobody else can change a directory of this user, or a part of the way to it."""
    return is_private(path) and caller.is_safe(path, os.geteuid())


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


def hold(path: str, kind: int) -> bool:
    """Lock a directory until this process ends; False when another holds it the other way."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def directory_in_cache() -> "str | None":
    """Make a directory in a cache of our own, None where that cannot be."""
    try:
        os.makedirs(os.path.dirname(CACHE), exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(CACHE, 0o700)
        return make_directory(CACHE, ".new-") if is_ours(CACHE) else None
    except OSError:
        return None


def make_directory(parent: str, prefix: str) -> str:
    """Make a directory of this user's alone, under a name that nobody can foresee."""
    path = os.path.join(parent, prefix + os.urandom(8).hex())
    os.mkdir(path, 0o700)
    return path


def unpack(new: str, place: str) -> None:
    """Unpack beside the place and rename: it is there whole, or not at all."""
    import shutil

    # Else another build that unpacks itself right now would remove it as unused.
    hold(new, fcntl.LOCK_SH)
    try:
        extract(new)
        # A rename that survives a power cut must not outlive the files below it.
        os.sync()
        os.rename(new, place)
    except OSError:
        shutil.rmtree(new, ignore_errors=True)
        # Where one stands there already, another start was quicker, or it is not ours to use.
        if not os.path.lexists(place):
            raise


def unpack_for_now() -> str:
    """Unpack into a temporary directory that ends with this process, in the first that has room."""
    import shutil

    lacks = OSError(
        errno.EACCES, "no directory is safe from other users", " ".join(caller.TEMPORARY)
    )
    for parent in caller.temporary_directories(os.geteuid()):
        try:
            place = make_directory(parent, "postfix-wizard-")
            guard(place)
            atexit.register(shutil.rmtree, place, ignore_errors=True)
            extract(place)
        except OSError as error:  # noqa: PERF203 (three tries at most)
            lacks = error
        else:
            return place
    raise lacks


def guard(place: str) -> None:
    """Leave a process behind that removes a directory when this one has ended.

    A signal ends us without atexit. What it waits for is the end of a pipe that only we hold.
    """
    import subprocess

    waits, _held_while_we_live = os.pipe()
    with contextlib.suppress(OSError):
        subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", GUARD, place],
            stdin=waits,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={},
            start_new_session=True,
        )
    os.close(waits)


def extract(place: str) -> None:
    """Put the program's files into a directory."""
    import bz2
    import io
    import zipfile

    program = bz2.decompress(ARCHIVE.get_data("program.zip.bz2"))
    with zipfile.ZipFile(io.BytesIO(program)) as archive:
        archive.extractall(place)


class Loader(SourceFileLoader):
    """Writes byte code whole, or none: Python's own leaves a part of it where the disk is full.

    A part would end every later start with a traceback.
    """

    def set_data(  # type: ignore[override] # Python calls it with bytes
        self, path: str, data: bytes, *, _mode: int = 0o666
    ) -> None:
        """Write the byte code of a module."""
        new = f"{path}.{os.urandom(8).hex()}"
        try:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(new, "xb") as file:
                file.write(data)
            os.replace(new, path)
        except OSError:
            with contextlib.suppress(OSError):
                os.unlink(new)


def finder(path: str) -> FileFinder:
    """Return what finds the modules of the unpacked program (see sys.path_hooks)."""
    if not path.startswith(sys.path[0]):
        raise ImportError(path)
    return FileFinder(path, (Loader, SOURCE_SUFFIXES))


def remove_unused(place: str) -> None:
    """Remove other builds that no process runs from.

    Renamed first: a start that is killed here must not leave a part of a build under its name.
    """
    import shutil

    for entry in os.scandir(CACHE):
        if entry.path != place and hold(entry.path, fcntl.LOCK_EX):
            going = os.path.join(CACHE, ".old-" + os.urandom(8).hex())
            with contextlib.suppress(OSError):
                os.rename(entry.path, going)
                shutil.rmtree(going, ignore_errors=True)


if sys.version_info < (3, 9):  # noqa: UP036 - this file is what tells the older ones
    sys.exit("postfix-wizard needs Python 3.9 or newer; RHEL 9 and 10 have it as /usr/bin/python3.")
try:
    sys.path[0] = library()
except OSError as error:
    sys.exit(
        f"postfix-wizard: while unpacking itself: {error.strerror}: {error.filename or 'a file'}. "
        f"Free some room: it takes 20 MB in {os.path.dirname(CACHE)} or {caller.TEMPORARY[0]}. "
        + caller.ADVICE
    )
sys.path_hooks.insert(0, finder)
from screens.main import main  # noqa: E402 - only now can it be found

sys.exit(main())
