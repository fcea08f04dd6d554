"""Fetch the MTA-STS policies of our domains by https, as other servers do (RFC 8461, 3.3)."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections.abc import Mapping

from wizard.check.dns.transport import Fetched
from wizard.dns import mta_sts, spf
from wizard.dns.lookups import Lookups
from wizard.limits import PROBE_SECONDS
from wizard.text import clean

MOST = 4
"""Policies that are fetched, all in parallel."""

_MAX_BYTES = 64 * 1024
"""Senders read no longer policy (RFC 8461, 3.3)."""
_PORT = 443
_NO_ROOT = frozenset({18, 19, 20, 21})
"""Faults of a chain by which this host may lack the root that others trust (x509_vfy.h)."""


def fetch_policies(
    found: Lookups, *, port: int = _PORT, seconds: float = PROBE_SECONDS
) -> Mapping[str, Fetched]:
    """Fetch the policy of each domain that has a record, in `seconds` together. Never raises."""
    domains = [
        question.name[len("_mta-sts.") :]
        for question, answer in found.answers.items()
        if question.name.startswith("_mta-sts.")
        and any(spf.text_of(one).startswith("v=STSv1") for one in answer.records)
    ][:MOST]
    if not domains:
        return {}
    fetched: dict[str, Fetched] = {}

    def fetch(domain: str) -> None:
        fetched[domain] = _fetch(domain, port, seconds)

    # Nothing waits for a thread that waits for a slow server, not even the end of the program.
    threads = [threading.Thread(target=fetch, args=(one,), daemon=True) for one in domains]
    deadline = time.monotonic() + seconds
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    late = Fetched(unknown=f"no answer within {seconds:g} s")
    return {one: fetched.get(one, late) for one in domains}


def _fetch(domain: str, port: int, seconds: float) -> Fetched:
    context = ssl.create_default_context()
    connection = http.client.HTTPSConnection(
        f"mta-sts.{domain}", port, timeout=seconds, context=context
    )
    try:
        connection.request("GET", "/.well-known/mta-sts.txt")
        response = connection.getresponse()
        # Senders follow no redirect (RFC 8461, 3.3).
        if response.status != http.client.OK:
            return Fetched(fault=f"status {response.status}, not 200")
        text = response.read(_MAX_BYTES).decode("utf-8", "replace")
    except ssl.SSLCertVerificationError as error:
        said = f"its certificate: {error.verify_message}"
        return Fetched(unknown=said) if error.verify_code in _NO_ROOT else Fetched(fault=said)
    except (OSError, http.client.HTTPException, ValueError) as error:
        return Fetched(unknown=clean(str(error).encode()) or type(error).__name__)
    finally:
        connection.close()
    try:
        return Fetched(mta_sts.read_policy(text))
    except ValueError as error:
        return Fetched(fault=str(error))
