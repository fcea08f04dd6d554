"""A change of the section `relay`."""

from __future__ import annotations

from tests.sections import Case
from wizard.postfix.parameters import PARAMETERS

CASE = Case(
    {"host": "relay.example", "port": 465, "tls": "encrypt", "user": ""},
    edit=("[blocklists]", '[relay]\nhost = "relay.stranger.example"\n[blocklists]'),
    moves=frozenset(one.name for one in PARAMETERS if one.section == "relay"),
)
