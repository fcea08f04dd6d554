"""A directory that root moved to another volume, with a link in its place.

A relabel and `restorecon` come by the path without links, matchpathcon(8) takes what it is given.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Optional

import pytest

from tests.unit.run.policy import BY_HAND, CERT, ETC, NONE, Policy, certificates, label_of, mark
from tests.unit.run.runs import last, plan, prepared, told
from tests.unit.run.test_lay import source
from wizard.host import ways
from wizard.plan.certificate_actions import Lay, Relink
from wizard.plan.files import Link
from wizard.run import labels
from wizard.run.directories import make_directory
from wizard.run.files import make_link, read, remove, replace
from wizard.run.paths import Places
from wizard.run.records import StepFinished
from wizard.run.relabel import restore_labels
from wizard.run.worker import work

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="root alone sets security.selinux")

DATA = "system_u:object_r:admins_own_t:s0"
CATCH_ALL = "system_u:object_r:default_t:s0"
GENERAL = "system_u:object_r:var_t:s0"
KINDS = (labels.FILE, labels.DIRECTORY, labels.LINK)


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An /etc whose letsencrypt leads to another volume."""
    made = tmp_path / "etc"
    made.mkdir(mode=0o755)
    (tmp_path / "data/certificates").mkdir(parents=True)
    (made / "letsencrypt").symlink_to(tmp_path / "data/certificates")
    monkeypatch.setattr(ways, "FOLLOWED", (str(made / "letsencrypt"),))
    return made


@pytest.fixture
def data(etc: Path) -> Path:
    return (etc / "letsencrypt").resolve()


def add(on: Policy, pattern: str, label: str) -> None:
    for kind in KINDS:
        on.add(pattern, label, kind)


@pytest.mark.parametrize("stands", [True, False])
def test_a_label_is_that_of_the_path_without_links(
    on: Policy, etc: Path, data: Path, stands: bool
) -> None:
    certificates(on, etc)
    add(on, f"{data}*", DATA)
    path = etc / "letsencrypt/key.pem"
    if stands:
        path.write_text("old")
        mark(path, BY_HAND)
    with labels.complaints() as said:
        replace(str(path), b"new", read(str(path)))
        make_directory(str(etc / "letsencrypt/live"), 0o700)
        make_link(str(etc / "letsencrypt/live.pem"), "key.pem", None)
    assert {label_of(data / name) for name in ("key.pem", "live", "live.pem")} == {DATA}
    assert said == []


@pytest.mark.parametrize("answer", [CATCH_ALL, NONE, GENERAL])
def test_where_the_policy_knows_nothing_the_names_labels_stay_in_force(
    on: Policy, etc: Path, data: Path, answer: str
) -> None:
    certificates(on, etc)
    add(on, f"{data.parent}*", answer)
    path = etc / "letsencrypt/live/x/privkey.pem"
    (data / "live/x").mkdir(parents=True)
    laid = data / "live/x/privkey.pem"
    with labels.complaints() as said:
        make_link(str(path), "../../archive/x/privkey1.pem", None)
        make_link(str(etc / "letsencrypt/live/x/cert.pem"), "../../archive/x/cert1.pem", None)
    assert label_of(laid) == CERT
    (sentence,) = said
    assert sentence.startswith(f"{etc}/letsencrypt is a link to {data}, for which SELinux's policy")
    assert sentence.endswith(f"semanage fcontext -a -e {etc}/letsencrypt {data}")


def test_where_no_path_has_a_label_the_old_one_stays(on: Policy, etc: Path, data: Path) -> None:
    add(on, "*", NONE)
    path = data / "key.pem"
    path.write_text("old")
    mark(path, BY_HAND)
    with labels.complaints() as said:
        replace(str(etc / "letsencrypt/key.pem"), b"new", read(str(path)))
    assert (label_of(path), said) == (BY_HAND, [])


def test_a_catch_all_label_counts_where_no_link_is(on: Policy, etc: Path) -> None:
    add(on, f"{etc}*", CATCH_ALL)
    replace(str(etc / "new"), b"new", None)
    assert label_of(etc / "new") == CATCH_ALL


@pytest.mark.parametrize("rule", [None, DATA])
def test_a_lineage_behind_a_link_and_the_directories_above_it(
    on: Policy, places: Places, etc: Path, data: Path, rule: Optional[str]
) -> None:
    tree = places.gathered / "remote"
    archive = etc / "letsencrypt/archive/x"
    live = etc / "letsencrypt/live/x"
    file = source(tree, archive / "cert1.pem", "cert")
    certificates(on, etc)
    add(on, f"{data.parent}*", GENERAL)
    if rule:
        add(on, f"{data}*", rule)
    for path in (data, etc / "letsencrypt"):
        mark(path, BY_HAND)
    live_link = Link(str(live / "cert.pem"), "../../archive/x/cert1.pem", "missing")
    live.mkdir(parents=True)
    lay = Lay("certificate x", str(tree), (file,))
    run = prepared(places, plan(("lay", lay), ("live", Relink("x", (live_link,)))))
    assert work(places, run) == 0, last(places, run)
    found = {label_of(path) for path in data.rglob("*")}
    assert found == {rule or CERT}
    # The link is a file of /etc, and its directory one of the other volume.
    assert (label_of(etc / "letsencrypt"), label_of(data)) == (ETC, rule or ETC)
    messages = [
        one.message
        for one in told(places, run)
        if isinstance(one, StepFinished) and "semanage fcontext" in one.message
    ]
    assert len(messages) == (0 if rule else 2)
    assert all(one.count("semanage") == 1 for one in messages)


def test_one_lineage_that_lies_elsewhere(
    on: Policy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    etc = tmp_path / "other/etc"
    archive = etc / "letsencrypt/archive"
    archive.mkdir(parents=True)
    real = tmp_path / "volume/x"
    real.mkdir(parents=True)
    (real / "cert1.pem").write_text("cert")
    (archive / "x").symlink_to(real)
    monkeypatch.setattr(ways, "FOLLOWED", (str(etc / "letsencrypt"),))
    certificates(on, etc)
    add(on, f"{real}*", DATA)
    restore_labels([str(archive / "x")])
    assert [label_of(one) for one in (real, real / "cert1.pem")] == [DATA, DATA]
    assert [label_of(one) for one in (archive / "x", archive)] == [CERT, CERT]
    assert label_of(etc / "letsencrypt") == ETC


def test_a_file_in_the_place_of_a_link_is_not_asked_for_behind_it(on: Policy, etc: Path) -> None:
    path, target = etc / "aliases", etc / "elsewhere"
    target.write_text("of another")
    mark(target, BY_HAND)
    path.symlink_to(target)
    on.add(str(path), CERT)
    on.add(str(target), DATA)
    with labels.expected([str(path)], labels.FILE):
        remove(str(path), str(target))
        replace(str(path), b"new", None)
    assert (label_of(path), label_of(target)) == (CERT, BY_HAND)


def test_a_link_that_leads_nowhere_or_in_a_circle_has_its_own_label(on: Policy, etc: Path) -> None:
    add(on, f"{etc}/live*", CERT)
    make_link(str(etc / "live1"), "gone", None)
    make_link(str(etc / "live2"), "live2", None)
    restore_labels([str(etc)])
    assert [label_of(etc / name) for name in ("live1", "live2")] == [CERT, CERT]


def test_a_link_to_a_link(on: Policy, etc: Path, data: Path, tmp_path: Path) -> None:
    (tmp_path / "second").symlink_to("data")
    (etc / "letsencrypt").unlink()
    (etc / "letsencrypt").symlink_to("../second/certificates")
    certificates(on, etc)
    add(on, f"{data.parent}*", CATCH_ALL)
    with labels.complaints() as said:
        replace(str(etc / "letsencrypt/live.pem"), b"new", None)
    assert label_of(data / "live.pem") == CERT
    assert said[0].endswith(f"semanage fcontext -a -e {etc}/letsencrypt {data}")
