"""The plan: its steps, and the files of the review. `wizard.plan.wire` converts it to JSON."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Optional, Union

from wizard.answers.model import Caution, Problem
from wizard.plan import actions, certificate_actions, undo_actions
from wizard.plan.hand_edit import HandEdit
from wizard.postfix.proposal import Reason

Action = Union[
    actions.Install,
    actions.KeepOriginal,
    certificate_actions.Relink,
    certificate_actions.Fetch,
    certificate_actions.Obtain,
    certificate_actions.Lay,
    certificate_actions.ProveRenewals,
    actions.Forget,
    certificate_actions.SelfSign,
    actions.StagedCheck,
    actions.ReplaceFile,
    actions.ReplaceZone,
    actions.CheckZone,
    actions.ReloadZone,
    actions.CheckDovecot,
    actions.TurnBeside,
    actions.TurnSigner,
    actions.ReturnSigner,
    actions.MakeKey,
    actions.AskRecords,
    actions.ProveSignatures,
    actions.SetMember,
    actions.AskThenFlush,
    actions.BuildTable,
    actions.Command,
    actions.PostfixCheck,
    actions.Service,
    actions.HoldMail,
    undo_actions.ReleaseMail,
    actions.EnableUnit,
    actions.StopMta,
    actions.SetAlternative,
    actions.OpenFirewall,
    actions.Prove,
    actions.Deliver,
    undo_actions.PutBack,
    undo_actions.ReturnUnit,
    undo_actions.Disable,
    undo_actions.ReturnMta,
    undo_actions.ReturnAlternative,
    undo_actions.CloseFirewall,
    undo_actions.ClosePort,
    undo_actions.Remove,
]


@dataclass(frozen=True)
class Step:
    """One step. `id` is stable (`main.cf`, `firewall`), unique in its plan, and names its output.

    `commands` are the argvs that an operator would type, for Review. `done` is True if the host is
    already in this state: the run skips the step.
    """

    id: str
    title: str
    why: str
    action: Action
    commands: tuple[tuple[str, ...], ...] = ()
    done: bool = False


@dataclass(frozen=True)
class FileChange:
    """One file of the review: the texts of its `.orig`, of the live file and of the proposal."""

    path: str
    original: Optional[bytes]
    live: Optional[bytes]
    proposed: bytes
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Foreign:
    """Something that certbot would run, read or write because of a file of another server.

    `name` is the name for --accept, `place` the file and line, `use` what certbot does with it.
    """

    name: str
    place: str
    use: str
    text: str
    accepted: bool = False


@dataclass(frozen=True)
class Plan:
    """An ordered list of steps with what the operator must know before they run.

    - `answers`: the TOML text of the answers from which it was made, without secrets.
    - `today`: the answers read back before the run, as TOML; "" if nobody set the server up.
    - `sections`: the requested sections, empty for all.
    - `obstacles`: a plan with obstacles cannot be run, only shown.
    - `cautions`: each must be accepted by name and value. `warnings` stop nothing.
    - `edits`: the hand edits. A plan with `undecided` ones cannot be run, only shown.
    - `to_copy`: changes that no step writes; the operator may copy them.
    - `undoes`: the ID of the run that it undoes, "" if it is not an undo.
    - `stays`: in an undo, a sentence for each thing that remains and was not there before the run.
    - `gathers`: the certificate's source of a gather run, "" for a plan that changes the host. A
      second plan uses the gathered certificates, and only its run saves the answers.
    - `foreign`: items of another server. The run does not copy those that are not accepted.
    - `release`: the major release of the distribution ("9"), "" if it was not recorded.
    """

    answers: str
    sections: tuple[str, ...]
    steps: tuple[Step, ...]
    files: tuple[FileChange, ...]
    cautions: tuple[Caution, ...] = ()
    warnings: tuple[str, ...] = ()
    obstacles: tuple[Problem, ...] = ()
    undoes: str = ""
    gathers: str = ""
    edits: tuple[HandEdit, ...] = ()
    to_copy: tuple[FileChange, ...] = ()
    stays: tuple[str, ...] = ()
    foreign: tuple[Foreign, ...] = ()
    release: str = ""
    today: str = ""

    @property
    def undecided(self) -> tuple[HandEdit, ...]:
        """The conflicts that the operator must still decide."""
        return tuple(one for one in self.edits if one.undecided)

    @property
    def pending(self) -> tuple[Step, ...]:
        """The steps that are not done yet: a run takes exactly these."""
        return tuple(step for step in self.steps if not step.done)
