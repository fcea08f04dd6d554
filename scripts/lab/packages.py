"""The RPMs of a host and the signed repository that dnf installs them from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Optional

from lab.shell import run, run_in_tree
from lab.suites import Suite

KEY_FILE = "/etc/pki/rpm-gpg/RPM-GPG-KEY-lab"
OTHER_MTAS = (
    {
        "mta": "sendmail",
        "mta_title": "Sendmail 8.16.1",
        "mta_priority": "90",
        "mta_queue": "/var/spool/mqueue",
        "mta_units": "sendmail.service sm-client.service",
    },
    {
        "mta": "exim",
        "mta_title": "Exim 4.96",
        "mta_priority": "10",
        "mta_queue": "/var/spool/exim/input",
        "mta_units": "exim.service",
    },
)
"""What other-mta.spec is built as; the priorities are those of the packages of EL and EPEL."""

_HERE = Path(__file__).resolve().parent
_SIGNER = "Lab signing key <lab@zeke.ne.jp>"


def build_repository(root: Path, suite: Suite, debs: Path, epel: Path, stock: Path) -> None:
    """Build, sign and publish the RPMs in the tree `root`, and install the release package.

    `debs` holds the suite's own packages of Postfix and Cyrus SASL, `epel` those of what EPEL has, `stock` the
    main.cf and master.cf to ship. EPEL's repository is there, and a host has it by `epel-release`. The signing key is made here, imported into the RPM database, and thrown away.
    """
    work = root / "srv/build"
    (work / "files").mkdir(parents=True)
    for directory, packages in (("debs", debs), ("epel", epel)):
        for deb in sorted(packages.glob("*.deb")):
            run(["dpkg-deb", "-x", deb, work / directory])
    for source in sorted((_HERE / "rpm").iterdir()):
        shutil.copy(source, work / "files")
    for file in (stock / "main.cf", stock / "master.cf", _HERE / "tree/etc/aliases"):
        shutil.copy(file, work / "files")
    (work / "files/dynamicmaps.cf").write_text(_dynamic_maps(suite))

    for spec in ("redhat-release", "epel-release", "postfix", "cyrus-sasl-plain"):
        run_in_tree(root, _rpmbuild(suite, debs, spec))
    for definitions in OTHER_MTAS:
        run_in_tree(root, _rpmbuild(suite, debs, "other-mta", definitions))
    names = _publish(root, work, "/srv/repo")
    run_in_tree(root, _rpmbuild(suite, debs, "postfix", {"pf_release": "2"}))
    names += _publish(root, work, "/srv/updates")
    run_in_tree(root, _rpmbuild(suite, debs, "opendkim", {"pf_debs": "/srv/build/epel"}))
    names += _publish(root, work, "/srv/epel")
    _sign(root, names)
    release = next(name for name in names if "redhat-release" in name)
    run_in_tree(root, ["rpm", "-i", "--excludedocs", release])
    for repository in ("/srv/repo", "/srv/updates", "/srv/epel"):
        run_in_tree(root, ["createrepo_c", "--quiet", repository])
    shutil.rmtree(work)


def lay_epel(root: Path) -> None:
    """Enable EPEL in the tree of a host, as its `epel-release` does."""
    shutil.copy(_HERE / "rpm/epel.repo", root / "etc/yum.repos.d/epel.repo")


def _publish(root: Path, work: Path, repository: str) -> list[str]:
    """Move what was built into a repository of the tree; return the packages' paths there."""
    place = root / repository.lstrip("/")
    place.mkdir(parents=True)
    built = sorted((work / "out").rglob("*.rpm"))
    for package in built:
        shutil.move(package, place)
    return [f"{repository}/{package.name}" for package in built]


def _dynamic_maps(suite: Suite) -> str:
    """Return dynamicmaps.cf with the plug-ins that EL's base package of this suite has."""
    rows = [
        f"{name}\tpostfix-{name}.so\tdict_{name}_open\tmkmap_{name}_open" for name in suite.maps
    ]
    return "\n".join(["# dict-type\tso-name\tdict-function\tmkmap-function", *rows, ""])


def _rpmbuild(
    suite: Suite, debs: Path, spec: str, more: Optional[dict[str, str]] = None
) -> list[str]:
    """Return the command that builds `spec` inside the tree; `more` are further definitions."""
    deb = next(iter(sorted(debs.glob("postfix_*.deb"))))
    version = run(["dpkg-deb", "-f", deb, "Version"]).strip().rpartition("-")[0]
    definitions = {
        "_topdir": "/srv/build",
        "_rpmdir": "/srv/build/out",
        "pf_version": version,
        "pf_release": "1",
        "pf_files": "/srv/build/files",
        "pf_debs": "/srv/build/debs",
        "el_major": suite.major,
        "el_version": suite.version,
        **(more or {}),
    }
    argv = ["rpmbuild", "-bb", "--quiet"]
    for name, value in definitions.items():
        argv += ["--define", f"{name} {value}"]
    return [*argv, f"/srv/build/files/{spec}.spec"]


def _sign(root: Path, packages: list[str]) -> None:
    """Sign `packages` with a key made for this occasion and trust it in the RPM database."""
    home = "/srv/build/gnupg"
    script = (
        "set -e; export GNUPGHOME=$0; umask 077; mkdir $GNUPGHOME; signer=$1; key=$2; shift 2; "
        "gpg --batch --quiet --pinentry-mode loopback --passphrase '' "
        '--quick-generate-key "$signer" rsa3072 sign never; '
        'mkdir -p "${key%/*}"; umask 022; gpg --armor --export "$signer" >"$key"; '
        'rpmsign --define "_gpg_name $signer" --define "_gpg_path $GNUPGHOME" --addsign "$@" '
        '>/dev/null; rpm --import "$key"; gpgconf --kill all'
    )
    run_in_tree(root, ["sh", "-c", script, home, _SIGNER, KEY_FILE, *packages])
