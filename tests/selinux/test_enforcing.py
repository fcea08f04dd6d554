"""With SELinux enforcing: each path has the policy's label, and nothing of ours is denied.

The tests go on from one another on one machine, in their order.
"""

from __future__ import annotations

import re

import pytest

from lab.shell import LabError
from tests.lab.program import ZEKE
from tests.selinux.machine import Machine

pytestmark = pytest.mark.lab

FIRST = ZEKE + '\n[aliases]\nroot = "taro"\n'
ALLOWED = FIRST.replace("allow_senders = []", 'allow_senders = ["friend.stranger.example"]')
SELF_SIGNED = FIRST.replace('source = "letsencrypt"', 'source = "self-signed"')
LINEAGES = ("live", "archive")
TABLE = "/etc/aliases.lmdb"
SENDERS = "/etc/postfix/sender_access"
PATTERNS = "/etc/selinux/default/contexts/files/file_contexts.local"
"""What `semanage fcontext -a` writes; the command itself takes minutes here."""
EQUAL = "/etc/selinux/default/contexts/files/file_contexts.subs"
"""What `semanage fcontext -a -e` writes."""
STATE = "/var/lib/postfix-wizard"
CERTBOTS = "/etc/letsencrypt"
MOVED = "/data/letsencrypt"
LINEAGE = "live/zeke.ne.jp"
HOOKS = "renewal-hooks"
PAIR = ("/etc/pki/tls/certs/postfix-wizard.pem", "/etc/pki/tls/private/postfix-wizard.key")
BY_HAND = "httpd_sys_content_t"
UNKNOWN = "system_u:object_r:no_such_type_t:s0"
LOCAL = "system_u:object_r:etc_t:s0"


def nothing_wrong(machine: Machine, *paths: str) -> None:
    """Require that these paths were written, that all labels are right and nothing was denied."""
    found = machine.labels()
    assert found.wrong == ()
    assert set(paths) <= found.paths
    assert machine.denials() == []


def test_it_enforces(machine: Machine) -> None:
    assert machine.run("getenforce").strip() == "Enforcing"
    assert "postfix" not in machine.run("ls", "/etc").split()


def test_first_set_up_with_aliases(machine: Machine) -> None:
    """S21: the table is new. S23: certbot's tree came with another label."""
    machine.run("chcon", "-R", "-t", "etc_t", *(f"/etc/letsencrypt/{one}" for one in LINEAGES))
    code, said = machine.apply(FIRST)
    assert code == 0, said
    assert "setting its SELinux label" not in said
    assert "asking matchpathcon" not in said
    nothing_wrong(
        machine,
        *(TABLE, "/etc/aliases", "/etc/aliases.orig", "/etc/letsencrypt/live"),
        *("/etc/postfix/main.cf", "/etc/postfix/main.cf.orig", f"{SENDERS}.lmdb"),
        *("/etc/letsencrypt/renewal-hooks/deploy/postfix-wizard", "/var/lib/postfix-wizard"),
        *("/etc/letsencrypt/live/zeke.ne.jp/privkey.pem", "/etc/postfix-wizard/answers.toml"),
    )
    assert ":etc_aliases_t:" in machine.label(TABLE)
    # The package lists its queue's directories, so that rpm labels them.
    assert machine.run("restorecon", "-Rnv", "/var/spool/postfix") == ""


def test_a_restart_rebuilds_the_table_of_an_edited_text(machine: Machine) -> None:
    machine.run("cp", "-a", "/etc/aliases", TABLE, "/root/")
    try:
        edit = "echo 'editor: taro' >>/etc/aliases; touch -d '+2 seconds' /etc/aliases"
        machine.run("sh", "-c", edit)
        machine.run("systemctl", "restart", "postfix")
        # In a unit, by a pipe of its own: Debian's policy keeps postalias from ssh's shell and pipes.
        ask = "postalias -q editor lmdb:/etc/aliases | cat >/run/editor"
        machine.run("systemd-run", "-q", "--wait", "sh", "-c", ask)
        assert machine.run("cat", "/run/editor").strip() == "taro"
        nothing_wrong(machine, TABLE)
    finally:
        machine.run("cp", "-a", "/root/aliases", "/root/aliases.lmdb", "/etc/")


def test_a_section_run_gives_a_chcon_by_hand_back_to_the_policy(machine: Machine) -> None:
    """S21: the text and its table. S24: directories that an earlier version of the program made."""
    machine.run("chcon", "-t", BY_HAND, SENDERS, f"{SENDERS}.lmdb", "/etc/postfix-wizard")
    machine.run("chcon", "-t", "var_lib_t", STATE, f"{STATE}/runs")
    code, said = machine.apply(ALLOWED, "--section", "blocklists")
    assert code == 0, said
    nothing_wrong(machine, SENDERS, f"{SENDERS}.lmdb", STATE)


def test_undo_gives_back_what_was_there_with_the_policys_labels(machine: Machine) -> None:
    """S21: the table is one that undo makes anew."""
    machine.run("rm", f"{SENDERS}.lmdb")
    code, said = machine.wizard("undo", "--yes")
    assert code == 0, said
    nothing_wrong(machine, SENDERS, f"{SENDERS}.lmdb")


def test_a_local_pattern_is_obeyed_and_an_unknown_label_stops_nothing(machine: Machine) -> None:
    """The administrator's own label for the text, the kernel's own EINVAL for the table."""
    before = machine.label(f"{SENDERS}.lmdb")
    patterns = f"{SENDERS} -- {LOCAL}\n{SENDERS}\\.lmdb -- {UNKNOWN}\n"
    machine.vm.write(PATTERNS, patterns)
    try:
        code, said = machine.apply(ALLOWED, "--section", "blocklists")
        local = machine.label(SENDERS)
    finally:
        machine.run("rm", PATTERNS)
    assert code == 0, said
    assert local == LOCAL
    assert f"{SENDERS}.lmdb: setting its SELinux label {UNKNOWN}: Invalid argument" in said
    assert machine.label(f"{SENDERS}.lmdb") == before
    assert f"{SENDERS} has context {LOCAL}" in machine.labels().wrong[0]
    machine.run("restorecon", "-F", SENDERS)
    nothing_wrong(machine, SENDERS, f"{SENDERS}.lmdb")


def test_a_directory_of_certbots_that_was_moved_to_another_place(machine: Machine) -> None:
    """S23: the policy knows nothing of /data, so that the names' labels count."""
    machine.run("mkdir", "/data")
    machine.run("mv", CERTBOTS, MOVED)
    machine.run("ln", "-s", MOVED, CERTBOTS)
    machine.run("restorecon", "-F", CERTBOTS)
    # New ones would have this label from their directory, and one link is a file as scp leaves it.
    machine.run("rm", "-r", f"{MOVED}/{HOOKS}")
    machine.run("chcon", "-t", "etc_t", *(f"{MOVED}/{one}" for one in (".", "live", LINEAGE)))
    own = f'cd {MOVED}/{LINEAGE} && cp --remove-destination "$(readlink cert.pem)" cert.pem'
    machine.run("sh", "-c", own)
    hook = f"{CERTBOTS}/{HOOKS}/deploy/postfix-wizard"
    try:
        sections = ("--section", "certificate", "--section", "policy")
        code, said = machine.apply(ALLOWED, *sections)
        assert code == 0, said
        assert f"semanage fcontext -a -e {CERTBOTS} {MOVED}" in said
        # matchpathcon -V compares with the label of the path without links, and prints the name's.
        assert any(one.startswith(f"{hook} has context") for one in machine.labels().wrong)
        machine.vm.write(EQUAL, f"{MOVED} {CERTBOTS}\n")
        nothing_wrong(machine, hook, f"{CERTBOTS}/{LINEAGE}/cert.pem", f"{CERTBOTS}/live")
        assert machine.run("restorecon", "-RFnv", MOVED) == ""
    finally:
        machine.run("rm", "-f", EQUAL, CERTBOTS)
        machine.run("mv", MOVED, CERTBOTS)


def test_permissive_mode_labels_a_self_signed_pair_as_well(machine: Machine) -> None:
    """Also there no label is set that the policy lacks, which setxattr(2) alone would do."""
    machine.vm.write(PATTERNS, f"{re.escape(PAIR[0])} -- {UNKNOWN}\n")
    machine.run("setenforce", "0")
    try:
        code, said = machine.apply(SELF_SIGNED, "--section", "certificate")
    finally:
        machine.run("setenforce", "1")
        machine.run("rm", PATTERNS)
    assert code == 0, said
    assert f"{PAIR[0]}: setting its SELinux label {UNKNOWN}: Invalid argument" in said
    nothing_wrong(machine, *PAIR, "/etc/postfix/main.cf")


def test_the_undo_of_all_leaves_no_wrong_label(machine: Machine) -> None:
    for _ in range(4):
        code, said = machine.wizard("undo", "--yes")
        assert code == 0, said
    nothing_wrong(machine, "/etc/aliases", "/etc/postfix/main.cf")


def test_a_relabel_of_the_programs_directories_changes_nothing(machine: Machine) -> None:
    """S24: what the program sets and what a relabel sets are the same."""
    places = (STATE, "/etc/postfix-wizard", CERTBOTS, "/etc/postfix")
    assert machine.run("restorecon", "-RFnv", *places) == ""
    with pytest.raises(LabError, match="Permission denied"):
        machine.run("setpriv", "--reuid=postfix", "--clear-groups", "ls", STATE)
