"""Tab in a bash that a person types in."""

from __future__ import annotations

from pathlib import Path

import pexpect

import completions


def test_tab_completes_a_command_an_option_a_section_and_a_file(tmp_path: Path) -> None:
    (tmp_path / "completion").write_text(completions.bash(), encoding="utf-8")
    (tmp_path / "my answers.toml").touch()
    environment = {"PATH": "/usr/bin:/bin", "TERM": "dumb", "HOME": str(tmp_path)}
    bash = pexpect.spawn(
        "bash",
        ["--norc", "--noprofile", "-i"],
        cwd=tmp_path,
        env=environment,
        encoding="utf-8",
        timeout=20,
        dimensions=(24, 200),
    )
    bash.sendline("postfix-wizard() { printf '<%s>' \"$@\"; }; . ./completion; PS1='ready> '")
    bash.expect("ready> ")
    bash.sendline("postfix-wizard pl\t--sec\thos\t--answers my\t")
    bash.expect_exact("<plan><--section><hostname><--answers><my answers.toml>")
    bash.close()
