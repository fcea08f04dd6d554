"""Control characters in every field, from the answers to the files and back through postconf.

The model refuses them. The writer is then asked behind its back, with values that no model let
through: what it writes must still be read by Postfix as one value of one parameter.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Optional

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab.host import Host
from lab.stock import stock_files
from wizard.answers.build import build_answers
from wizard.answers.field import Field
from wizard.answers.fields import FIELDS
from wizard.answers.model import Answers
from wizard.answers.sections.blocklists import CustomBlocklist
from wizard.host.facts import Postfix
from wizard.postfix.main_cf import MainCf
from wizard.postfix.main_policy import propose_main_cf
from wizard.postfix.parameters import PARAMETERS
from wizard.postfix.services import propose_master_cf

pytestmark = [pytest.mark.lab, pytest.mark.promise(21)]

INPUTS = 400
WORDS = [field for field in FIELDS if field.kind != "number"]
BASE: dict[str, dict[str, Any]] = {
    "hostname": {"myhostname": "mail.zeke.ne.jp", "mydomain": "zeke.ne.jp"},
    "networks": {"mynetworks": ["192.168.1.0/24", "127.0.0.0/8"]},
    "certificate": {"source": "letsencrypt", "name": "zeke.ne.jp"},
    "blocklists": {"use": ["spamcop"]},
}
CONTROLS = "\r\n\t\0\x1b\x07\x08\x0b\x0c\x7f\x85\x9b\u2028\u2029\u202e"
PIECES = (
    *CONTROLS,
    *("\nrelayhost = evil.example", "\r\nmynetworks = 0.0.0.0/0", "\n  -o smtpd_x=y", "\n25 inet"),
    *(" ", ",", "=", ":", "#", "$", "{", "}", "\\", '"', "-", "$mydomain", "0.0.0.0/0", "::/0"),
    *("a.example", "mail.zeke.ne.jp", "10.0.0.0/8", "lmtp:", "unix:", "Maildir/", "60s", "all"),
)
TEXTS = st.lists(st.sampled_from(PIECES), min_size=1, max_size=4).map("".join) | st.text(max_size=9)


def modelled(field: Field, text: str) -> Optional[Answers]:
    """Return the answers with `text` in a field, None where the model refuses them."""
    values = {section: dict(fields) for section, fields in BASE.items()}
    if field.section == "blocklists.custom":
        entry = {"zone": "a.example", "kind": "client", "replies": "127.0.0.2", field.name: text}
        values["blocklists"]["custom"] = [entry]
    else:
        given_value: Any = [text] if field.kind == "list" else text
        values.setdefault(field.section, {})[field.name] = given_value
    made = build_answers(values)
    return made if isinstance(made, Answers) else None


def forced(field: Field, text: str) -> Answers:
    """Return the answers with `text` in a field, whatever the model says of it."""
    made = build_answers(BASE)
    assert isinstance(made, Answers)
    if field.section == "blocklists.custom":
        custom = replace(CustomBlocklist("a.example", "client", "127.0.0.2"), **{field.name: text})
        return replace(made, blocklists=replace(made.blocklists, custom=(custom,)))
    value: Any = (text,) if field.kind == "list" else text
    section = replace(getattr(made, field.section), **{field.name: value})
    return replace(made, **{field.section: section})


def read_by_postconf(host: Host, files: list[tuple[bytes, bytes]]) -> list[tuple[str, str, str]]:
    """Return what `postconf -n`, `-M` and `-P` print of each pair of files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for number, pair in enumerate(files):
            for name, data in zip(("main.cf", "master.cf"), pair):
                member = tarfile.TarInfo(f"{number:05}/{name}")
                # Not of this second: else each postconf waits until it is older.
                member.size, member.mtime, member.mode = len(data), 1_000_000_000, 0o644
                tar.addfile(member, io.BytesIO(data))
    host.write("/root/cases.tar", packed.getvalue())
    script = (
        "mkdir /root/cases && tar xf /root/cases.tar -C /root/cases && cd /root/cases && "
        "for one in *; do for what in -n -M -P; do "
        "postconf -c /root/cases/$one $what 2>/dev/null; printf '\\036'; done; done"
    )
    parts = host.run(["sh", "-c", script], check=True, timeout=240).stdout.split("\x1e")[:-1]
    assert len(parts) == 3 * len(files)
    return list(zip(parts[0::3], parts[1::3], parts[2::3]))


def pairs(printed: str) -> dict[str, str]:
    found = (line.partition("=")[::2] for line in printed.splitlines())
    return {name.strip(): value.strip() for name, value in found}


def test_no_answer_becomes_a_second_parameter_or_service(
    fresh: Host, record_property: Callable[[str, object], None]
) -> None:
    fresh.run(["dnf", "-y", "install", "postfix"], check=True, timeout=120)
    postfix = Postfix(None, "3.5.25", "hash")
    stock = stock_files("el9")
    live = [(stock / name).read_bytes() for name in ("main.cf", "master.cf")]
    plain = build_answers(BASE)
    assert isinstance(plain, Answers)
    meant = [(propose_main_cf(live[0], plain, postfix), propose_master_cf(live[1], plain, postfix))]

    let_through: list[bytes] = []

    @settings(max_examples=INPUTS, database=None, derandomize=True)
    @given(st.sampled_from(WORDS), TEXTS)
    def offer(field: Field, text: str) -> None:
        answers = modelled(field, text)
        if answers is not None:
            assert not set(CONTROLS) & set(repr(answers)), text
        for each in (answers, forced(field, text)):
            if each is None:
                continue
            try:
                main = propose_main_cf(live[0], each, postfix)
                master = propose_master_cf(live[1], each, postfix)
            except ValueError:
                assert each is not answers, f"the model let through {text!r}"
                continue
            meant.append((main, master))

    offer()
    files = [(main.text, master.text) for main, master in meant]
    read = read_by_postconf(fresh, files)
    names = {name for name, _ in meant[0][0].expected} | set(pairs(read[0][0]))
    optional = {"home_mailbox", "mailbox_transport", "recipient_delimiter", "config_directory"}
    # What the fields of sections that the base leaves out become.
    own = {"relay", "hardening", "networks", "tls"}
    optional |= {one.name for one in PARAMETERS if one.section in own}
    for (main, _), (n, m, p) in zip(meant, read):
        values = pairs(n)
        expected = {name: value for name, value in main.expected if value}
        if not n and main.text not in let_through:
            # As of a lone `$`: Postfix refuses to read it, and a run stages before it replaces.
            continue
        assert expected.items() <= values.items(), main.text
        assert set(values) <= names | optional, main.text
        assert {
            name: MainCf.parse(main.text).value(name) for name in values if name in expected
        } == expected
        assert m == read[0][1]
        assert p == read[0][2]
    record_property("count:inputs", INPUTS)
    record_property("count:files that postconf read back", len(files))
