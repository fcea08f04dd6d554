"""Parameters that no policy names and that stop, lose or copy mail, and the programs behind them."""

from __future__ import annotations

from tests.lab.broken.way import Way, line


def _set(text: str, word: str, *, wrong: bool = True) -> Way:
    named = {f"parameters.{text.partition(' ')[0]}": word}
    return Way(line(text), named) if wrong else Way(line(text), {}, named)


WAYS = {
    "soft bounces left on": _set("soft_bounce = yes", "soft_bounce"),
    "transports put off": _set("defer_transports = smtp, local", "defer_transports"),
    "no look-ups": _set("disable_dns_lookups = yes", "disable_dns_lookups"),
    "mail sent from loopback": _set("smtp_bind_address = 127.0.0.1", "smtp_bind_address"),
    "undeliverable mail kept by one": _set("luser_relay = taro", "luser_relay", wrong=False),
    "any name taken": _set("local_recipient_maps =", "local_recipient_maps", wrong=False),
    "recipients not looked up": _set(
        "smtpd_reject_unlisted_recipient = no", "smtpd_reject_unlisted_recipient", wrong=False
    ),
    "a copy of everything": _set("always_bcc = spy@stranger.example", "always_bcc", wrong=False),
    "given up at once": _set("maximal_queue_lifetime = 0", "maximal_queue_lifetime", wrong=False),
    "a list of old": _set("maps_rbl_domains = relays.example", "reject_rbl_client", wrong=False),
    "a dead content filter": Way(
        line("content_filter = smtp:[127.0.0.1]:10024"), {"behind.content_filter": "127.0.0.1"}
    ),
    "a content filter without a transport": Way(
        line("content_filter = amavis:[127.0.0.1]:10024"), {"transport.content_filter": "master.cf"}
    ),
    "a dead milter": Way(
        line("smtpd_milters = inet:127.0.0.1:8891"), {"behind.smtpd_milters": "127.0.0.1"}
    ),
    "a dead milter that is passed over": Way(
        line("smtpd_milters = unix:/run/opendkim/opendkim.sock")
        + "\n"
        + line("milter_default_action = accept"),
        {},
        {"behind.smtpd_milters": "/run/opendkim/opendkim.sock"},
    ),
    "a dead policy service": Way(
        line("smtpd_end_of_data_restrictions = check_policy_service inet:127.0.0.1:10023"),
        {"behind.smtpd_end_of_data_restrictions": "127.0.0.1"},
    ),
    "a transport that is not there": Way(
        line("default_transport = smtpp"), {"transport.default_transport": "master.cf"}
    ),
    "all mail relayed to itself": Way(
        line("relayhost = [127.0.0.1]"), {"parameters.relayhost": "relayhost"}
    ),
}
