"""Large configurations: 10,000 names in mydestination, 100,000 rows of sender_access."""

from __future__ import annotations

from benchmarks.figures import Figure
from benchmarks.hosts import PROGRAM, ROOT, Run, Yard, column, measure, yard
from lab.host import Host

HOW = """\
`plan` with its diffs on an EL9 host whose live files are large already: mydestination holds 10,000
names, of which every other is another name in the answers, and sender_access holds 100,000 rows of
the operator's own, below which the answers add one. By turns with `diff -u` of the same two
files (as the wizard's plan has them) and `postmap` of the new table. The growth is each size's over that of
a tenth of it, which would be 10 if nothing were fixed. Python has a floor here: to read and to write the 10,000
names in TOML takes tomlkit 0.25 s of CPU, the imports 0.06 s, and postconf with `postmap -s` 0.1 s, five times
what the peer takes, before a line is compared."""

SIZES = {"small": (100, 1_000), "middle": (1_000, 10_000), "large": (10_000, 100_000)}
"""By size how many names mydestination has and how many rows sender_access."""
NEW, LIVE = "/root/new", "/root/live"
FILES = ("main.cf", "sender_access")
LARGE_ANSWERS = "/root/large.toml"


def measure_row(rounds: int) -> list[Figure]:
    """Measure the large configuration, and how it grew from a hundredth."""
    ours: dict[str, tuple[float, ...]] = {}
    peer: dict[str, tuple[float, ...]] = {}
    with yard() as here:
        hosts = {size: _host(here, *numbers) for size, numbers in SIZES.items()}
        plan = Run("plan", [PROGRAM, "plan", "--answers", LARGE_ANSWERS], codes=(2,))
        tools = Run("tools", ["sh", "/root/tools.sh"])
        for size, host in hosts.items():
            measure(host, [plan, tools], 1)
            found = measure(host, [plan, tools], rounds)
            ours[size] = column(found["plan"], "wall")
            peer[size] = column(found["tools"], "wall")

    def plan_of(size: str, reach: float | None = None) -> Figure:
        names, rows = SIZES[size]
        what = f"plan: {names:,} names, {rows:,} rows"
        return Figure("large", what, "s", ours[size], "diff -u and postmap", peer[size], reach)

    def growth(what: str, size: str, tenth: str) -> Figure:
        grew = tuple(more / less for more, less in zip(ours[size], ours[tenth]))
        return Figure("large", f"growth of the plan, {what}", "x", grew)

    return [
        plan_of("large", 3),
        plan_of("middle"),
        plan_of("small"),
        growth("1,000 to 10,000 rows", "middle", "small"),
        growth("10,000 to 100,000 rows", "large", "middle"),
    ]


def _host(here: Yard, names: int, rows: int) -> Host:
    """Boot a host with such files, and lay those that the wizard makes of them into NEW."""
    host = here.boot()
    host.run(["dnf", "-y", "install", "postfix"], check=True)
    old = [f"name-{number}.example.com" for number in range(names)]
    new = [name if number % 2 else f"new-{name}" for number, name in enumerate(old)]
    stock = "\nmydestination = $myhostname, localhost.$mydomain, localhost\n"
    folded = "".join(f",\n    {name}" for name in ("$mydomain", *old))
    main = host.read("/etc/postfix/main.cf")
    host.write(f"{LIVE}/main.cf", main.replace(stock, f"{stock[:-1]}{folded}\n"))
    table = "".join(f"sender-{number}.example.net\tREJECT\n" for number in range(rows))
    host.write(f"{LIVE}/sender_access", table)
    _lay(host)

    answers = (ROOT / "examples/zeke.toml").read_text()
    local = '["ace.zeke.ne.jp", "cafe.zeke.ne.jp", "myhome.zeke.ne.jp"]'
    answers = answers.replace(local, "[" + ", ".join(f'"{name}"' for name in new) + "]")
    answers = answers.replace("allow_senders = []", 'allow_senders = ["friend.example.org"]')
    host.write(LARGE_ANSWERS, answers, 0o600)
    host.run([PROGRAM, "apply", "--answers", LARGE_ANSWERS, "--yes"], check=True, timeout=900)
    host.run(["mkdir", NEW], check=True)
    host.run(["cp", *(f"/etc/postfix/{name}" for name in FILES), NEW], check=True)
    _lay(host)
    diffs = "".join(f"diff -u {LIVE}/{name} {NEW}/{name}\n" for name in FILES)
    host.write("/root/tools.sh", f"{diffs}exec postmap {NEW}/sender_access\n")
    return host


def _lay(host: Host) -> None:
    host.run(["cp", *(f"{LIVE}/{name}" for name in FILES), "/etc/postfix/"], check=True)
    host.run(["postmap", "/etc/postfix/sender_access"], check=True)
