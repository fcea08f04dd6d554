"""Answer certbot's prompts, and explain its errors: above all the rate limits."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Optional

from wizard.errors import Trouble
from wizard.run.terminal import Ask, Decision, Manner

_QUESTION = re.compile(r"(?:\(press 'c' to cancel\)|\([YA]\)\w*/\([NC]\)\w*).*:\s*$")
_RETRY_AFTER = re.compile(
    r"retry after (\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:Z| UTC)?)", re.IGNORECASE
)
_DETAIL = re.compile(r"^\s*(Domain|Type|Detail):\s*(.*\S)")
_SAID = 6


def certbot_manner(watch: Callable[[], Optional[Trouble]]) -> Manner:
    """Return how certbot's prompts are answered. The operator chooses among several accounts."""
    return Manner(
        question=_QUESTION,
        decide=_ask_operator,
        watch=watch,
    )


def _ask_operator(lines: tuple[str, ...]) -> Decision:
    said = [line for line in lines if line.strip()]
    return Ask(
        "\n".join(said[-8:]),
        Trouble(
            "running certbot",
            f"it asks: {said[-1].strip()} - and nobody answered",
            "Start this where somebody can answer.",
        ),
        no="c",
    )


@dataclass(frozen=True)
class _Meaning:
    words: re.Pattern[str]
    advice: str


_LIMITS = (
    _Meaning(
        re.compile(r"failed (?:authorizations|validations)", re.IGNORECASE),
        "It was asked for too often in vain: set right what failed, wait an hour",
    ),
    _Meaning(
        re.compile(r"exact set of (?:domains|identifiers)|duplicate certificate", re.IGNORECASE),
        "The same certificate was issued five times in seven days: use the one that is there, or "
        "wait until the oldest is seven days old",
    ),
    _Meaning(
        re.compile(r"registrations|new accounts", re.IGNORECASE),
        "Too many accounts came from this address: wait three hours",
    ),
    _Meaning(
        re.compile(r"certificates .*already issued|certificates per", re.IGNORECASE),
        "Too many certificates of this domain in seven days: wait, or take a name of another",
    ),
)
_LIMITED = re.compile(r"rateLimited|rate.?limit|too many ", re.IGNORECASE)
_MEANINGS = (
    _Meaning(
        re.compile(r"bind(?:ing)? to port 80|Address already in use", re.IGNORECASE),
        "Another program holds port 80 (`ss -ltnp`): choose challenge webroot with its directory.",
    ),
    _Meaning(
        re.compile(
            r"challenges? (?:have )?failed|failed to authenticate|Challenge failed", re.IGNORECASE
        ),
        "See that each name's A and AAAA records are this host's, and that port 80 comes through "
        "from the internet, past a router too.",
    ),
    _Meaning(
        re.compile(r"external account binding|externalAccountRequired", re.IGNORECASE),
        "That server takes accounts of its own customers only: register with certbot by hand "
        "(certbot register --eab-kid …).",
    ),
    _Meaning(
        re.compile(r"CERTIFICATE_VERIFY_FAILED|certificate verify failed", re.IGNORECASE),
        "This host does not trust the server's certificate: is it the server you mean?",
    ),
    _Meaning(
        re.compile(
            r"Max retries exceeded|Name or service not known|Temporary failure in name|"
            r"Connection refused|timed out|Network is unreachable",
            re.IGNORECASE,
        ),
        "The ACME server cannot be reached: see that this host gets out on port 443.",
    ),
    _Meaning(
        re.compile(r"invalidContact|unable to validate contact|not a valid e-?mail", re.IGNORECASE),
        "Write another e-mail address, or none.",
    ),
    _Meaning(re.compile(r"No space left|Disk quota"), "Make room in /var/lib (df -h)."),
)
"""The first match counts."""


def refused(doing: str, lines: tuple[str, ...]) -> Trouble:
    """Return the error of a failed certbot, with its own message. Nothing is tried again."""
    text = " ".join(line.strip() for line in lines)
    details = [f"{match[1]}: {_to_its_end(lines, at)}" for at, match in _details(lines)]
    own = [line.strip() for line in lines if line.strip()][-_SAID:]
    said = "; ".join(dict.fromkeys(details)) or " ".join(own) or "it said nothing"
    if _LIMITED.search(text):
        limited = next((line for line in lines if _LIMITED.search(line)), "").strip()
        return Trouble(doing, f"a limit of the server is reached: {limited or said}", _later(text))
    advice = next((one.advice for one in _MEANINGS if one.words.search(text)), "")
    return Trouble(doing, f"certbot failed: {said}", advice)


def _details(lines: tuple[str, ...]) -> list[tuple[int, re.Match[str]]]:
    found = ((at, _DETAIL.match(line)) for at, line in enumerate(lines))
    return [(at, match) for at, match in found if match is not None]


def _to_its_end(lines: tuple[str, ...], at: int) -> str:
    """Return a detail with its continuation lines, which an older certbot writes.

    An empty line ends it.
    """
    words = [lines[at].partition(":")[2].strip()]
    for line in lines[at + 1 :]:
        if not line.strip() or _DETAIL.match(line):
            break
        words.append(line.strip())
    return " ".join(words)


def _later(text: str) -> str:
    when = _RETRY_AFTER.search(text)
    what = next((one.advice for one in _LIMITS if one.words.search(text)), "Wait")
    if when:
        return f"{what}. The server takes it again after {when[1]}; nothing is tried before you do."
    return f"{what}. https://letsencrypt.org/docs/rate-limits/ has the limits."
