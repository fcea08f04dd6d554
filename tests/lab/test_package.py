"""Our RPM on a host: dnf checks its signature, it works as root finds it, an upgrade and a removal keep all runs."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lab.host import Host
from tests.lab.program import ANSWERS, ROOT, ZEKE, BootHost
from wizard import __version__
from wizard.plan.summary import UNDO_HELP

NAME = "postfix-wizard"
OLD = "0.0.9"
SAVED = f"/etc/{NAME}/answers.toml"
REPOSITORY = "/srv/ours"
REPO_FILE = f"[ours]\nname=ours\nbaseurl=file://{REPOSITORY}\ngpgcheck=1\n"
SIGNER = "Signing key of a test <test@example.com>"
SECURE_PATH = "/sbin:/bin:/usr/sbin:/usr/bin"
"""The path that sudo has on RHEL (sudoers(5))."""


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a signing key; return the directory of GnuPG that has it."""
    home = tmp_path_factory.mktemp("gnupg")
    gpg = ["gpg", "--homedir", str(home), "--batch", "--quiet", "--pinentry-mode", "loopback"]
    make = [*gpg, "--passphrase", "", "--quick-generate-key", SIGNER, "rsa3072", "sign", "never"]
    subprocess.run(make, check=True)
    return home


def clone(place: Path, files: dict[str, str]) -> Path:
    """Make a clone with a commit that writes these files."""
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(place)], check=True)
    fetched = subprocess.run([ROOT / "scripts/dependencies"], stdout=subprocess.PIPE, check=True)
    wheels = ROOT / fetched.stdout.decode().strip()
    shutil.copytree(wheels, place / ".cache" / wheels.name)
    for name, text in files.items():
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(text)
    git = ["git", "-C", str(place), "-c", "user.name=test", "-c", "user.email=test@example.com"]
    subprocess.run([*git, "add", *files], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "--message", "test"], check=True)
    return place


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory, key: Path) -> Path:
    """Return an older RPM, with a module that is gone since."""
    files = {"wizard/__init__.py": f'__version__ = "{OLD}"\n', "wizard/gone/__init__.py": ""}
    place = clone(tmp_path_factory.mktemp("older") / "clone", files)
    signed(key, place / "scripts/rpm", "--sign", SIGNER)
    return next((place / "dist").glob("*.noarch.rpm"))


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory, key: Path) -> Path:
    """Return the directory of a release of today's program, made from a tag."""
    text = (ROOT / "CHANGELOG.md").read_text().replace("## Unreleased", f"## {__version__}", 1)
    place = clone(tmp_path_factory.mktemp("release") / "clone", {"CHANGELOG.md": text})
    subprocess.run(["git", "-C", str(place), "tag", "--force", f"v{__version__}"], check=True)
    signed(key, place / "scripts/release", f"v{__version__}", "--sign", SIGNER)
    return place / "dist" / __version__


def signed(key: Path, *argv: object) -> None:
    """Call a script that signs."""
    environment = {**os.environ, "GNUPGHOME": str(key)}
    words = [str(word) for word in argv]
    subprocess.run(words, env=environment, stdout=subprocess.PIPE, check=True)


def offer(host: Host, rpm: Path) -> None:
    """Put an RPM into the host's own repository."""
    host.push(rpm, f"{REPOSITORY}/{rpm.name}")
    host.run(["createrepo_c", "--quiet", REPOSITORY], check=True)


def wizard(host: Host, *words: str) -> str:
    """Call the program as sudo does, with a strict umask; return its output."""
    call = ["env", "-i", f"PATH={SECURE_PATH}", "sh", "-c", 'umask 077; exec "$0" "$@"', NAME]
    done = host.run([*call, *words], timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def dnf(host: Host, *words: str) -> subprocess.CompletedProcess[str]:
    script = 'umask 077; exec dnf -y --setopt=metadata_expire=0 "$@"'
    return host.run(["sh", "-c", script, "dnf", *words], timeout=180)


def verified(host: Host) -> str:
    """Return what differs from the package."""
    return host.run(["rpm", "-V", NAME]).stdout


def forbid_execution(host: Host) -> None:
    for place in ("/var", "/tmp"):
        host.run(["mount", "--bind", place, place], check=True)
        host.run(["mount", "-o", "remount,bind,noexec", place], check=True)


def test_a_release_has_all_files_with_their_checksums(key: Path, release: Path) -> None:
    names = {
        f"{NAME}.pyz",
        f"{NAME}-{__version__}.cdx.json",
        f"{NAME}-{__version__}-1.noarch.rpm",
        f"{NAME}-{__version__}-1.src.rpm",
        f"postfix_wizard-{__version__}-py3-none-any.whl",
        f"postfix_wizard-{__version__}.tar.gz",
        f"postfix_wizard-mail-{__version__}.tar.gz",
        "CHANGES.md",
        f"{NAME}.asc",
    }
    sums = {"SHA256SUMS", "SHA256SUMS.asc"}
    assert {one.name for one in release.iterdir()} == names | sums
    listed = (release / "SHA256SUMS").read_text().splitlines()
    assert {line.split()[1] for line in listed} == names
    check = ["sha256sum", "--check", "--quiet", "SHA256SUMS"]
    subprocess.run(check, cwd=release, check=True)
    verify = ["gpg", "--homedir", str(key), "--quiet", "--verify", "SHA256SUMS.asc", "SHA256SUMS"]
    subprocess.run(verify, cwd=release, check=True)
    assert "### Added" in (release / "CHANGES.md").read_text()


@pytest.mark.parametrize("suite", ["el9", "el10"])
def test_the_package_is_installed_used_upgraded_and_removed(
    boot_host: BootHost, older: Path, release: Path, suite: str
) -> None:
    host = boot_host(suite=suite)
    host.write("/etc/yum.repos.d/ours.repo", REPO_FILE)
    offer(host, older)
    forbid_execution(host)

    refused = dnf(host, "install", NAME)
    assert refused.returncode != 0
    assert "not installed" in refused.stdout + refused.stderr, "the key"
    host.push(release / f"{NAME}.asc", "/root/key.asc")
    host.run(["rpm", "--import", "/root/key.asc"], check=True)
    done = dnf(host, "install", NAME)
    assert done.returncode == 0, done.stdout + done.stderr
    assert wizard(host, "--version").strip() == f"{NAME} {OLD}"
    anybody = ["setpriv", "--reuid=65534", "--clear-groups", NAME, "--version"]
    assert host.run(anybody, check=True).stdout.strip() == f"{NAME} {OLD}"

    host.write(ANSWERS, ZEKE, 0o600)
    wizard(host, "apply", "--answers", ANSWERS, "--yes", "--accept", "domain-class=cafe.zeke.ne.jp")
    assert verified(host) == ""
    files = host.run(["find", f"/usr/lib/{NAME}"], check=True).stdout

    offer(host, release / f"{NAME}-{__version__}-1.noarch.rpm")
    done = dnf(host, "upgrade", NAME)
    assert done.returncode == 0, done.stdout + done.stderr
    assert OLD not in wizard(host, "--version", "--verbose")
    now = host.run(["find", f"/usr/lib/{NAME}"], check=True).stdout
    assert "wizard/gone" in files
    assert "wizard/gone" not in now
    assert "wizard/__pycache__/cli.cpython" in now
    assert verified(host) == ""
    assert " done " in wizard(host, "runs")
    assert f"{NAME}-answers(5)" in page(host, NAME)
    assert "[networks]" in page(host, f"{NAME}-answers")
    assert offered(host) == ["domains", "delivery", "dns", "dovecot", "dkim"]
    assert UNDO_HELP in wizard(host, "undo", "--yes")
    assert "what undo cannot do" in wizard(host, "help", "undo").lower()
    assert verified(host) == ""

    same_bytes_here(host, release)

    # The undo has taken back the saved answers of the first set-up.
    host.write(SAVED, ZEKE, 0o600)
    done = dnf(host, "remove", NAME)
    assert done.returncode == 0, done.stdout + done.stderr
    for gone in (f"/usr/lib/{NAME}", f"/usr/bin/{NAME}", f"/usr/share/man/man1/{NAME}.1"):
        assert host.run(["test", "-e", gone]).returncode == 1, gone
    for stays in (SAVED, f"/var/lib/{NAME}/runs"):
        host.run(["test", "-e", stays], check=True)


def page(host: Host, name: str) -> str:
    """Return a man page that the package installed, by the man(1) of this machine: a lab host has none."""
    argv = ["man", "-M", str(host.root / "usr/share/man"), name]
    environment = {**os.environ, "LC_ALL": "C.UTF-8", "MANWIDTH": "100"}
    return subprocess.run(argv, env=environment, capture_output=True, text=True, check=True).stdout


def offered(host: Host) -> list[str]:
    """Return what bash offers for a section that begins with d."""
    script = (
        f"source /usr/share/bash-completion/completions/{NAME}; "
        f"COMP_WORDS=({NAME} plan --section d); COMP_CWORD=3; _postfix_wizard; "
        "printf '%s\\n' \"${COMPREPLY[@]}\""
    )
    return host.run(["bash", "-c", script], check=True).stdout.split()


def same_bytes_here(host: Host, release: Path) -> None:
    """Build both again of the source RPM, with the host's own Python and without a network."""
    host.push(next(release.glob("*.src.rpm")), "/root/source.rpm")
    rebuild = ["rpmbuild", "--rebuild", "--nodeps", "--quiet", "/root/source.rpm"]
    done = host.run(["unshare", "--net", *rebuild], timeout=180)
    assert done.returncode == 0, done.stdout + done.stderr
    digests = "rpm -qp --qf '[%{FILENAMES} %{FILEDIGESTS} %{FILEMODES:perms}\\n]' $0"
    host.push(next(release.glob("*.noarch.rpm")), "/root/first.rpm")
    first = host.run(["sh", "-c", digests, "/root/first.rpm"], check=True).stdout
    again = "$(ls /root/rpmbuild/RPMS/noarch/*.rpm)"
    assert (
        host.run(["sh", "-c", f"set -- {again}; {digests.replace('$0', '$1')}"], check=True).stdout
        == first
    )
    script = (
        "set -e; cd /root; rpm -i source.rpm; mkdir source; cd source; "
        "tar xf /root/rpmbuild/SOURCES/*-vendor.tar; "
        "tar xf /root/rpmbuild/SOURCES/postfix-wizard-*[0-9].tar --strip-components=1; "
        "scripts/build >/dev/null 2>&1; sha256sum dist/postfix-wizard.pyz"
    )
    made = host.run(["unshare", "--net", "sh", "-c", script], timeout=120, check=True).stdout
    assert made.split()[0] == hashlib.sha256((release / f"{NAME}.pyz").read_bytes()).hexdigest()
