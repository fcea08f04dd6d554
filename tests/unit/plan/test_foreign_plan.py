"""The plan of a tree from another server: what is left out, what is accepted, what stays as it is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.factories import FRESH, ZEKE
from tests.unit.certificates.tree import Authority, LetsEncrypt
from wizard.answers.model import Answers
from wizard.door import Door
from wizard.host.gathered import NOTE, Note, note_to_bytes, read_gathered
from wizard.host.gathered_facts import Gathered
from wizard.plan.certificate_actions import Lay, ProveRenewals
from wizard.plan.choices import Choices
from wizard.plan.files import LaidFile
from wizard.plan.foreign import ACCEPT, MAX_LISTED
from wizard.plan.model import Plan
from wizard.plan.report import as_json, notes
from wizard.plan.wire import plan_from_bytes, plan_to_bytes
from wizard.planning.build import build_plan

OLD = "root@old"
CONF = "renewal/zeke.jp.conf"
HOOK = "renewal-hooks/deploy/nginx"
SETTINGS = "version = 2\n[renewalparams]\npre_hook = reboot\nserver = https://ca.example/dir\n"
CLI = "quiet = true\ndeploy-hook = /root/x\n"


@pytest.fixture
def answers() -> Answers:
    given = ZEKE
    chosen = replace(given.certificate, source="remote", host=OLD, name="zeke.jp")
    return replace(given, certificate=chosen)


class Copy:
    """A gathered tree, and a host's own /etc below another root."""

    def __init__(self, tmp_path: Path, source: str = "remote") -> None:
        self.place = tmp_path / "host/gathered"
        self.tree = LetsEncrypt(self.place / source)
        self.tree.archive("zeke.jp", 1, Authority(tmp_path).issue("zeke.jp"))
        self.tree.flatten("zeke.jp", 1)
        self.door = Door(tmp_path / "host")
        self.here = tmp_path / "host/etc/letsencrypt"
        (self.tree.root / NOTE).write_bytes(note_to_bytes(Note(OLD, FRESH.read_at - 60)))
        self.write(CONF, SETTINGS)
        self.write("cli.ini", CLI)
        self.write(HOOK, "#!/bin/sh\n", 0o755)

    def write(self, name: str, text: str, mode: int = 0o644) -> None:
        path = self.tree.root / "etc/letsencrypt" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(mode)

    def host_has(self, name: str, text: str) -> None:
        path = self.here / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def read(self) -> Gathered:
        (gathered,) = read_gathered(self.door, Path("/gathered"))
        return gathered

    def plan(self, answers: Answers, *accepted: str) -> Plan:
        host = replace(FRESH, lineages=(), gathered=(self.read(),))
        choices = Choices(accepted={ACCEPT: frozenset(accepted)} if accepted else {})
        return build_plan(answers, host, ("certificate",), choices=choices)


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def laid(plan: Plan) -> dict[str, LaidFile]:
    return {
        file.path.removeprefix("/etc/letsencrypt/"): file
        for step in plan.pending
        if isinstance(step.action, Lay)
        for file in step.action.files
    }


def names(plan: Plan) -> list[str]:
    return [one.name for one in plan.foreign]


def test_without_a_word_all_of_it_is_left_out(copy: Copy, answers: Answers) -> None:
    plan = copy.plan(answers)
    assert [one.split("@")[0] for one in names(plan)] == [
        "cli.ini:deploy-hook", HOOK, f"{CONF}:pre_hook",
    ]  # fmt: skip
    assert not any(one.accepted for one in plan.foreign)
    files = laid(plan)
    assert HOOK not in files
    assert (files[CONF].without, files["cli.ini"].without) == (((3, 3),), ((2, 2),))
    assert plan.obstacles == ()
    assert plan_from_bytes(plan_to_bytes(plan)) == plan
    said = "\n".join(notes(plan))
    assert "    | pre_hook = reboot" in said
    assert said.count("It is left out.") == 3
    assert f"--accept {ACCEPT}={','.join(names(plan))}" in said
    assert [one["accepted"] for one in as_json(plan)["foreign_hooks"]] == [False] * 3
    commands = [argv for step in plan.pending for argv in step.commands]
    assert ("sed", "-i", "3,3d", f"/etc/letsencrypt/{CONF}") in commands
    assert f"/etc/letsencrypt/{CONF}: certbot renews at https://ca.example/dir" in plan.warnings


def test_what_is_accepted_comes_along_and_no_more(copy: Copy, answers: Answers) -> None:
    chosen = names(copy.plan(answers))
    plan = copy.plan(answers, chosen[1], chosen[2])
    files = laid(plan)
    assert (files[HOOK].mode, files[CONF].without) == (0o700, ())
    assert files["cli.ini"].without == ((2, 2),)
    assert [one.accepted for one in plan.foreign] == [False, True, True]
    assert "".join(notes(plan)).count("Accepted.") == 2
    assert not any(file.without for file in laid(copy.plan(answers, *chosen)).values())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cli.ini", CLI.replace("/root/x", "/root/y")),
        ("cli.ini", CLI.replace("deploy-hook", "pre-hook")),
        (HOOK, "#!/bin/sh\n#\n"),
        (CONF, SETTINGS.replace("reboot", "halt")),
    ],
)
def test_another_text_needs_another_word(
    copy: Copy, answers: Answers, name: str, text: str
) -> None:
    chosen = names(copy.plan(answers))
    copy.write(name, text, 0o755 if name == HOOK else 0o644)
    plan = copy.plan(answers, *chosen)
    assert len(set(names(plan)) - set(chosen)) == 1
    (refused,) = [one.message for one in plan.obstacles if one.name == ACCEPT]
    assert f"--accept {ACCEPT}={','.join(names(plan))}" in refused


@pytest.mark.parametrize("word", ["", "x", "cli.ini", "cli.ini:deploy-hook", "*"])
def test_a_name_that_is_not_listed_is_refused(copy: Copy, answers: Answers, word: str) -> None:
    chosen = names(copy.plan(answers))
    host = replace(FRESH, lineages=(), gathered=(copy.read(),))
    values = frozenset((*chosen[:1], word)) if word else frozenset()
    plan = build_plan(answers, host, choices=Choices(accepted={ACCEPT: values}))
    (problem,) = [one for one in plan.obstacles if one.name == ACCEPT]
    assert problem.section == "certificate", "so the exit status is 65"
    assert f"--accept {ACCEPT}={','.join(chosen)}" in problem.message


def test_where_nothing_comes_along_the_word_means_nothing(answers: Answers) -> None:
    choices = Choices(accepted={ACCEPT: frozenset(("x",))})
    plan = build_plan(answers, FRESH, choices=choices)
    assert [one for one in plan.obstacles if one.name == ACCEPT] == []
    assert plan.foreign == ()


def test_what_this_host_says_already_is_not_foreign(copy: Copy, answers: Answers) -> None:
    copy.host_has("cli.ini", CLI)
    copy.host_has(HOOK, "#!/bin/sh\n")
    plan = copy.plan(answers)
    assert [one.split("@")[0] for one in names(plan)] == [f"{CONF}:pre_hook"]
    assert {"cli.ini", HOOK} & set(laid(plan)) == set()


def test_a_copy_without_them_is_no_other_file(copy: Copy, answers: Answers) -> None:
    """Here is what an earlier run wrote without the options: the word adds them."""
    copy.host_has("cli.ini", "quiet = true\n")
    plan = copy.plan(answers)
    assert "cli.ini" not in laid(plan)
    assert not any("cli.ini is kept" in one for one in plan.warnings)
    with_it = copy.plan(answers, *names(plan))
    assert laid(with_it)["cli.ini"].without == ()


@pytest.mark.parametrize(
    "own", ["quiet = true\npre-hook = ours\n", "quiet = true\n\n", "", CLI + "pre-hook = ours\n"]
)
def test_another_file_here_is_kept_with_its_own_options(
    copy: Copy, answers: Answers, own: str
) -> None:
    copy.host_has("cli.ini", own)
    plan = copy.plan(answers)
    assert "cli.ini" not in laid(plan)
    assert any("cli.ini is kept as this host has it" in one for one in plan.warnings)
    assert not any(one.startswith("cli.ini") for one in names(plan))


@pytest.mark.parametrize("existing", ["keep", "replace"])
def test_a_lineage_that_replaces_another_brings_nothing_unseen(
    copy: Copy, answers: Answers, existing: str
) -> None:
    copy.host_has(CONF, "[renewalparams]\npost_hook = ours\n")
    chosen = replace(answers, certificate=replace(answers.certificate, existing=existing))
    plan = copy.plan(chosen)
    seen = [one for one in names(plan) if one.startswith(CONF)]
    if existing == "keep":
        assert seen == []
        assert CONF not in laid(plan)
    else:
        assert len(seen) == 1
        assert laid(plan)[CONF].without == ((3, 3),)
        assert laid(copy.plan(chosen, *seen))[CONF].without == ()


def test_our_own_hook_never_comes_from_elsewhere(copy: Copy, answers: Answers) -> None:
    copy.write("renewal-hooks/deploy/postfix-wizard", "#!/bin/sh\nreboot\n", 0o755)
    plan = copy.plan(answers)
    assert not any("postfix-wizard" in one for one in (*names(plan), *laid(plan)))


def test_settings_that_are_not_clear_are_left_out_as_a_whole(copy: Copy, answers: Answers) -> None:
    copy.write(CONF, "version = 2\rpre_hook = x\n")
    plan = copy.plan(answers)
    assert CONF not in laid(plan)
    (name,) = [one for one in names(plan) if one.startswith(CONF)]
    assert CONF in laid(copy.plan(answers, name))


def test_what_was_issued_for_this_host_is_not_foreign(tmp_path: Path) -> None:
    copy = Copy(tmp_path, "certbot")
    assert not any(file.foreign for file in copy.read().files)


def test_more_than_a_plan_can_show_is_left_out_and_counted(copy: Copy, answers: Answers) -> None:
    for number in range(MAX_LISTED):
        copy.write(f"renewal-hooks/post/{number}", f"{number}", 0o755)
    plan = copy.plan(answers)
    assert len(plan.foreign) == MAX_LISTED
    assert any("3 more things of the other server" in one for one in plan.warnings)
    assert not any(name.startswith("renewal-hooks/") for name in laid(plan))


def test_each_renewal_is_tried_with_its_date(copy: Copy, answers: Answers) -> None:
    plan = copy.plan(answers)
    (step,) = [one for one in plan.pending if isinstance(one.action, ProveRenewals)]
    assert isinstance(step.action, ProveRenewals)
    (renewal,) = step.action.renewals
    lineage = copy.read().lineages[0]
    third = (lineage.not_after - lineage.not_before) // 3
    assert (renewal.renews_at, renewal.not_after) == (lineage.not_after - third, lineage.not_after)
    assert sorted(renewal.left_out) == sorted(names(plan))
    assert step.commands[0][-2:] == ("--server", "https://ca.example/dir")
    assert plan.steps[-1] is step


@pytest.mark.promise(35)
def test_rights_that_an_older_program_took_over_are_taken_away(
    copy: Copy, answers: Answers
) -> None:
    """The same text is here already; only its mode is the old server's."""
    file = next(one for one in copy.read().files if one.path.endswith("cli.ini"))
    for is_loose in (False, True):
        same = replace(file, here=f"file:{file.sha256}", foreign=(), is_loose_here=is_loose)
        tree = replace(copy.read(), files=(same,))
        host = replace(FRESH, lineages=(), gathered=(tree,))
        found = laid(build_plan(answers, host, ("certificate",)))
        assert [(name, one.mode) for name, one in found.items()] == (
            [("cli.ini", 0o644)] if is_loose else []
        )
