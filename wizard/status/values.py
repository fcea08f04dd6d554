"""Today's value of each section in a few words, from main.cf."""

from __future__ import annotations

from wizard.answers.model import POLICY, Answers
from wizard.host.facts import Host
from wizard.postfix.parameters import PARAMETERS, RESTRICTIONS
from wizard.sections.reading import main_cf
from wizard.sections.registry import SECTIONS


def values(host: Host, today: Answers) -> dict[str, str]:
    """Return the words by section. They may contain control characters of main.cf.

    `today` are the answers that were read back. Sections prefer main.cf: `today` has the default
    for a value that no answer can express.
    """
    return {
        **{one.name: one.value(host, today) for one in SECTIONS},
        POLICY: _policy(host, today),
    }


def _policy(host: Host, today: Answers) -> str:
    main = main_cf(host)
    own = [one for one in PARAMETERS if one.section == POLICY and one.kind != RESTRICTIONS]
    so = sum(main.value(one.name) in (one.value(today), *one.also) for one in own)
    return f"{so} of {len(own)} lines as the policy's"
