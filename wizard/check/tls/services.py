"""What is in force on each port: main.cf, and the `-o` of its service in master.cf (master(5))."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wizard.postfix import served
from wizard.postfix.service_entry import Service
from wizard.postfix.settings import Settings

PORTS = (25, 587, 465)
_NO_FILE = "none"
"""The value of smtpd_tls_cert_file for no certificate (postconf(5))."""
_TLS = ("smtpd_tls_", "tls_", "tlsproxy_")


@dataclass(frozen=True)
class PortSettings:
    """The settings of the smtpd on a port; `entry` is its `name/type`, "" if there is none.

    `has_tlsmgr` is False if master.cf lacks tlsmgr(8), without which no smtpd has TLS. With
    `has_postscreen` strangers meet postscreen(8) first.
    """

    port: int
    settings: Settings
    entry: str = ""
    has_tlsmgr: bool = True
    has_postscreen: bool = False

    def value(self, name: str) -> str:
        """Return a parameter in lower case, as Postfix compares keywords."""
        return self.settings.value(name).lower()

    def words(self, name: str) -> tuple[str, ...]:
        """Return the items of a list in lower case."""
        return tuple(one.lower() for one in self.settings.words(name))

    def place(self, name: str) -> str:
        """Return where a parameter is set, as a key that ports share for main.cf."""
        return f"{self.entry} in master.cf" if name in self.settings.options else "main.cf"

    @property
    def tls(self) -> Mapping[str, str]:
        """What decides which certificates, versions and ciphers smtpd has, without the level."""
        both = {**self.settings.own, **self.settings.options}
        return {
            name: self.settings.value(name)
            for name in both
            if name.startswith(_TLS) and name not in _HOW
        }


_HOW = ("smtpd_tls_wrappermode", "smtpd_tls_security_level", "smtpd_tls_auth_only")


def port_settings(services: Sequence[Service], settings: Settings) -> dict[int, PortSettings]:
    """Return the settings in force on each port.

    Behind postscreen they are those of its smtpd, to which it hands this host's own connections.
    """
    found = {}
    has_tlsmgr = not services or any(one.name == "tlsmgr" for one in services)
    for port in PORTS:
        entries = [one for one in services if one.port_number == port]
        has_postscreen = any(one.command == "postscreen" for one in entries)
        if has_postscreen:
            entries = [one for one in services if one.type == "pass" and one.command == "smtpd"]
        for one in entries[:1]:
            of_port = settings.of(one.values)
            found[port] = PortSettings(port, of_port, one.key, has_tlsmgr, has_postscreen)
        found.setdefault(port, PortSettings(port, settings, has_tlsmgr=has_tlsmgr))
    return found


def certificate_files(settings: Settings) -> tuple[str, ...]:
    """Return the certificate files in force; with chain files Postfix ignores the others."""
    chains, *others = map(settings.words, served.CERTIFICATES)
    listed = chains or tuple(path for paths in others for path in paths)
    return tuple(path for path in listed if path != _NO_FILE)


def ignored_files(settings: Settings) -> dict[str, str]:
    """Return the parameters whose files Postfix does not load, because of chain files."""
    if not settings.words(served.CHAINS):
        return {}
    names = [name for name in served.TAKEN_OUT if name.startswith("smtpd_")]
    both = {**settings.own, **settings.options}
    listed = [name for name in (*served.PAIR, *names) if name != served.CHAINS and name in both]
    return {name: settings.value(name) for name in listed if settings.value(name)}
