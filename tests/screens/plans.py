"""The plans, findings and events of a run that the stand-in for a session has."""

from __future__ import annotations

from tests.screens.hosts import MAIN, MASTER, data
from wizard.answers.model import Caution
from wizard.finding import Finding
from wizard.host.facts import Host
from wizard.plan.actions import Command, Install, OpenFirewall, Prove, ReplaceFile
from wizard.plan.files import NewFile, Past
from wizard.plan.firewall import SERVICES
from wizard.plan.model import FileChange, Plan, Step
from wizard.plan.undo_actions import PutBack
from wizard.postfix.proposal import Reason
from wizard.run import records
from wizard.status.mail_state import GREETS, MailState

RUN = "20251124-031500-1"

CAUTION = Caution(
    "public-range",
    "203.0.113.0/24 in mynetworks is a public range: every host in it may relay mail through "
    "this server without a password.",
    ("203.0.113.0/24",),
)

NAME_CAUTION = Caution(
    "certificate-name",
    "The certificate zeke.ne.jp is for zeke.ne.jp and not for mail.zeke.ne.jp: mail programs will "
    "warn their users.",
    ("mail.zeke.ne.jp",),
)

WARNING = "bl.spamcop.net has no reply filter: a lapsed zone would refuse all mail."


def make_plan(host: Host, cautions: tuple[Caution, ...] = ()) -> Plan:
    """A plan as the planner might make it, short enough to read."""
    main, master = data("main.cf.next"), data("master.cf.next")
    reasons = (
        Reason(12, 12, "the name that other servers see"),
        Reason(23, 23, "mail is taken from everywhere, not from this host alone"),
        Reason(26, 26, "this host's IPv6 has no PTR, and blocklists know IPv4 better"),
        Reason(30, 30, "only these hosts may relay without a password"),
        Reason(38, 41, "AUTH is Dovecot's own; off here, turned on per service in master.cf"),
    )
    files = (
        FileChange(MAIN, host.files[MAIN].original, host.files[MAIN].live, main, reasons),
        FileChange(
            MASTER,
            host.files[MASTER].original,
            host.files[MASTER].live,
            master,
            (Reason(3, 6, "people send through 587, with a password"),),
        ),
    )
    steps = (
        Step(
            "install",
            "Install Postfix",
            "everything else needs it",
            Install("postfix", ("dnf", "install", "postfix"), ()),
            (("dnf", "install", "postfix"),),
        ),
        Step(
            "main.cf",
            "Replace main.cf",
            "the policy's parameters",
            ReplaceFile(NewFile(MAIN, main, None)),
        ),
        Step(
            "firewall",
            "Open smtp, smtp-submission and smtps in zone public",
            "strangers must reach ports 25, 587 and 465",
            OpenFirewall("public", SERVICES, SERVICES),
            (
                ("firewall-cmd", "--permanent", "--zone=public", "--add-service=smtp"),
                ("firewall-cmd", "--reload"),
            ),
        ),
        Step("prove", "Talk to the result", "", Prove()),
        Step("enable", "Start at boot", "", Command(("true",)), done=True),
    )
    return Plan("", (), steps, files, cautions, (WARNING,))


def undo_plan(host: Host, run: str) -> Plan:
    """The way back from a first set-up."""
    change = FileChange(MAIN, host.files[MAIN].original, data("main.cf.next"), data("main.cf"))
    past = Past(MAIN, "file:00", "file:01", "/var/lib/postfix-wizard/runs/x/replaced/00-main.cf")
    steps = (
        Step(
            "back-main.cf",
            f"Put back {MAIN}",
            "As it stood before the run.",
            PutBack((past,)),
            (("cp", "-p", past.copy, MAIN),),
        ),
    )
    return Plan("", (), steps, (change,), undoes=run)


FLOWING = MailState(
    GREETS,
    "Port 25 answers with the OLD configuration.",
    'Seen: port 25 of this host answered "220 mail.zeke.ne.jp ESMTP Postfix".',
)

FINDINGS = (
    Finding("smtp.25.banner", "25: banner", "mail.zeke.ne.jp ESMTP Postfix", "no version", "right"),
    Finding("smtp.25.auth", "25: AUTH", "not offered", "not offered", "right"),
    Finding(
        "smtp.465.auth",
        "465: AUTH",
        "no socket private/auth",
        "PLAIN offered",
        "waits",
        "Set up Dovecot; then run `postfix-wizard check`.",
    ),
    Finding(
        "dns.mx",
        "MX of ace.zeke.ne.jp",
        "none",
        "10 mail.zeke.ne.jp.",
        "warning",
        "Add `ace IN MX 10 mail.zeke.ne.jp.` to the zone.",
        fatal=False,
    ),
)

SPF = Finding(
    "dns.spf",
    "zeke.ne.jp TXT (SPF)",
    "v=spf1 -all, which does not allow 203.0.113.25, the address that mail leaves by",
    "v=spf1 mx -all",
    "wrong",
    'Add `zeke.ne.jp. IN TXT "v=spf1 mx -all"` to the zone.',
    fatal=False,
)


def happy_events() -> list[records.Event]:
    """A run with a question in its first step, and output that wants to be more than text."""
    return [
        records.RunStarted(RUN, "0" * 64, 4711),
        records.StepStarted("install"),
        records.Output(
            "install", ("Last metadata expiration check: 0:12:01 ago.", "[red]no[/", "")
        ),
        records.Prompted(1, "install", "Importing GPG key 0xB86B3716\nIs this ok [y/N]: ", True),
        records.Output("install", ("Complete!",)),
        records.PromptClosed(1, answered=True),
        records.StepFinished("install", "done", 4.2, "", {}),
        records.StepStarted("main.cf"),
        records.StepFinished("main.cf", "done", 0.1, "", {}),
        records.StepStarted("firewall"),
        records.Output("firewall", ("success",)),
        records.StepFinished("firewall", "done", 0.6, "", {}),
        records.StepStarted("prove"),
        records.Found(FINDINGS),
        records.StepFinished("prove", "done", 1.1, "", {}),
        records.RunFinished("done", ""),
    ]
