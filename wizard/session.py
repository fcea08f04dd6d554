"""The operations that screens and command line share, and that combine several others.

`main` makes one `Session`, which has all that the operations need: reader, directories, program.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import shlex
import stat
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Collection, Optional

from wizard.answers.catalogue import ListZone
from wizard.answers.model import Answers
from wizard.answers.old_server import old_server
from wizard.answers.saved import with_saved
from wizard.answers.toml import read_stored, saved_answers
from wizard.certificates.model import CertificatePair
from wizard.certificates.pairs import NO_FILES, read_pair
from wizard.door import Door
from wizard.environment import captured
from wizard.errors import Trouble, UsageTrouble, refused_access
from wizard.finding import Finding
from wizard.host.facts import Host
from wizard.host.read import read_host
from wizard.host.secret_file import DQS_KEY, read_secret
from wizard.make_plan import make_plan, with_count, with_pair
from wizard.paths import DQS_KEY_FILE
from wizard.plan.choices import Choices
from wizard.plan.model import Plan
from wizard.planning.read_back import read_back
from wizard.postfix.blocklists import with_key
from wizard.run.caller import Caller, find_caller
from wizard.run.path_obstacles import with_path_obstacles
from wizard.run.paths import Places
from wizard.run.readiness import unready
from wizard.secrets import MASK
from wizard.sections.reading import relay_of
from wizard.sections.registry import NEEDS, SECTIONS

if TYPE_CHECKING:
    from wizard.dns.blocklists import Health
    from wizard.dns.lookups import Lookups
    from wizard.dns.records import Published
    from wizard.drafts.offer import Opening
    from wizard.drafts.store import DraftStore
    from wizard.move.model import Checklist
    from wizard.status.drift import DriftItem
    from wizard.status.mail_state import MailState
    from wizard.status.sections import SectionRow


UNDECIDED = Choices()
CHECK_SECONDS = 180
"""Seconds for a whole check. It takes 20 where no resolver and no other server answers."""


def local_session(root: Path = Path("/")) -> Session:
    """Return the session of this machine, or of a copied /etc below `root`.

    Raises UsageTrouble where `root` has no directory etc, and Trouble where nobody but root may look.
    """
    doing = f"looking at --root {root}"
    try:
        is_there = stat.S_ISDIR(os.stat(root / "etc").st_mode)  # noqa: PTH116 (says why it failed)
    except PermissionError as error:
        advice = f"Look with `namei -l {shlex.quote(str(root))}`."
        raise refused_access(doing, error.strerror or str(error), advice) from error
    except (OSError, ValueError):
        is_there = False
    if not is_there:
        raise UsageTrouble(
            doing,
            "there is no directory etc in it",
            "Name the directory that the copied etc is in: --root /srv/copy for /srv/copy/etc",
        )
    program = (sys.executable, os.path.abspath(sys.argv[0]))  # noqa: PTH100 - a link stays one
    return Session(Door(root), Places(), program)


@dataclass(frozen=True)
class Session:
    """The host (`door`), the directories of runs (`places`), and the words that start this program."""

    door: Door
    places: Places
    program: tuple[str, ...]

    def host(self) -> Host:
        """Read the facts of the host. Takes 0.1 to 2 s, longer if dnf must fetch the package."""
        return read_host(self.door, NEEDS, gathered=self.places.gathered)

    def caller(self) -> Caller:
        """Return who started this process."""
        return find_caller()

    def answers(self, host: Host) -> Optional[Answers]:
        """Return the saved answers, else those read back; None if the host was never set up."""
        saved = saved_answers(self.door)
        return read_back(host) if saved is None else read_stored(saved)

    def today(self, host: Host) -> Optional[Answers]:
        """Return the answers that the host's files express today; None if it was never set up.

        Fields that no file expresses come from the saved answers, if those can be read.
        """
        today = read_back(host)
        saved = saved_answers(self.door)
        if today is None or saved is None:
            return today
        try:
            return with_saved(today, read_stored(saved))
        except Trouble:
            return today

    def opening(
        self, host: Host, given: Optional[Answers] = None, sections: Collection[str] = ()
    ) -> Opening:
        """Return what the forms begin with: the answers of a file, today's or the saved ones.

        All sections are planned if the host was never set up, or if a whole file is given. Raises
        Trouble if the saved answers are needed and unreadable.
        """
        from wizard.answers.build import to_values  # noqa: PLC0415 - as for undo_plan
        from wizard.answers.unnamed import with_unnamed  # noqa: PLC0415
        from wizard.drafts.offer import Opening  # noqa: PLC0415
        from wizard.planning.read_back import read_values  # noqa: PLC0415

        today = self.today(host)
        if given is None:
            own = today or self.answers(host)
            values = read_values(host) if own is None else to_values(own)
            return Opening(values, own is None, today)
        own = today
        if own is None:
            with contextlib.suppress(Trouble):
                own = self.answers(host)
        host_values = read_values(host) if own is None else to_values(own)
        first = not sections
        if today is not None and not first:
            given = with_unnamed(given, today)
        return Opening(to_values(given), first, today, host_values)

    def certificate_pair(self, cert_file: str, key_file: str) -> CertificatePair:
        """Read a pair of files that a form names. What is wrong with it is its `problem`."""
        found = read_pair(self.door, cert_file, key_file)
        return found or CertificatePair(cert_file, key_file, problem=NO_FILES)

    def drafts(self) -> DraftStore:
        """Return the store of the answers that this user typed and did not run yet."""
        from wizard.drafts.store import DraftStore, login_of, this_process  # noqa: PLC0415
        from wizard.run.caller import find_caller  # noqa: PLC0415 - as for undo_plan

        return DraftStore(self.places, login_of(find_caller()), this_process())

    def sections(self, host: Host) -> tuple[tuple[SectionRow, ...], Optional[Answers]]:
        """Return the list of sections, and the answers as of the last runs.

        The answers are today's if no run wrote anything, None if the host was never set up.
        """
        from wizard.status.collect import drift_items  # noqa: PLC0415
        from wizard.status.expected import expected_with_history  # noqa: PLC0415
        from wizard.status.last_answers import last_answers  # noqa: PLC0415 - as for undo_plan
        from wizard.status.sections import section_rows  # noqa: PLC0415

        today = self.today(host)
        expected = expected_with_history(self.places)
        items = drift_items(self.places, host, expected)
        if today is None:
            return section_rows(host, None, expected, items), None
        rows = section_rows(with_pair(self.door, today, host), today, expected, items)
        last = last_answers(host, today, expected)
        return rows, with_saved(last, today)

    def plan(
        self,
        answers: Answers,
        host: Host,
        sections: Collection[str] = (),
        choices: Choices = UNDECIDED,
    ) -> Plan:
        """Return the plan for these answers.

        If certificates must be fetched first, it is the plan of a gather run (`Plan.gathers`). If
        the last run ended early, the plan has a warning or a caution. `choices` decide the
        conflicts with hand edits. Raises Trouble.
        """
        return make_plan(self.door, self.places, answers, host, sections=sections, choices=choices)

    def undo_plan(
        self, run: str = "", *, remove_package: bool = False, taken_first: Collection[str] = ()
    ) -> Plan:
        """Return the plan that undoes `run`, or the newest run that changed something.

        It undoes the later runs `taken_first` before. Raises Trouble when there is no such run.
        """
        # Its imports compare the run with the host as the worker does: 9 ms for other commands.
        from wizard.run.plan_undo import undo_plan  # noqa: PLC0415

        plan = undo_plan(self.places, run, remove_package=remove_package, taken_first=taken_first)
        plan = with_path_obstacles(with_count(self.door, plan), self.door)
        return replace(plan, obstacles=(*plan.obstacles, *unready(self.places, plan)))

    def has_something_to_undo(self, run: str) -> bool:
        """True if undo would take back something of this run. Reads its journal."""
        from wizard.run.plan_undo import has_steps  # noqa: PLC0415 - as for undo_plan

        return has_steps(self.places, run)

    def newest_to_undo(self) -> str:
        """Return the run that an undo without a name takes back, "" for none. Reads journals."""
        from wizard.run.plan_undo import newest_to_undo  # noqa: PLC0415 - as for undo_plan

        return newest_to_undo(self.places)

    def runs_to_undo(self) -> frozenset[str]:
        """Return all runs of which undo would take something back. Reads their journals."""
        from wizard.run.plan_undo import runs_to_undo  # noqa: PLC0415 - as for undo_plan

        return runs_to_undo(self.places)

    def queued(self) -> Optional[int]:
        """Return how many messages are in the queue, None if that is not known. Takes at most 5 s."""
        from wizard.host.waiting import count_queued  # noqa: PLC0415 - as for undo_plan

        return count_queued(self.door)

    def mail_state(self, plan: Plan) -> MailState:
        """Observe whether port 25 answers after a run of this plan. Takes at most 5 s."""
        from wizard.status.mail_state import observe_mail  # noqa: PLC0415 - as for undo_plan

        return observe_mail(self.door, plan)

    def check(self) -> tuple[Finding, ...]:
        """Check this server in a process of its own, as `postfix-wizard check` does.

        That takes 3 to 20 s. The process ends by itself if this one ends meanwhile, and removes the
        address that it adds. Raises Trouble with its message if there are no findings.
        """
        from wizard.check.report import from_json  # noqa: PLC0415 - as for undo_plan

        doing = "checking this server"
        try:
            done = captured((*self.program, "check", "--json"), CHECK_SECONDS)
        except subprocess.TimeoutExpired as error:
            advice = "Run `postfix-wizard check` in a shell to see where it waits."
            raise Trouble(doing, f"it took more than {CHECK_SECONDS} s", advice) from error
        except OSError as error:
            raise Trouble(doing, f"{self.program[0]}: {error.strerror}") from error
        try:
            return from_json(done.stdout.decode("utf-8", "replace"))
        except ValueError as error:
            said = done.stderr.decode("utf-8", "replace").strip()
            raise Trouble(doing, said or str(error)) from error

    def start(self, plan: Plan, *, attended: bool) -> str:
        """Start a worker on this plan and return the run's ID; returns in about 50 ms.

        `attended` is True if somebody will answer prompts. Raises LockedTrouble when another run
        is in progress, Trouble when a conflict with a hand edit is not decided.
        """
        if plan.undecided:
            raise Trouble(
                "starting a run",
                f"{len(plan.undecided)} hand edits stand against its plan",
                "Choose for each of them: `postfix-wizard apply --keep-mine` or `--take-planned`"
                " does for all.",
            )
        from wizard.run.launch import launch  # noqa: PLC0415 - a plan alone starts no run

        return launch(self.places, plan, self.program, attended=attended)

    def status(self, host: Host) -> tuple[str, tuple[DriftItem, ...]]:
        """Return the last run that changed something ("" for none), and how all that runs wrote is now."""
        from wizard.status.collect import drift_items  # noqa: PLC0415
        from wizard.status.expected import expected_state  # noqa: PLC0415 - as for undo_plan

        expected = expected_state(self.places)
        return expected.newest, drift_items(self.places, host, expected)

    def move(self, answers: Answers, host: Host) -> Optional[Checklist]:
        """Return the checklist of the move; None where the answers name no old server.

        Takes at most six seconds, if no server answers. Writes nothing.
        """
        old = old_server(answers)
        if old is None:
            return None
        from wizard.move.checklist import checklist  # noqa: PLC0415
        from wizard.move.probe import probe  # noqa: PLC0415
        from wizard.move.ticks import read_saved  # noqa: PLC0415

        view = probe(old, answers, host.network.addresses, host.network.resolvers)
        found = (one.withdrawals(host) for one in SECTIONS)
        view = replace(
            view,
            withdrawals={name: date for each in found for name, date in each.items()},
            day=time.strftime("%Y-%m-%d", time.gmtime()),
        )
        saved, warnings = read_saved(self.places, old.name)
        return checklist(view, saved, time.time(), warnings)

    def tick_move(self, old: str, done: Collection[str], undone: Collection[str]) -> None:
        """Tick items of the move from `old` by hand, or remove ticks. Raises Trouble."""
        from wizard.move.checklist import ticked  # noqa: PLC0415 - as for undo_plan
        from wizard.move.ticks import read_saved, write_saved  # noqa: PLC0415

        saved, _ = read_saved(self.places, old)
        write_saved(self.places, old, ticked(saved, done, undone, time.time()))

    def ask_lists(
        self,
        zones: Collection[ListZone],
        host: Host,
        key_file: str = DQS_KEY_FILE,
        *,
        seconds: float = 3.0,
    ) -> tuple[Health, ...]:
        """Test blocklists with their test points and this host's addresses; at most `seconds` each.

        `key_file` has the key for lists that need one. Never raises: an error is the state of its
        list.
        """
        from wizard.dns.addresses import public4  # noqa: PLC0415 - dnspython is slow
        from wizard.dns.blocklists import ask_lists  # noqa: PLC0415

        network = host.network
        own = public4(network.addresses)
        if any(MASK in one.zone for one in zones):
            zones = with_key(zones, read_secret(self.door, key_file, DQS_KEY).text)
        return ask_lists(zones, network.resolvers, own, seconds=seconds)

    def look_up(
        self, answers: Answers, host: Host, *, seconds: float = 3.0
    ) -> tuple[tuple[Finding, ...], tuple[Published, ...]]:
        """Query the DNS records of this server, in `seconds`; return findings and wanted records.

        A policy of MTA-STS is fetched in 2 seconds. Never raises: a failed query is a finding.
        """
        from wizard.check.dns.records import judge_lookups  # noqa: PLC0415 - dnspython is slow
        from wizard.check.dns.served_keys import keys_of_answers  # noqa: PLC0415
        from wizard.check.dns.sts_policies import fetch_policies  # noqa: PLC0415
        from wizard.dns.lookups import look_up  # noqa: PLC0415

        network, keys = host.network, keys_of_answers(self.door, answers)
        found = look_up(answers, network.addresses, network.resolvers, seconds=seconds)
        findings = judge_lookups(
            answers, found, keys=keys, relay=relay_of(host), fetched=fetch_policies(found)
        )
        return tuple(findings), self._records(answers, host, found)

    def begin_records(
        self, answers: Answers, host: Host, *, why_not: str = "", seconds: float = 1.0
    ) -> Callable[[], tuple[Published, ...]]:
        """Begin to query what is published; the result waits for the DNS records to publish.

        What is published is completed. It is queried in `seconds`, in a thread. With `why_not` names and
        servers of others are not.
        """
        from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - for this alone

        from wizard.dns.lookups import look_up  # noqa: PLC0415 - dnspython is slow

        # Before the threads: on Python 3.13 threads that imported it at the same time failed.
        importlib.import_module("dns.resolver")
        network = host.network
        pool = ThreadPoolExecutor(1, thread_name_prefix="records")
        pending = pool.submit(
            look_up,
            answers,
            network.addresses,
            network.resolvers,
            seconds=seconds,
            why_not=why_not,
        )
        pool.shutdown(wait=False)
        return lambda: self._records(answers, host, pending.result())

    def _records(self, answers: Answers, host: Host, found: Lookups) -> tuple[Published, ...]:
        from wizard.check.dns.served_keys import keys_of_answers  # noqa: PLC0415 - OpenSSL is slow
        from wizard.dns.addresses import public4  # noqa: PLC0415 - dnspython is slow
        from wizard.dns.records import to_publish  # noqa: PLC0415

        keys = keys_of_answers(self.door, answers)
        outer = public4((*host.network.addresses, *answers.networks.proxy_interfaces))
        signing = {
            name: public
            for one in SECTIONS
            for name, public in one.signing_keys(self.door, answers).items()
        }
        return to_publish(answers, outer, found, keys, relay_of(host), signing=signing)
