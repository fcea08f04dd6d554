"""The commands of `lab vm`."""

from __future__ import annotations

import argparse
from pathlib import Path

from lab.shell import LabError, become, require_root
from lab.vm import machine, snapshot

PROGRAM = "/usr/local/bin/postfix-wizard"


def add_parser(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add `vm` and its own commands to the parser of the whole command line."""
    vm = commands.add_parser("vm", help="an EL10-like machine with SELinux enforcing, under QEMU")
    actions = vm.add_subparsers(dest="action", required=True, metavar="COMMAND")
    up = actions.add_parser("up", help="start it from its snapshot; built when that is missing")
    up.add_argument("--pyz", metavar="FILE", type=Path, help=f"put FILE at {PROGRAM}")
    for name, text in (
        ("ssh", "log in, with a terminal"),
        ("exec", "run a command in it, without one"),
    ):
        one = actions.add_parser(name, help=text)
        one.add_argument("words", nargs=argparse.REMAINDER, metavar="-- CMD")
    push = actions.add_parser("push", help="copy a file into it")
    push.add_argument("source", type=Path)
    push.add_argument("target")
    actions.add_parser("down", help="end it and remove everything of it")


def run_command(args: argparse.Namespace) -> None:
    """Run one command of `lab vm`. Raises `LabError`."""
    require_root()
    if args.action == "up":
        vm = snapshot.up()
        if args.pyz is not None:
            vm.push(args.pyz, PROGRAM)
        print("the machine runs: lab vm ssh")
    elif args.action == "push":
        snapshot.running().push(args.source, args.target)
    elif args.action == "down":
        found = machine.find()
        if found is not None:
            found.stop()
    else:
        _enter(args)


def _enter(args: argparse.Namespace) -> None:
    words = args.words[1:] if args.words[:1] == ["--"] else args.words
    if args.action == "exec" and not words:
        raise LabError("lab vm exec needs a command after --")
    # As ssh does itself: the words of `ssh` are one line for the shell there.
    command = words if args.action == "exec" else " ".join(words) or None
    become(snapshot.running().ssh_argv(command, tty=args.action == "ssh"))
