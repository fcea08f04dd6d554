"""A change of the section `dns`."""

from __future__ import annotations

from tests.sections import Case

CASE = Case(
    {"zone_file": "/var/named/example.zone"},
    edit=("[blocklists]", '[dns]\nzone_file = "/var/named/zeke.ne.jp.zone"\n[blocklists]'),
    files=(),
)
