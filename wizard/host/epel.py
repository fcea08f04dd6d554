"""How each distribution enables EPEL, which has certbot and the signer."""

from __future__ import annotations

from wizard.host.distribution import major
from wizard.host.facts import Distribution

_CRB = "dnf config-manager --set-enabled crb"
_RELEASE = "dnf install epel-release"
_COMMANDS = {
    "almalinux": (_CRB, _RELEASE),
    "rocky": (_CRB, _RELEASE),
    "centos": (_CRB, _RELEASE),
    "ol": ("dnf install oracle-epel-release-el{major}",),
    "rhel": (
        "subscription-manager repos --enable codeready-builder-for-rhel-{major}-$(arch)-rpms",
        (
            "dnf install https://dl.fedoraproject.org/pub/epel/"
            "epel-release-latest-{major}.noarch.rpm"
        ),
    ),
}
"""By ID of os-release(5). On RHEL in a cloud the first repository has another name."""


def commands(distribution: Distribution) -> str:
    """Return the commands that enable EPEL on this distribution, to print; RHEL's for an unknown one."""
    found = _COMMANDS.get(distribution.id, _COMMANDS["rhel"])
    release = major(distribution.version)
    return " and ".join(f"`{one.format(major=release)}`" for one in found)
