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
            "`postfix-wizard undo` takes back the newest run that changed something. It shows its "
            "plan first. Each file gets the bytes, owner, mode and label that it had before the "
            "run. Services, firewall and alternatives get their former state."
        ),
        Example(
            (
                "postfix-wizard undo --dry-run",
                "postfix-wizard undo",
                "postfix-wizard undo RUN --with-later",
            )
        ),
        Paragraph(
            "An undo does not begin if you changed one of these files after the run: your edit "
            "would be lost. It names the file. If a later run wrote the same file, it names that "
            "run, and `--with-later` takes back both, the newer one first."
        ),
        Heading("what undo cannot do"),
        Entry(
            "mail",
            "Mail that was delivered, refused, returned or sent while the run was in force stays "
            "so. The queue that was flushed is not filled again.",
        ),
        Entry(
            "mailboxes",
            "Mail that arrived in a new mailbox stays there. If you changed the place of mailboxes, "
            "move that mail by hand.",
        ),
        Entry(
            "DNS caches",
            "The zone file gets its former records. Other servers still use the new ones until "
            "their TTL has passed.",
        ),
        Entry(
            "records elsewhere",
            "Records that you published at a provider are yours to remove. A DKIM record should "
            "stay for some days, since mail that was signed is still on its way.",
        ),
        Entry("keys", "Keys of DKIM that a run made stay on the disk."),
        Entry(
            "certificates",
            "A certificate that was issued stays, as does the ACME account. The limits of the "
            "authority count it.",
        ),
        Entry(
            "packages",
            "A package that the run installed stays, unless you give `--remove-package`. Packages "
            "that dnf updated meanwhile stay updated.",
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
        Heading("to have the changes again"),
        Paragraph("Nothing undoes an undo. The plan of the run still has its answers:"),
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
            "A plan leaves an edit alone if it has no need to change that setting, and says so. If "
            "it would change the setting to another value, that is a conflict. The plan shows what "
            "a run wrote, what is there now and what is planned. Nothing is run before you choose."
        ),
        Entry("--keep-mine", "All of your edits stay, and the rest of the plan is done."),
        Entry("--take-planned", "The plan's values replace your edits."),
        Paragraph(
            "In the screens, Review has both for each conflict: `k` keeps yours, `t` takes the "
            "planned one. A value that you keep is saved in the answers if one can express it. It "
            "is the planned value from then on."
        ),
        Heading("files of a package update"),
        Paragraph(
            "A `.rpmnew` or `.rpmsave` file next to main.cf or master.cf is a warning of `plan` and "
            "`status`. Merge it by hand, then remove it."
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
