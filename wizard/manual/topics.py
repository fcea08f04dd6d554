"""The topics of `postfix-wizard help`, and the pages that are written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from wizard.manual import answers, commands, policy
from wizard.manual.commands import Command
from wizard.manual.page import Entry, Example, Heading, Page, Paragraph

UNDO = Page(
    "undo",
    "7",
    "what an undo puts back, and what it cannot",
    (
        Paragraph(
            "`postfix-wizard undo` undoes the newest run that changed something. It shows its plan "
            "first. Each file gets the content, owner, mode and SELinux label that it had before "
            "the run. Services, firewall and alternatives get their former state. If the newest run "
            "ended early and changed nothing, no older run is undone unless you name it."
        ),
        Example(
            (
                "postfix-wizard undo --dry-run",
                "postfix-wizard undo",
                "postfix-wizard undo RUN --with-later",
            )
        ),
        Paragraph(
            "`postfix-wizard runs` lists the runs. If you changed one of the files after the run, the "
            "undo does not begin, since your edit would be lost. It names the file. If a later run "
            "wrote the same file, it names that run; `--with-later` undoes all later runs, too, the "
            "newest first."
        ),
        Heading("what undo cannot do"),
        Entry(
            "mail",
            "Mail that was delivered, refused, bounced or sent since the run stays so. If the run "
            "flushed the queue, that mail does not come back.",
        ),
        Entry(
            "mailboxes",
            "Mail that arrived in a new mailbox stays there. If the run changed the place of "
            "mailboxes, move that mail by hand.",
        ),
        Entry(
            "DNS caches",
            "The zone file gets its former records. Other servers still use the new ones until "
            "their TTL has passed.",
        ),
        Entry(
            "records elsewhere",
            "Records that you published at a provider stay until you remove them. Keep a DKIM "
            "record for some days, since signed mail may still be on its way.",
        ),
        Entry("keys", "DKIM keys that a run made stay on the disk."),
        Entry(
            "certificates",
            "A certificate that was issued stays, and so does the ACME account. The rate limits of "
            "the authority count it.",
        ),
        Entry(
            "packages",
            "A package that the run installed stays, unless you add `--remove-package`. Packages "
            "that dnf updated stay updated.",
        ),
        Entry(
            "blocklists",
            "If this server sent spam, its address stays listed until the list removes it.",
        ),
        Entry(
            "what others did",
            "Rows and lines that you or other programs added stay, and an undo names them.",
        ),
        Entry("copies", "The `.orig` files stay."),
        Heading("to make the changes again"),
        Paragraph("An undo cannot be undone. But the plan of the run still has the answers:"),
        Example(
            ("postfix-wizard apply --answers /var/lib/postfix-wizard/runs/RUN/plan.json",),
        ),
    ),
)

HAND_EDITS = Page(
    "hand-edits",
    "7",
    "what happens to a setting that you changed by hand",
    (
        Paragraph(
            "You may edit main.cf, master.cf and the tables by hand at any time. "
            "`postfix-wizard status` shows what differs from what the runs wrote."
        ),
        Heading("the next plan"),
        Paragraph(
            "Your edit stays if the plan does not need to change that setting; the plan says so. If "
            "the plan would write another value, that is a conflict. The plan shows what a run wrote, "
            "what is there now and what is planned. Nothing runs before you choose:"
        ),
        Example(("postfix-wizard apply --keep-mine", "postfix-wizard apply --take-planned")),
        Entry("--keep-mine", "All of your edits stay, and the rest of the plan is done."),
        Entry("--take-planned", "The plan's values replace your edits."),
        Paragraph(
            "In the screens, you choose for each conflict on Review: `k` keeps your value, `t` takes "
            "the planned one. If a field of the answers can have the value that you keep, it is saved "
            "there, and later plans write it."
        ),
        Heading("files of a package update"),
        Paragraph(
            "`plan` and `status` warn of a `.rpmnew` or `.rpmsave` file next to main.cf or master.cf. "
            "Copy what you need from it into main.cf or master.cf, then remove it."
        ),
    ),
)

TOPICS: Mapping[str, Callable[[Sequence[Command]], Page]] = {
    "commands": commands.page,
    "answers": lambda _: answers.page(),
    "policy": lambda _: policy.page(),
    "hand-edits": lambda _: HAND_EDITS,
    "undo": lambda _: UNDO,
}
"""By topic: the function that makes its page from the table of commands."""
