"""The command line `lab`: hosts for people; tests use `lab.host`."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
from pathlib import Path
from typing import Callable, Mapping, Optional, Sequence

from lab import acme, base, host, machine, stock
from lab.shell import LabError, become, require_root
from lab.suites import SUITES, suite
from lab.vm import cli as vm


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = argparse.ArgumentParser(prog="lab", description="Throwaway EL-like hosts.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    build = commands.add_parser("build", help="build the cached base tree")
    _suite_option(build)

    up = commands.add_parser("up", help="boot a fresh host")
    up.add_argument("name")
    _suite_option(up)
    up.add_argument("--unimported-key", action="store_true", help="dnf must ask about the key")
    up.add_argument("--dovecot", action="store_true", help="Dovecot starts once Postfix runs")
    up.add_argument("--no-letsencrypt", action="store_true", help="no /etc/letsencrypt")
    up.add_argument("--no-ipv6", action="store_true", help="IPv6 disabled, ::1 absent")
    up.add_argument("--certbot", action="store_true", help="certbot, with EPEL's timer")
    up.add_argument("--epel", action="store_true", help="EPEL is enabled; it has opendkim")
    up.add_argument("--pyz", metavar="FILE", help="put FILE at /usr/local/bin/postfix-wizard")

    for name, text in (
        ("exec", "run a command in the host"),
        ("ssh", "log in by ssh from the operator's LAN, with a terminal"),
        ("outside", "run a command of this machine in the stranger's network"),
        ("operator", "run a command of this machine on the operator's LAN"),
    ):
        one = commands.add_parser(name, help=text)
        one.add_argument("name")
        one.add_argument("words", nargs=argparse.REMAINDER, metavar="-- CMD")

    serve = commands.add_parser("acme", help="run an ACME server (pebble) outside of the host")
    serve.add_argument("name")

    push = commands.add_parser("push", help="copy a file into the host")
    push.add_argument("name")
    push.add_argument("source", type=Path)
    push.add_argument("target")

    down = commands.add_parser("down", help="end a host and remove everything of it")
    down.add_argument("names", nargs="+", metavar="name")
    commands.add_parser("list", help="show the hosts")

    vm.add_parser(commands)

    files = commands.add_parser("stock", help="write EL's stock main.cf and master.cf; no root")
    _suite_option(files)
    files.add_argument("directory", type=Path)
    return parser


def _suite_option(parser: argparse.ArgumentParser) -> None:
    """Add the option that chooses the release."""
    parser.add_argument("--suite", choices=list(SUITES), default="el9")


def _up(args: argparse.Namespace) -> None:
    """Boot a host and say how to reach it."""
    options = host.Options(
        suite=args.suite,
        unimported_key=args.unimported_key,
        dovecot=args.dovecot,
        letsencrypt=not args.no_letsencrypt,
        ipv6=not args.no_ipv6,
        certbot=args.certbot,
        epel=args.epel,
        pyz=args.pyz,
    )
    booted = host.boot(args.name, options)
    print(f"{booted.name} runs ({args.suite}, leader {booted.leader_pid}): lab ssh {booted.name}")


def _list() -> None:
    """Print each host, its suite and leader, or that it is a left-over."""
    for name in host.names():
        leader = machine.Machine(name).leader()
        if leader is None:
            print(f"{name}\tleft over: lab down {name}")
        else:
            print(f"{name}\t{host.find(name).options.suite}\tleader {leader}")


def _stock(args: argparse.Namespace) -> None:
    """Copy the stock files into the directory, made if it is missing."""
    args.directory.mkdir(parents=True, exist_ok=True)
    for name in stock.FILES:
        text = (stock.stock_files(args.suite) / name).read_bytes()
        (args.directory / name).write_bytes(text)


def _acme(args: argparse.Namespace) -> None:
    """Serve until it is interrupted."""
    with acme.serve(host.find(args.name)) as said:
        print(f"certbot certonly --server {acme.URL} …; its words: {said}; Ctrl+C ends it")
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


def _enter(args: argparse.Namespace) -> None:
    """Run the command of exec, ssh, outside or operator in place of this one."""
    words = args.words[1:] if args.words[:1] == ["--"] else args.words
    target = host.find(args.name)
    if args.command == "ssh":
        # As ssh does itself: the words are one line for the shell there.
        become(target.ssh_argv(" ".join(words) or None))
    if not words:
        raise LabError(f"lab {args.command} needs a command after --")
    chosen = {
        "exec": target.argv,
        "outside": target.outside_argv,
        "operator": target.operator_argv,
    }
    become(chosen[args.command](words))


def _build(args: argparse.Namespace) -> None:
    """Build the layers of one release."""
    base.build(suite(args.suite))


def _down(args: argparse.Namespace) -> None:
    """End the hosts."""
    for name in args.names:
        host.destroy(name)


def _push(args: argparse.Namespace) -> None:
    """Copy a file into a host."""
    host.find(args.name).push(args.source, args.target)


_AS_ROOT: Mapping[str, Callable[[argparse.Namespace], None]] = {
    "build": _build,
    "up": _up,
    "exec": _enter,
    "ssh": _enter,
    "outside": _enter,
    "operator": _enter,
    "acme": _acme,
    "push": _push,
    "down": _down,
    "list": lambda _: _list(),
    "vm": vm.run_command,
}


def main(argv: Optional[Sequence[str]] = None) -> int:
    """Run one command; returns the exit status, 1 with a sentence when the lab could not."""
    args = _parser().parse_args(argv)
    try:
        if args.command == "stock":
            _stock(args)
        else:
            require_root()
            _AS_ROOT[args.command](args)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 1
    return 0
