"""The cure of each kind of fault, and what follows from it."""

from __future__ import annotations

from tests.unit.check.cures.made import commands, known, wrong
from wizard.check.cures.advise import advised
from wizard.check.cures.known import Known
from wizard.check.cures.rules import cure_of
from wizard.check.cures.without import NEVER, SOMETIMES
from wizard.check.cures.words import RELOAD, RESTART
from wizard.finding import NO_CURE, WRONG, Cure, Finding, cure, cure_all
from wizard.postfix.master_cf import MasterCf
from wizard.postfix.settings import Settings


def test_a_run_that_would_do_nothing_is_no_cure() -> None:
    facts = Known(Settings({}), (), {}, True, lambda section: section == "aliases")
    idle = wrong("hardening")
    assert commands(idle, facts) == []
    assert commands(wrong("aliases.root"), facts)[0].startswith("postfix-wizard apply")
    (finding,) = advised((wrong("smtp.25.vrfy"),), facts)
    assert finding.cure == Cure(reason=SOMETIMES["smtp.PORT.NAME"])


def test_a_run_adds_rows_of_senders_and_stops_before_those_of_another_hand() -> None:
    facts = Known(Settings({}), (), {}, True, lambda section: section == "senders")
    for seen, is_cured in (
        ("no row for the users jiro", True),
        ("no row for the users jiro; other logins now for info", False),
        ("the wizard's comment lines are gone from it; no row for the users jiro", False),
        (
            "smtpd_sender_login_maps = hash:/etc/postfix/own: the wizard's table is not in use",
            False,
        ),
    ):
        said = commands(wrong("senders.table", seen), facts)
        assert bool(said) == is_cured, seen
        assert not is_cured or said[0].startswith("postfix-wizard apply --section senders")


PORTS = b"""\
127.0.0.1:smtp inet n - n - 9 smtpd -o soft_bounce=yes -o smtpd_banner=x
submission inet n - n - - smtpd -o smtpd_tls_auth_only=no -o smtpd_sasl_auth_enable=no
"""


def test_an_option_goes_out_where_main_cf_is_as_planned() -> None:
    services = tuple(MasterCf.parse(PORTS).services)
    planned = {"smtpd_tls_auth_only": "yes", "smtpd_banner": "b", "smtpd_sasl_auth_enable": "no"}
    facts = Known(Settings({**planned, "smtpd_banner": "other"}), services, planned)
    seen = "smtpd_tls_auth_only=no: opens, smtpd_sasl_auth_enable=no"
    assert commands(wrong("master.cf.587", seen), facts) == [
        "postconf -PX submission/inet/smtpd_tls_auth_only",
        " ".join(RELOAD),
    ]
    seen = "smtpd_banner=x, soft_bounce=yes"
    assert commands(wrong("master.cf.25", seen), facts)[:-1] == [
        "postconf -PX 127.0.0.1:smtp/inet/soft_bounce"
    ]


def test_a_service_bound_to_one_address_is_bound_to_all() -> None:
    facts = Known(Settings({}), tuple(MasterCf.parse(PORTS).services))
    advice = "master.cf binds it to one address: write smtp for 127.0.0.1:smtp, and restart."
    assert cure_of(wrong("port.25", "master on 127.0.0.1", advice), facts).commands == (
        ("postconf", "-M#", "127.0.0.1:smtp/inet"),
        ("postconf", "-M", "smtp/inet=smtp inet n - n - 9 smtpd -o soft_bounce=yes -o smtpd_banner=x"),
        RESTART,
    )  # fmt: skip


def test_postscreen_gets_what_it_lacks() -> None:
    text = b"smtp inet n - n - 1 postscreen\ntlsproxy unix - - n - 0 tlsproxy\n"
    facts = Known(Settings({}), tuple(MasterCf.parse(text).services))
    seen = "run by postscreen, and no smtpd/pass"
    assert commands(wrong("master.cf.25", seen), facts)[:-1] == [
        "postconf -M smtpd/pass=smtpd pass - - n - - smtpd",
        "postconf -M dnsblog/unix=dnsblog unix - - n - 0 dnsblog",
    ]


def test_the_next_hop_of_an_option_is_taken_out_there() -> None:
    text = b"local unix - n n - - local -o mailbox_transport=lmtp:unix:private/gone\n"
    services = tuple(MasterCf.parse(text).services)
    own = {"mailbox_transport": "lmtp:unix:private/dovecot-lmtp"}
    seen = "/var/spool/postfix/private/{}: No such file: mail waits for it, or is refused"
    facts = Known(Settings(own), services)
    found = commands(wrong("behind.mailbox_transport", seen.format("gone")), facts)
    assert found[0] == "postconf -PX local/unix/mailbox_transport"
    found = commands(wrong("behind.mailbox_transport", seen.format("dovecot-lmtp")), facts)
    assert found[0] == "postconf -X mailbox_transport"


def test_a_table_of_no_type_gets_that_of_postfix() -> None:
    own = {"virtual_alias_maps": "hsah:/etc/postfix/virtual, regexp:/etc/postfix/more"}
    facts = Known(Settings(own, {"default_database_type": "hash"}))
    seen = "virtual_alias_maps has hsah:/etc/postfix/virtual: this Postfix has no such type"
    assert commands(wrong("tables", seen), facts)[:2] == [
        "postmap hash:/etc/postfix/virtual",
        "postconf -e virtual_alias_maps=$default_database_type:/etc/postfix/virtual, regexp:/etc/postfix/more",
    ]


def test_an_index_that_is_built_is_opened_by_a_reload() -> None:
    advice = "Run `postmap hash:/etc/postfix/sender_access`."
    assert commands(wrong("table.sender_access", advice=advice), known({}, can_apply=True)) == [
        "postmap hash:/etc/postfix/sender_access",
        " ".join(RELOAD),
    ]


def test_nobody_who_reads_the_mail_of_a_role_is_root() -> None:
    facts = known({}, can_apply=True)
    found = cure_of(wrong("aliases.postmaster", "no such alias, no such user"), facts)
    assert found.commands[0][-2:] == ("$a postmaster: root", "/etc/aliases")
    circle = commands(wrong("aliases.postmaster", "postmaster leads to postmaster"), facts)
    assert circle[0].startswith("postfix-wizard")


def test_lists_before_a_login_explain_no_refusal_on_25() -> None:
    facts = known({"smtpd_helo_restrictions": "reject"})
    seen = "submission: smtpd_helo_restrictions of main.cf, which it inherits, has reject before x"
    refused = "554 5.7.1 <x>: Helo command rejected: Access denied"
    findings = [wrong("restrictions.before-login", seen)]
    findings += [wrong("smtp.25.users", refused), wrong("smtp.587.auth", refused)]
    people, stranger, login = advised(findings, facts)
    assert stranger.follows == ""
    assert stranger.cure.commands[0] == ("postconf", "-X", "smtpd_helo_restrictions")
    assert (login.follows, login.cure) == (people.id, people.cure)


def test_what_a_name_server_or_a_rule_of_the_kernel_causes() -> None:
    seen = "450 4.1.8 <x>: Sender address rejected: Domain not found"
    findings = [
        wrong("smtp.25.users", seen),
        wrong("smtp.465.tls", "no answer within 8 s"),
        wrong("smtp.587.tls", "no answer within 8 s"),
        wrong("dns.resolver", "192.0.2.53: unreachable"),
        wrong("firewall.rules", "inet mine input: drop on 25, 465"),
    ]
    found = advised(findings, known({}, can_apply=True))
    assert [one.follows for one in found] == ["dns.resolver", "firewall.rules", "", "", ""]
    assert found[0].cure == Cure(reason=NEVER["dns.resolver"])


def test_what_is_said_to_be_set_is_set_where_nobody_planned_it() -> None:
    advice = "Set `mailbox_size_limit = 0`, which is no limit, or above message_size_limit; reload."
    assert commands(wrong("parameters.mailbox_size_limit", advice=advice), known({}))[0] == (
        "postconf -e mailbox_size_limit=0"
    )
    facts = known({}, {"mailbox_size_limit": "7"})
    assert commands(wrong("parameters.mailbox_size_limit", advice=advice), facts)[0] == (
        "postconf -e mailbox_size_limit=7"
    )


def test_a_list_that_has_everybody_explains_the_refusals() -> None:
    zone = Finding("blocklist.x", "blocklist bl.example", "lists everything", "", WRONG, "")
    refused = wrong("smtp.25.users", "554 5.7.1 Service unavailable; blocked using bl.example")
    effect, _ = advised((refused, zone), known({}, can_apply=True))
    assert effect.follows == "blocklist.x"
    assert effect.cure == Cure(reason=NEVER["blocklist.NAME"])


def test_a_run_gives_the_last_entry_of_a_port_its_options() -> None:
    text = b"submission inet n - n - - smtpd -o a=b\nsubmission inet n - n - - smtpd\n"
    facts = Known(Settings({}), tuple(MasterCf.parse(text).services), can_apply=True)
    found = commands(wrong("master.cf.twice", "submission, submission"), facts)
    assert found[:2] == [
        "postconf -M# submission/inet",
        "postconf -M submission/inet=submission inet n - n - - smtpd",
    ]
    assert found[-1].startswith("postfix-wizard apply --section policy")


def test_a_hazard_that_a_plan_leaves_goes_back_to_the_plan_of_an_empty_file() -> None:
    own = Settings({"smtp_tls_security_level": "encrypt", "smtp_never_send_ehlo": "yes"})
    left = dict(own.own)
    facts = Known(own, (), left, fresh={"smtp_tls_security_level": "may"})
    for name, done in (
        ("smtp_tls_security_level", "postconf -e smtp_tls_security_level=may"),
        ("smtp_never_send_ehlo", "postconf -X smtp_never_send_ehlo"),
    ):
        assert commands(wrong(f"parameters.{name}"), facts)[0] == done
    decided = Known(own, (), left, fresh=left)
    assert commands(wrong("parameters.smtp_never_send_ehlo"), decided) == []


def test_a_list_that_asks_for_the_login_too_late() -> None:
    own = {"smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination"}
    seen = (
        "submission: smtpd_relay_restrictions of main.cf, which it inherits, has "
        "reject_unauth_destination before permit_sasl_authenticated"
    )
    finding = wrong("restrictions.before-login", seen)
    assert commands(finding, known(own))[0] == (
        "postconf -e smtpd_relay_restrictions=permit_mynetworks, permit_sasl_authenticated, "
        "reject_unauth_destination"
    )
    of_port = wrong(finding.id, seen.replace(" of main.cf, which it inherits,", ""))
    assert commands(of_port, known(own)) == []


def test_servers_without_tls_come_to_25() -> None:
    """An empty list on the ports for people would leave the refusal of others on 25."""
    own = {"smtpd_client_restrictions": "permit_mynetworks, reject_plaintext_session"}
    seen = (
        "submission: smtpd_client_restrictions of main.cf, which it inherits, has "
        "reject_plaintext_session before permit_sasl_authenticated"
    )
    assert commands(wrong("restrictions.before-login", seen), known(own))[0] == (
        "postconf -e smtpd_client_restrictions=permit_mynetworks"
    )
    alone = known({"smtpd_client_restrictions": "reject_plaintext_session"})
    assert commands(wrong("restrictions.before-login", seen), alone)[0] == (
        "postconf -X smtpd_client_restrictions"
    )


def test_a_port_with_a_certificate_of_its_own_that_is_gone() -> None:
    facts = known({}, can_apply=True)
    seen = "smtpd_tls_cert_file names /etc/gone.pem, which does not exist"
    assert "--section certificate" in commands(wrong("smtp.587.tls", seen), facts)[0]


def test_another_program_on_a_port() -> None:
    text = b"smtp inet n - n - - qmqpd\nsmtps inet n - n - 1 postscreen\n"
    facts = Known(Settings({}), tuple(MasterCf.parse(text).services), can_apply=True)
    assert commands(wrong("master.cf.25", "run by qmqpd"), facts)[:2] == [
        "postconf -M# smtp/inet",
        "postconf -M smtp/inet=smtp inet n - n - - smtpd",
    ]
    found = commands(
        wrong("master.cf.465", "smtpd_tls_wrappermode=(default), run by postscreen"), facts
    )
    assert found[1] == "postconf -M smtps/inet=smtps inet n - n - - smtpd"
    assert found[-1].startswith("postfix-wizard apply --section policy")
    alone = Known(Settings({}), facts.services)
    assert commands(wrong("master.cf.465", "run by postscreen"), alone) == []


def test_a_certificate_that_ends() -> None:
    facts = known({}, can_apply=True)
    renew = "Renew it (`certbot renew`), then `systemctl reload postfix`."
    assert commands(wrong("certificate.expiry", "it has expired", renew), facts) == [
        "certbot renew",
        "systemctl reload postfix",
    ]
    assert commands(wrong("certificate.expiry", "not valid yet: from then", renew), facts) == []
    put = "Put a new certificate into /srv/x; then `systemctl reload postfix`."
    (argv,) = commands(wrong("certificate.expiry", "it has expired", put), facts)
    assert "--section certificate" in argv


def test_a_dovecot_that_cannot_start_has_the_cure_of_its_settings() -> None:
    said = "Dovecot is failed: no socket /var/spool/postfix/private/auth"
    start = "Run `systemctl start dovecot`; `journalctl -u dovecot -n 30` says why it stopped."
    died = wrong("delivery.lmtp", "nobody listens on /x: Dovecot was there and died", start)
    effects = [wrong("smtp.587.auth", said, start), wrong("dovecot.runs", "it failed", start), died]
    for cause in (
        wrong("dovecot.config", "it cannot be read: doveconf: Unknown setting: x"),
        wrong("dovecot.listen", "listen = 192.0.2.99: the address 192.0.2.99 is not there"),
    ):
        *linked, last = advised([*effects, cause], known({}))
        assert [one.follows for one in (*linked, last)] == [cause.id] * 3 + [""]
        assert {one.cure.reason for one in (*linked, last)} == {SOMETIMES["dovecot.NAME"]}
    (login, *_) = advised(effects, known({}))
    assert login.cure.commands == (("systemctl", "start", "dovecot"),)


def test_a_renewal_on_the_last_day() -> None:
    seen = "/etc/letsencrypt/renewal/a.example.conf has renew_before_expiry = 1 days"
    assert commands(
        wrong("certificate.renewal", seen, "Take it out: certbot then renews."), known({})
    ) == ["sed -i /^renew_before_expiry/d /etc/letsencrypt/renewal/a.example.conf"]


def test_columns_that_make_a_service_fall_silent_are_postfix_own_again() -> None:
    text = (
        b"smtp inet n n n - - smtpd\nrewrite unix n - n - - trivial-rewrite\n"
        b"tlsmgr unix - - n 1000? 5 tlsmgr\nlocal unix y n n - 3 local\nmine unix n n n - 7 pipe\n"
    )
    facts = Known(Settings({}), tuple(MasterCf.parse(text).services))
    assert commands(wrong("smtp.25.banner", "greeting: no answer within 8 s"), facts) == [
        "postconf -F smtp/inet/unprivileged=-",
        "postconf -F rewrite/unix/private=-",
        "postconf -F tlsmgr/unix/process_limit=1",
        " ".join(RESTART),
    ]
    assert commands(wrong("smtp.25.size", "10240000"), facts) == []


def test_the_plan_does_not_put_back_what_another_cure_takes_out() -> None:
    name = "smtpd_recipient_restrictions"
    listed = "permit_mynetworks, reject_unauth_destination"
    facts = known({name: "x"}, {name: f"{listed}, check_sender_access hash:/gone"})
    table = wrong("tables", "hash:/gone: open /gone.db: No such file", f"Take it out of {name}.")
    drift, fault = advised((wrong(f"main.cf.{name}"), table), facts)
    assert fault.cure.commands[0] == ("postconf", "-e", f"{name}={listed}")
    assert drift.cure == fault.cure


def test_a_misspelt_item_goes_where_the_plan_is_without_it() -> None:
    name = "smtpd_recipient_restrictions"
    listed = "permit_mynetworks, reject_unauth_destination"
    facts = known({name: f"reject_unkown, {listed}"}, {name: listed})
    finding = wrong("restrictions.names", f"{name} has reject_unkown", "Correct how it is spelt.")
    (cured,) = advised((finding,), facts)
    assert cured.cure.commands[0] == ("postconf", "-e", f"{name}={listed}")


def test_faults_that_one_finding_counts_are_cured_together() -> None:
    """In their order, each command once; none if the one that the advice is about has none."""
    first, second = cure("chattr -i /a", "true"), cure("chattr -i /b", "true")
    assert cure_all([first, NO_CURE, second]).commands == (
        ("chattr", "-i", "/a"),
        ("true",),
        ("chattr", "-i", "/b"),
    )
    assert cure_all([NO_CURE, second]) == cure_all([]) == NO_CURE
