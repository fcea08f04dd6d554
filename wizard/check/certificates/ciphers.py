"""Check that no port accepts ciphers that nobody should use (RFC 9325 4.1, RFC 7435)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from wizard.check.abuse.offers import NO_ANONYMOUS_CIPHERS, NO_WEAK_CIPHERS
from wizard.check.certificates.probing import PortTls
from wizard.check.tls.services import PortSettings
from wizard.finding import UNKNOWN, Check, Finding

_VERSIONS = re.compile(r"smtpd_tls_(mandatory_)?(protocols|exclude_ciphers)")
_LISTS = re.compile(r"tls_(high|medium|low|export|null)_cipherlist|smtpd_tls_(mandatory_)?ciphers")


def judge_ciphers(
    ports: Mapping[int, PortTls], here: Mapping[int, PortSettings]
) -> Iterator[Finding]:
    """`tls.ciphers`: no port accepts a weak cipher, nor one without authentication by a hand edit.

    Those without authentication are Postfix's own default, which RFC 7435 allows: then it is right,
    and said.
    """
    check = Check("tls.ciphers", "TLS: weak ciphers", "refused on each port", fatal=False)
    tried = {port: one for port, one in ports.items() if one.weak is not None}
    if not tried:
        return
    weak = {port: one.weak.taken for port, one in tried.items() if one.weak and one.weak.taken}
    without = {
        port: one.anonymous.taken
        for port, one in tried.items()
        if one.anonymous and one.anonymous.taken
    }
    set_by_hand = {
        port: [
            f"{name} = {value}" for name, value in here[port].tls.items() if _LISTS.fullmatch(name)
        ]
        for port in (*weak, *without)
    }
    untried = {
        port: answer.why
        for port, one in tried.items()
        for answer in (one.weak, one.anonymous)
        if answer and answer.why
    }
    if weak:
        lists = [text for port in weak for text in set_by_hand[port]]
        advice = (
            f"Take {' and '.join(dict.fromkeys(lists))} out; reload." if lists else NO_WEAK_CIPHERS
        )
        yield check.warning(f"accepted: {_by_port(weak)}", advice)
    elif any(set_by_hand[port] for port in without):
        lists = [text for port in without for text in set_by_hand[port]]
        advice = f"Take {' and '.join(dict.fromkeys(lists))} out. {NO_ANONYMOUS_CIPHERS}"
        yield check.warning(f"accepted: {_by_port(without)}", advice)
    elif untried:
        yield check.finding(UNKNOWN, f"not known: {_by_port(untried)}")
    elif without:
        listed = ", ".join(map(str, without))
        yield check.right(
            f"weak ones are refused; port {listed} accepts suites without authentication, as Postfix "
            "does by default"
        )
    else:
        yield check.right("refused, those without authentication too")


def judge_versions(
    ports: Mapping[int, PortTls], here: Mapping[int, PortSettings], *, is_modern: bool
) -> Iterator[Finding]:
    """`tls.versions`: each port takes TLS 1.2 as well; nothing with `is_modern`, where that is chosen."""
    tried = {port: one for port, one in ports.items() if one.weak is not None}
    if is_modern or not tried:
        return
    check = Check("tls.versions", "TLS: versions", "TLS 1.2 on each port", fatal=False)
    refusing = [port for port, one in tried.items() if one.refuses_1_2]
    unknown = [port for port, one in tried.items() if not one.takes_1_2]
    if not refusing:
        listed = ", ".join(map(str, unknown))
        yield (
            check.unknown(f"port {listed}: no answer in time") if unknown else check.right("taken")
        )
        return
    names = dict.fromkeys(
        name for port in refusing for name in here[port].tls if _VERSIONS.fullmatch(name)
    )
    yield check.warning(
        f"port {', '.join(map(str, refusing))}: TLS 1.2 is refused, which older servers and programs need",
        f"Take {' and '.join(names) or 'smtpd_tls_protocols'} out of main.cf and master.cf, or add TLSv1.2 "
        "to it; reload.",
    )


def _by_port(found: Mapping[int, str]) -> str:
    return "; ".join(f"port {port}: {text}" for port, text in found.items())
