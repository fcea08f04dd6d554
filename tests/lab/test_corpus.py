"""Configurations by other hands, changed in one section: Postfix says that nothing else moved."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.host import Host
from tests.corpus import CHANGES, MOVES, NAMES, changed, files, host_of
from tests.lab.program import BootHost
from wizard.plan.build import build_plan
from wizard.plan.read_back import read_back

pytestmark = pytest.mark.lab

STAGED = "/root/corpus"
READ = f"""
for directory in {STAGED}/*; do
    touch -d '1 hour ago' $directory/main.cf
    for option in n M P; do
        postconf -c $directory -$option >$directory/$option 2>$directory/$option.said
    done
done
"""
BEFORE = "today"


def stage(host: Host, name: str, main: bytes, master: bytes) -> None:
    """Put two files where postconf is to read them."""
    place = host.root / STAGED.lstrip("/") / name
    place.mkdir(parents=True)
    (place / "main.cf").write_bytes(main)
    (place / "master.cf").write_bytes(master)


def read(host: Host, name: str) -> tuple[dict[str, str], str]:
    """Return what postconf read, by `OPTION name`, and what it complained of."""
    place = host.root / STAGED.lstrip("/") / name
    found, said = {}, ""
    for option in "nMP":
        said += (place / f"{option}.said").read_text(errors="surrogateescape")
        for line in (place / option).read_text(errors="surrogateescape").splitlines():
            key, _, value = line.partition("=") if option != "M" else (line, "", "")
            found[f"{option} {key.strip()}"] = value.strip()
    return found, said.replace(f"{STAGED}/{name}/", "")


@pytest.mark.promise(17)
@pytest.mark.parametrize(("suite", "release"), [("el9", "9.4"), ("el10", "10.0")])
def test_a_change_of_one_section_moves_nothing_else(
    suite: str, release: str, boot_host: BootHost, tmp_path: Path
) -> None:
    """Every configuration, every section, by Postfix's own eyes; and no new complaint."""
    host = boot_host(suite=suite)
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    for name in NAMES:
        stage(host, f"{name}.{BEFORE}", *files(name))
        facts = host_of(name, tmp_path / "root", release)
        today = read_back(facts)
        assert today is not None
        for section in CHANGES:
            plan = build_plan(changed(section, today), facts, (section,))
            main, master = (file.proposed for file in plan.files[:2])
            stage(host, f"{name}.{section}", main, master)
    host.run(["sh", "-c", READ], check=True, timeout=300)
    for name in NAMES:
        before, complaints = read(host, f"{name}.{BEFORE}")
        for section in CHANGES:
            after, said = read(host, f"{name}.{section}")
            moved = {
                key.partition(" ")[2]
                for key in before.keys() | after.keys()
                if before.get(key) != after.get(key)
            } - {"config_directory"}
            assert moved <= MOVES[section], (name, section)
            assert moved or section == "blocklists", (name, section)
            new = set(said.splitlines()) - set(complaints.splitlines())
            assert not [line for line in new if "overriding earlier" not in line], (name, section)
