"""Replace what differs between two runs of one program, such as times and process numbers.

A mask is as narrow as it can be: what it covers is no longer compared.
"""

from __future__ import annotations

import re

_MASKS: tuple[tuple[str, str], ...] = (
    (r"(\"(?:mono|seconds)\": ?)\d+(\.\d+)?", r"\1DURATION"),
    (r"(\"(?:plan_sha256|plan)\": ?\")[0-9a-f]{64}", r"\1HASH"),
    (r"(\"pid\": ?)\d+", r"\1PID"),
    (r"(\"journal\",\{\"size\": ?)\d+", r"\1SIZE"),
    # The same rows give other bytes of a table at another time.
    (r"(\.(?:db|lmdb)\"[^{}]*?\"was\": ?\")file:[^\"]+", r"\1TABLE"),
    (r"(\.(?:db|lmdb)\"[^{}]*?\"now\": ?\")file:[^\"]+", r"\1TABLE"),
    (r"\b[0-9a-f]{16}-(?=[\w.]+\.(?:db|lmdb)\b)", "HASH-"),
    (r"(\"lines\": )\d+", r"\1LINES"),
    (r"\b\d{8}-\d{6}-(\d+)\b", r"RUN-\1"),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z| UTC|[+-]\d\d:?\d\d)?", "TIME"),
    (r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d{4}-\d\d-\d\d\b", "DAY"),
    (r"\b[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d\b", "TIME"),
    (r"\b\d\d:\d\d(:\d\d)?\b", "TIME"),
    (r"\b1[78]\d{8}(\.\d+)?\b", "SECONDS-SINCE-1970"),
    (r"\b1[78]\d{17}\b", "NANOSECONDS-SINCE-1970"),
    (r"\b\d+(\.\d+)? ?(ms|s)\b(?= CPU| ago|$|[,.;)])", "DURATION"),
    (r"\b\d+(\.\d+)? [kM]?B/s\b", "SPEED"),
    (r"\b\d{4,} MiB\b", "ROOM"),
    (r"\bMemory: \S+( \(peak: \S+\))?", "Memory: SIZE"),
    (r"\b(process|Process:|PID:) \d+", r"\1 PID"),
    # Of `systemctl status`, what runs at that moment and the last lines of the log.
    (r"\b(Invocation: )[0-9a-f]{32}", r"\1ID"),
    (r"\b(active \(running\) since ).*", r"\1TIME"),
    (r"^ *[├└]─.*\n", ""),
    (r"^ *TIME \S+ (?:systemd|\(\S+\)|postfix\S*)\[\d+\]: .*\n", ""),
    (r"([├└]─)\d+", r"\1PID"),
    (r"(\w)\[\d+\]", r"\1[PID]"),
    (r"<[0-9a-f]{24}(?=\.postfix-wizard@)", "<MESSAGE"),
    (r"\S{22} Saved\b", "ID Saved"),
    (r"\b(?=\d*[A-F])(?=[A-F]*\d)[0-9A-F]{8,14}\b", "QUEUE-ID"),
    (r"^[0-9a-f]{16} (?=\{)", "HASH "),
    (r"\bversion (\S+) \(commit [0-9a-f]+(-changed)?\)", r"version \1 (COMMIT)"),
    (r"(\"commit\": ?\")[0-9a-f]*(-changed)?\"", r'\1COMMIT"'),
)
_COMPILED = tuple((re.compile(pattern, re.MULTILINE), text) for pattern, text in _MASKS)


def masked(text: str) -> str:
    """Return the text with fixed words for what changes from run to run."""
    for pattern, word in _COMPILED:
        text = pattern.sub(word, text)
    return text
