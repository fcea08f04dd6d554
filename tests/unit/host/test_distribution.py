"""Which systems are the ones that the policy was made for: os-release files as they ship."""

from __future__ import annotations

from pathlib import Path

import pytest

from wizard.door import Door
from wizard.host.distribution import read_distribution

SAMPLES = {
    "rhel8": 'NAME="Red Hat Enterprise Linux"\nVERSION="8.10 (Ootpa)"\nID="rhel"\n'
    'ID_LIKE="fedora"\nVERSION_ID="8.10"\nPRETTY_NAME="Red Hat Enterprise Linux 8.10 (Ootpa)"\n',
    "rhel9": 'NAME="Red Hat Enterprise Linux"\nID="rhel"\nID_LIKE="fedora"\nVERSION_ID="9.4"\n'
    'PRETTY_NAME="Red Hat Enterprise Linux 9.4 (Plow)"\n',
    "rhel10": 'NAME="Red Hat Enterprise Linux"\nID="rhel"\nID_LIKE="centos fedora"\n'
    'VERSION_ID="10.0"\nPRETTY_NAME="Red Hat Enterprise Linux 10.0 (Coughlan)"\n',
    "rhel11": 'NAME="Red Hat Enterprise Linux"\nID="rhel"\nVERSION_ID="11.0"\n'
    'PRETTY_NAME="Red Hat Enterprise Linux 11.0"\n',
    "alma9": 'NAME="AlmaLinux"\nID="almalinux"\nID_LIKE="rhel centos fedora"\n'
    'VERSION_ID="9.5"\nPRETTY_NAME="AlmaLinux 9.5 (Teal Serval)"\n',
    "rocky10": 'NAME="Rocky Linux"\nID="rocky"\nID_LIKE="rhel centos fedora"\n'
    'VERSION_ID="10.0"\nPRETTY_NAME="Rocky Linux 10.0 (Red Quartz)"\n',
    "ol9": 'NAME="Oracle Linux Server"\nID="ol"\nID_LIKE="fedora"\nVERSION_ID="9.3"\n'
    'PRETTY_NAME="Oracle Linux Server 9.3"\n',
    "stream9": 'NAME="CentOS Stream"\nVERSION="9"\nID="centos"\nID_LIKE="rhel fedora"\n'
    'VERSION_ID="9"\nPRETTY_NAME="CentOS Stream 9"\n',
    "rebuild": 'NAME="Somebody\'s Linux"\nID=somebody\nID_LIKE="rhel"\nVERSION_ID=9\n',
    "fedora": 'NAME="Fedora Linux"\nID=fedora\nVERSION_ID=41\n'
    'PRETTY_NAME="Fedora Linux 41 (Server Edition)"\n',
    "debian": 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\n',
    "amazon": 'NAME="Amazon Linux"\nID="amzn"\nID_LIKE="fedora"\nVERSION_ID="2023"\n',
    "empty": "",
    "rubbish": '"\x00\nID\n==\n"unfinished',
}


def lay(root: Path, text: str) -> Door:
    (root / "usr/lib").mkdir(parents=True)
    (root / "etc").mkdir()
    (root / "usr/lib/os-release").write_text(text)
    (root / "etc/os-release").symlink_to("../usr/lib/os-release")
    return Door(root)


@pytest.mark.parametrize(
    "name", ["rhel9", "rhel10", "alma9", "rocky10", "ol9", "stream9", "rebuild"]
)
def test_served(tmp_path: Path, name: str) -> None:
    distribution = read_distribution(lay(tmp_path, SAMPLES[name]))
    assert distribution.is_el


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("rhel8", "Red Hat Enterprise Linux 8.10 (Ootpa)"),
        ("rhel11", "Red Hat Enterprise Linux 11.0"),
        ("fedora", "Fedora Linux 41 (Server Edition)"),
        ("debian", "Debian GNU/Linux 12 (bookworm)"),
        ("amazon", "Amazon Linux"),
        ("empty", ""),
    ],
)
def test_not_served(tmp_path: Path, name: str, called: str) -> None:
    distribution = read_distribution(lay(tmp_path, SAMPLES[name]))
    assert (distribution.is_el, distribution.name) == (False, called)


def test_fields_are_as_written(tmp_path: Path) -> None:
    distribution = read_distribution(lay(tmp_path, SAMPLES["alma9"]))
    assert distribution.id == "almalinux"
    assert distribution.like == ("rhel", "centos", "fedora")
    assert distribution.version == "9.5"
    assert distribution.name == "AlmaLinux 9.5 (Teal Serval)"


@pytest.mark.parametrize(
    ("line", "version", "is_el"),
    [
        ("Rocky Linux release 9.4 (Blue Onyx)", "9.4", True),
        ("Red Hat Enterprise Linux release 10.0 (Coughlan)", "10.0", True),
        ("CentOS Stream release 9", "9", True),
        ("Red Hat Enterprise Linux release 8.10 (Ootpa)", "8.10", False),
        ("Fedora release 41 (Forty One)", "41", False),
        ("nonsense", "", False),
    ],
)
def test_a_copied_etc_has_redhat_release_alone(
    tmp_path: Path, line: str, version: str, is_el: bool
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").symlink_to("../usr/lib/os-release")
    (tmp_path / "etc/redhat-release").write_text(f"{line}\n")
    distribution = read_distribution(Door(tmp_path))
    assert (distribution.version, distribution.is_el) == (version, is_el)


def test_rubbish_is_no_distribution(tmp_path: Path) -> None:
    assert not read_distribution(lay(tmp_path, SAMPLES["rubbish"])).is_el


def test_no_file_at_all(tmp_path: Path) -> None:
    distribution = read_distribution(Door(tmp_path))
    assert (distribution.id, distribution.version, distribution.is_el) == ("", "", False)
