"""A draft that is stored and put back: only what was typed, over what the host says by then."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Optional

import pytest

from tests.factories import FRESH
from wizard.answers.build import build_answers, to_values
from wizard.answers.form import Text
from wizard.answers.model import POLICY, SECTIONS, Answers
from wizard.answers.toml import format_answers
from wizard.answers.unsaid import unsaid
from wizard.drafts.draft import Draft
from wizard.drafts.offer import Offer, Opening, find_offer, settle_done, stored_of_answers
from wizard.drafts.store import DraftStore
from wizard.drafts.stored import StoredDraft
from wizard.errors import Trouble
from wizard.plan.model import Plan
from wizard.run.history import RunSummary
from wizard.run.paths import Places
from wizard.secrets import MASK

RUN = "20261124-034502-1"
KEYED = "abcdefghijklmnopqrstuvwxyz.zen.dq.spamhaus.net"


def answers(**sections: Any) -> Answers:
    built = build_answers(
        {
            "hostname": {"myhostname": "mail.example.com"},
            "certificate": {"source": "self-signed"},
            **sections,
        }
    )
    assert isinstance(built, Answers), built
    return built


TODAY = answers(domains={"local": ["a.example"]})


def opened(today: Answers = TODAY, **more: Any) -> Draft:
    return Draft(FRESH, to_values(today), first=False, today=today, **more)


def put_back(draft: Draft, today: Answers = TODAY) -> Draft:
    again = opened(today)
    assert again.apply(draft.stored(1.0, "1-1")) == ()
    return again


def test_only_what_was_typed_is_stored_and_all_of_it_comes_back() -> None:
    draft = opened()
    draft.set("hostname", "myhostname", "mail")
    draft.set("limits", "message_size_limit", "50 MB")
    draft.set("domains", "local", ("a.example", "b.example"))
    draft.begin_item("networks", "mynetworks", "10.1")
    draft.run_again("delivery", None)
    draft.run_again(POLICY, None)
    stored = draft.stored(1.0, "1-1")
    assert stored.texts == {
        "hostname": {"myhostname": "mail"},
        "limits": {"message_size_limit": "50 MB"},
        "domains": {"local": ("a.example", "b.example")},
    }
    again = put_back(draft)
    assert again.texts == draft.texts
    assert again.unfinished == {("networks", "mynetworks"): "10.1"}
    assert again.to_run == draft.to_run
    assert again.stored(1.0, "1-1") == stored


def test_the_rest_comes_from_the_host_as_it_is_by_then() -> None:
    draft = opened()
    draft.set("limits", "message_size_limit", "7")
    meanwhile = answers(domains={"local": ["z.example"]}, limits={"message_size_limit": 9})
    again = put_back(draft, meanwhile)
    assert again.text("domains", "local") == ("z.example",)
    assert again.text("limits", "message_size_limit") == "7"
    assert again.changed == ("limits",)
    assert set(again.changed_since(draft.stored(1.0, "1-1"))) == {"domains", "limits"}
    assert put_back(draft).changed_since(draft.stored(1.0, "1-1")) == ()


def test_what_the_host_has_by_then_is_no_change_any_more() -> None:
    draft = opened()
    draft.set("limits", "message_size_limit", "9")
    again = put_back(
        draft, answers(limits={"message_size_limit": 9}, domains={"local": ["a.example"]})
    )
    assert not again.is_touched


def test_an_answers_file_need_not_be_there_again() -> None:
    given = answers(limits={"message_size_limit": 9}, domains={"local": ["a.example"]})
    draft = Draft(FRESH, to_values(given), first=True, host_values=to_values(TODAY))
    assert not draft.is_touched, "nothing was typed"
    draft.set("domains", "local", ("b.example",))
    stored = draft.stored(1.0, "1-1")
    assert stored.texts == {
        "domains": {"local": ("b.example",)},
        "limits": {"message_size_limit": "9"},
    }


def test_a_value_that_no_answer_expresses_is_stored_as_its_text() -> None:
    values = to_values(TODAY)
    values["delivery"] = {**values["delivery"], "recipient_delimiter": unsaid("text", "+-")}
    draft = Draft(FRESH, values, first=False, today=TODAY)
    assert draft.stored(1.0, "1-1").texts == {}
    again = Draft(FRESH, values, first=False, today=TODAY)
    again.apply(StoredDraft(1.0, "1-1", texts={"delivery": {"recipient_delimiter": "+-"}}))
    assert not again.is_touched


def test_a_key_comes_from_the_host_or_must_be_typed_again() -> None:
    today = answers(blocklists={"custom": [{"zone": KEYED}]})
    draft = opened(today)
    draft.set("blocklists", "custom", (KEYED, "bl.example"))
    plain = draft.stored(1.0, "1-1").as_plain()
    stored = StoredDraft(
        1.0, "1-1", texts={"blocklists": {"custom": tuple(plain["texts"]["blocklists"]["custom"])}}
    )
    again = opened(today)
    assert again.apply(stored) == ()
    assert again.text("blocklists", "custom") == (KEYED, "bl.example")
    without = opened()
    (said,) = without.apply(stored)
    assert said == f"Type {MASK}.zen.dq.spamhaus.net again, with its key: keys are not stored."
    assert without.text("blocklists", "custom") == ("bl.example",)


def test_fields_of_another_version_are_named_and_left_out() -> None:
    texts: dict[str, dict[str, Text]] = {
        "hostname": {"myhostname": ("a", "list"), "colour": "red"},
        "weather": {"wind": "north"},
        "limits": {"message_size_limit": "7"},
    }
    draft = opened()
    said = draft.apply(
        StoredDraft(1.0, "1-1", texts=texts, unfinished={"weather": {"x": "y"}}, seen=("weather",))
    )
    assert said == (
        "The text of hostname.myhostname is of another kind: it is left out.",
        "This version has no hostname.colour: its text is left out.",
        "This version has no weather.wind: its text is left out.",
    )
    assert draft.changed == ("limits",)


def test_a_start_with_one_section_carries_the_others_along() -> None:
    draft = opened()
    draft.set("limits", "message_size_limit", "7")
    draft.set("domains", "local", ("not a domain",))
    stored = draft.stored(1.0, "1-1")
    again = opened()
    again.apply(stored, ("limits",))
    assert again.changed == ("limits",), "a wrong text of a section that is not open stops nothing"
    assert isinstance(again.answers_to_plan(), Answers)
    assert again.stored(1.0, "1-1") == stored


def test_a_text_that_is_read_as_the_old_one_is_no_change() -> None:
    draft = opened()
    for name, text in (("myhostname", "MAIL.example.com."), ("myhostname", "mail.example.com ")):
        draft.set("hostname", name, text)
        assert not draft.is_changed("hostname")
    draft.set("networks", "inet_interfaces", "all ")
    draft.set("limits", "message_size_limit", "10M")
    assert not draft.changed
    draft.set("limits", "message_size_limit", "11M")
    assert draft.is_changed("limits")


def test_a_second_wrong_field_takes_no_problem_away() -> None:
    draft = opened()
    draft.set("networks", "inet_protocols", "all")
    missing = next(one for one in draft.problems("networks") if one.name == "mynetworks")
    draft.set("networks", "firewall_zone", "two words")
    wrong = {"mynetworks", "firewall_zone", "inet_protocols"}
    assert {one.name for one in draft.problems("networks")} == wrong, "this host has no ::1"
    draft.set("limits", "message_size_limit", "ten")
    draft.set("hostname", "myhostname", "mail")
    assert missing in draft.problems("networks"), "nor does one of another section"
    draft.set("networks", "mynetworks", ("127.0.0.0/8", "[::1]/128", "10.1"))
    assert {one.name for one in draft.problems("networks")} == wrong
    assert missing not in draft.problems("networks"), "the right items of a list count"


def test_the_line_below_a_list_is_entered_or_refused() -> None:
    draft = opened()
    draft.begin_item("domains", "local", "b.example, c.example a.example")
    assert draft.enter_items() == ()
    assert draft.text("domains", "local") == ("a.example", "b.example", "c.example")
    draft.begin_item("networks", "mynetworks", "10.1")
    (problem,) = draft.enter_items()
    assert (problem.section, problem.name) == ("networks", "mynetworks")
    assert problem.message.startswith("'10.1' ")


# The offer of the next start


@pytest.fixture
def store(tmp_path: Any) -> DraftStore:
    return DraftStore(Places(state=tmp_path / "state"), "taro", "5-5")


def offered(
    store: DraftStore,
    *past: RunSummary,
    plan: Optional[Plan] = None,
    sections: tuple[str, ...] = (),
) -> Optional[Offer]:
    def plan_of(run: str) -> Plan:
        if plan is None:
            raise Trouble(f"reading run {run}", "it is gone")
        return plan

    opening = Opening(to_values(TODAY), first=False, today=TODAY)
    return find_offer(store, opening, FRESH, past, plan_of, now=1000.0, sections=sections)


def typed(run: str = "", **texts: str) -> StoredDraft:
    draft = opened()
    for name, text in texts.items():
        draft.set("limits", name, text)
    return replace(draft.stored(990.0, "5-5"), run=run)


def test_nothing_typed_is_nothing_to_offer(store: DraftStore) -> None:
    assert offered(store) is None
    assert offered(store, RunSummary(RUN, 1.0, "done")) is None


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("failed", f"are not in place: their run {RUN} failed."),
        ("stopped", f"are not in place: their run {RUN} was stopped."),
        ("died", f"are not in place: their run {RUN} was cut off."),
        ("not started", "were not run."),
        ("newer", "were not run."),
        ("unreadable", "were not run."),
    ],
)
def test_answers_whose_run_ended_early_are_offered(
    store: DraftStore, outcome: str, said: str
) -> None:
    store.keep(typed(RUN, message_size_limit="7"))
    offer = offered(store, RunSummary(RUN, 995.0, outcome))
    assert offer is not None
    assert offer.draft is not None
    assert offer.says[0].endswith(said), offer.says
    assert offer.says[1] == "They change: Limits."


def test_the_answers_of_an_undone_run_are_named_so(store: DraftStore) -> None:
    store.keep(typed(RUN, message_size_limit="7"))
    before = offered(store, RunSummary(RUN, 995.0, "stopped"))
    assert before is not None
    assert not before.was_undone
    offer = offered(store, RunSummary(RUN, 995.0, "stopped", undone=True))
    assert offer is not None
    assert offer.was_undone
    assert offer.says[0].endswith(f"their run {RUN} was stopped, and was undone since.")


@pytest.mark.parametrize("sections", [(), ("limits",)])
def test_after_a_run_that_is_done_the_draft_is_gone(
    store: DraftStore, sections: tuple[str, ...]
) -> None:
    store.keep(typed(RUN, message_size_limit="7"))
    run = RunSummary(RUN, 995.0, "done", sections=sections)
    assert offered(store, run) is None
    assert store.read().draft is not None, "a look changes nothing"
    settle_done(store, (run,))
    assert offered(store, run) is None
    assert store.read().draft is None
    assert not store.path.exists()


def test_a_gather_run_that_is_done_has_set_up_nothing(store: DraftStore) -> None:
    store.keep(typed(RUN, message_size_limit="7"))
    assert offered(store, RunSummary(RUN, 995.0, "done", gathers="remote")) is not None


def test_a_run_that_was_started_from_a_file_is_offered_too(store: DraftStore) -> None:
    planned = answers(limits={"message_size_limit": 7}, domains={"local": ["a.example"]})
    plan = Plan(format_answers(planned), ("limits",), (), ())
    offer = offered(store, RunSummary(RUN, 995.0, "failed"), plan=plan)
    assert offer is not None
    assert offer.draft is not None
    assert offer.draft.run == RUN
    draft = opened()
    draft.apply(offer.draft)
    assert draft.changed == ("limits",)
    assert offered(store, RunSummary(RUN, 995.0, "failed", undone=True), plan=plan) is None
    assert offered(store, RunSummary(RUN, 995.0, "failed", undoes="x"), plan=plan) is None
    assert offered(store, RunSummary(RUN, 995.0, "failed")) is None, "an unreadable plan"


def test_what_was_typed_after_the_failed_run_goes_before_its_plan(store: DraftStore) -> None:
    store.keep(typed(message_size_limit="8"))
    planned = answers(limits={"message_size_limit": 7})
    plan = Plan(format_answers(planned), (), (), ())
    offer = offered(store, RunSummary(RUN, 995.0, "failed"), plan=plan)
    assert offer is not None
    assert offer.draft is not None
    assert offer.draft.texts == {"limits": {"message_size_limit": "8"}}


def test_a_change_of_the_host_is_told(store: DraftStore) -> None:
    before = opened(answers(domains={"local": ["old.example"]}))
    before.set("limits", "message_size_limit", "7")
    store.keep(before.stored(990.0, "5-5"))
    offer = offered(store)
    assert offer is not None
    assert any(one.startswith("Since then other values of Domains changed") for one in offer.says)


def test_a_draft_of_other_sections_is_carried_without_a_question(store: DraftStore) -> None:
    store.keep(typed(message_size_limit="7"))
    offer = offered(store, sections=("domains",))
    assert offer is not None
    assert not offer.asks
    assert offered(store, sections=("limits",)) != offer


def test_a_file_that_cannot_be_used_is_told(store: DraftStore) -> None:
    store.places.state.mkdir(0o700)
    store.path.write_text("{")
    offer = offered(store)
    assert offer is not None
    assert offer.draft is None
    assert offer.says == (
        f"The saved answers in {store.path} are not used: the file is not root's alone.",
    )


def test_the_answers_of_a_first_set_up_are_all_seen() -> None:
    stored = stored_of_answers(TODAY, (), 1.0)
    draft = Draft(FRESH, {}, first=True)
    assert draft.apply(stored) == ()
    assert draft.seen == set(SECTIONS)
    assert draft.answers() == TODAY
