"""named.conf read for its zones: blocks, comments, quotes, includes, views."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wizard.dns.named_conf import ZoneStatement, read_zones

CONF = """
// comment { ; "
options { directory "/var/named"; listen-on { any; }; }; # another }
/* zone "no" { type master; file "no"; }; */
include "/etc/named.rfc1912.zones";
zone "example.com" IN { type master; file "example.com.zone"; allow-update { none; }; };
zone "Example.NET." { type primary; file "/srv/net"; };
zone "signed" { type master; file "s"; dnssec-policy default; };
zone "unsigned" { type master; file "u"; dnssec-policy none; inline-signing no; };
zone "dynamic" { type master; file "d"; allow-update { key "k"; }; };
zone "copy" { type slave; file "c"; masters { 192.0.2.1; }; };
zone "hint" { type hint; };
view "inside" { match-clients { 10/8; }; zone "v" { type master; file "v.zone"; }; };
"""
FILES = {
    "/etc/named.conf": CONF,
    "/etc/named.rfc1912.zones": 'zone "localhost" { type master; file "named.localhost"; };',
}


def test_zones_with_their_files() -> None:
    assert read_zones("/etc/named.conf", FILES.get) == (
        ZoneStatement("localhost", "master", "/var/named/named.localhost"),
        ZoneStatement("example.com", "master", "/var/named/example.com.zone"),
        ZoneStatement("example.net", "primary", "/srv/net"),
        ZoneStatement("signed", "master", "/var/named/s", managed="dnssec-policy"),
        ZoneStatement("unsigned", "master", "/var/named/u"),
        ZoneStatement("dynamic", "master", "/var/named/d", managed="allow-update"),
        ZoneStatement("copy", "slave", "/var/named/c"),
        ZoneStatement("v", "master", "/var/named/v.zone", "inside"),
    )


def test_a_policy_for_all_zones_counts_unless_a_zone_has_its_own() -> None:
    text = (
        "options { dnssec-policy default; };"
        'zone "a" { type master; file "a"; };'
        'zone "b" { type master; file "b"; dnssec-policy none; };'
    )
    zones = read_zones("/x", {"/x": text}.get)
    assert [zone.managed for zone in zones] == ["dnssec-policy", ""]


def test_files_that_include_one_another_end() -> None:
    assert read_zones("/x", {"/x": 'include "/x"; zone "a" { type master; file "a"; };'}.get)


@pytest.mark.parametrize("text", ["{" * 5000, "}" * 9, '"', "zone", 'zone "a" {', "zone { }", ";;"])
def test_what_is_no_named_conf_names_no_zone(text: str) -> None:
    assert read_zones("/x", {"/x": text}.get) == ()


@given(st.text(alphabet='ab{}";/*# \n\\', max_size=60))
def test_any_text_is_read(text: str) -> None:
    read_zones("/x", {"/x": text}.get)
