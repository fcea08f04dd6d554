"""Delivery to people here: local(8), the mailbox, aliases, .forward, virtual(8), classes of domains."""

from __future__ import annotations

from tests.lab.broken.rows import KIND, MAP, aliased, built, fault, field, option, sets, written

_BY_LOCAL = "mailbox_transport ="
_VIRTUAL = (
    "virtual_mailbox_domains = box.example",
    f"virtual_mailbox_maps = {MAP}boxes",
    "virtual_mailbox_base = /var/mail",
)
_BOXES = built("boxes", "info@box.example info/")
_INFO = built("virtual", "info@virtual.example {0}") + sets(
    "virtual_alias_domains = virtual.example", f"virtual_alias_maps = {MAP}virtual"
)
_NO_HOME = "rm -rf /home/taro/.forward"

WAYS = {
    "the LMTP socket by another path": fault(
        sets("mailbox_transport = lmtp:unix:private/lmtp"),
        "mailbox_transport|private/lmtp",
        stops=True,
    ),
    "LMTP over a port that is closed": fault(
        sets("mailbox_transport = lmtp:inet:127.0.0.1:24"), "mailbox_transport|:24", stops=True
    ),
    "a service for mailboxes that master.cf lacks": fault(
        sets("mailbox_transport = dovecot"), "mailbox_transport", "dovecot", stops=True
    ),
    "quotes around a value": fault(
        sets('mailbox_transport = "lmtp:unix:private/dovecot-lmtp"'),
        "mailbox_transport",
        stops=True,
    ),
    "a comment behind a value": fault(
        sets("mailbox_transport = lmtp:unix:private/dovecot-lmtp # Dovecot"),
        "mailbox_transport",
        stops=True,
    ),
    "another way to the mailbox of one user": fault(
        built("mailboxes", "taro lmtp:unix:private/old-lmtp")
        + sets(f"mailbox_transport_maps = {MAP}mailboxes"),
        "mailbox_transport_maps|old-lmtp|postfix/mailboxes",
        stops=True,
    ),
    "another way to the mailbox by an option of local": fault(
        option("local/unix", "mailbox_transport=lmtp:unix:private/old-lmtp"),
        "mailbox_transport|old-lmtp",
        stops=True,
    ),
    "LMTP in a chroot, its socket by its whole path": fault(
        field("lmtp/unix", "chroot=y")
        + "\n"
        + sets("mailbox_transport = lmtp:unix:/var/spool/postfix/private/dovecot-lmtp"),
        "lmtp",
        "chroot|mailbox_transport",
        stops=True,
    ),
    "LMTP with a login that nobody has": fault(
        sets("lmtp_sasl_auth_enable = yes"), "lmtp_sasl", stops=True
    ),
    "mailboxes by a program that is gone": fault(
        sets(_BY_LOCAL, 'mailbox_command = /usr/bin/procmail -a "$EXTENSION"'),
        "mailbox_command|procmail",
        stops=True,
    ),
    "one user's mailbox by a program that is gone": fault(
        built("programs", "taro /usr/local/bin/sort-mail")
        + sets(_BY_LOCAL, f"mailbox_command_maps = {MAP}programs"),
        "mailbox_command_maps|sort-mail",
        stops=True,
    ),
    "mailboxes in a directory that is not there": fault(
        sets(_BY_LOCAL, "home_mailbox =", "mail_spool_directory = /srv/mail/"),
        "mail_spool_directory|/srv/mail",
        stops=True,
    ),
    "mailboxes where nobody reads": fault(sets(_BY_LOCAL, "home_mailbox = mbox"), "home_mailbox"),
    "no local delivery at all": fault(
        sets("local_transport = error:local mail delivery is disabled"),
        "local_transport",
        stops=True,
    ),
    "local delivery past the aliases": fault(
        sets("local_transport = lmtp:unix:private/dovecot-lmtp"), "local_transport", stops=True
    ),
    "no aliases in main.cf": fault(sets("alias_maps ="), "alias_maps", stops=True),
    "newaliases builds another table": fault(
        "cp /etc/aliases /etc/postfix/aliases\n"
        f'postconf -e "alias_database = {KIND}:/etc/postfix/aliases"'
        "\nnewaliases",
        "alias_database",
        stops=False,
    ),
    "users who are not in the list of recipients": fault(
        sets("local_recipient_maps = $alias_maps"), "local_recipient_maps", stops=True
    ),
    "aliases that are not in the list of recipients": fault(
        sets("local_recipient_maps = proxy:unix:passwd.byname"),
        "local_recipient_maps",
        stops=True,
    ),
    "recipients in a table of a server that is dead": fault(
        sets("local_recipient_maps = socketmap:inet:127.0.0.1:9998:users"),
        "local_recipient_maps|9998",
        stops=True,
    ),
    "nothing may be read through proxymap": fault(
        sets("proxy_read_maps ="), "proxy_read_maps", stops=True
    ),
    "an alias to a program that is gone": fault(
        aliased('support: "|/usr/local/bin/ticket"'), "support|/usr/local/bin/ticket", stops=True
    ),
    "an alias to a list that is gone": fault(
        aliased("staff: :include:/etc/postfix/staff"), "staff", "include", stops=True
    ),
    "an alias to a file in a directory that is gone": fault(
        aliased("archive: /var/archive/mail"), "archive", stops=True
    ),
    "an alias to a user who is gone": fault(aliased("sales: jiro"), "sales", "jiro", stops=True),
    "root's mail to a domain that is not there": fault(
        "sed -i 's/^root:.*/root: taro@gone.example/' /etc/aliases; newaliases",
        "root",
        "gone\\.example",
        stops=True,
    ),
    "an alias to a program, and programs are forbidden": fault(
        aliased('support: "|/bin/cat"') + sets("allow_mail_to_commands ="),
        "allow_mail_to_commands|support",
        stops=True,
    ),
    "an alias to a file, and files are forbidden": fault(
        aliased("archive: /var/tmp/archive") + sets("allow_mail_to_files ="),
        "allow_mail_to_files|archive",
        stops=True,
    ),
    "a program within a list": fault(
        written("/etc/postfix/staff", "taro", '"|/bin/cat"')
        + aliased("staff: :include:/etc/postfix/staff"),
        "staff|allow_mail_to_commands",
        stops=True,
    ),
    "addresses with a tag are nobody's": fault(
        sets("recipient_delimiter ="), "recipient_delimiter"
    ),
    "a .forward to a program that is gone": fault(
        written("/home/taro/.forward", '"|/usr/local/bin/vacation"')
        + "chown taro /home/taro/.forward",
        "forward|vacation",
        stops=True,
        mend=_NO_HOME,
    ),
    "a .forward that all may write": fault(
        written("/home/taro/.forward", "taro@stranger.example")
        + "chown taro /home/taro/.forward; chmod 666 /home/taro/.forward",
        "forward",
        mend=_NO_HOME,
    ),
    "a virtual domain without addresses": fault(
        sets("virtual_alias_domains = virtual.example"), "virtual_alias_(domains|maps)", stops=True
    ),
    "a virtual address of a user who is gone": fault(_INFO.format("jiro"), "jiro", stops=True),
    "virtual addresses, and mappings switched off": fault(
        _INFO.format("taro") + "\n" + sets("receive_override_options = no_address_mappings"),
        "no_address_mappings|receive_override_options",
        stops=True,
    ),
    "a domain both relayed and virtual": fault(
        _INFO.format("taro") + "\n" + sets("relay_domains = virtual.example"),
        "virtual\\.example",
        "relay_domains",
    ),
    "our domain a virtual mailbox domain as well": fault(
        sets("virtual_mailbox_domains = zeke.ne.jp"), "virtual_mailbox_domains", "mydestination"
    ),
    "virtual mailboxes that belong to nobody": fault(
        _BOXES + sets(*_VIRTUAL), "virtual_uid_maps", stops=True
    ),
    "virtual mailboxes of a user below the least": fault(
        _BOXES + sets(*_VIRTUAL, "virtual_uid_maps = static:8", "virtual_gid_maps = static:12"),
        "virtual_(minimum_uid|uid_maps)",
        stops=True,
    ),
    "virtual mailboxes smaller than a message": fault(
        _BOXES
        + sets(
            *_VIRTUAL,
            "virtual_uid_maps = static:1000",
            "virtual_gid_maps = static:1000",
            "virtual_mailbox_limit = 1000000",
        ),
        "virtual_mailbox_limit",
        stops=True,
    ),
    "virtual mailboxes over a socket that is not there": fault(
        _BOXES + sets(*_VIRTUAL, "virtual_transport = lmtp:unix:private/virtual-lmtp"),
        "virtual_transport|virtual-lmtp",
        stops=True,
    ),
    "every domain is ours": fault(
        written("/etc/postfix/ours", "/./ ours") + sets("mydestination = regexp:/etc/postfix/ours"),
        "mydestination",
        stops=True,
    ),
    "every domain is virtual": fault(
        sets("virtual_alias_domains = static:all"), "virtual_alias_domains", stops=True
    ),
    "every domain has virtual mailboxes": fault(
        sets("virtual_mailbox_domains = static:all"), "virtual_mailbox_domains", stops=True
    ),
    "a parameter of ours that nobody set": fault(
        sets("mydestination = $myhostname, localhost, $our_domains"),
        "mydestination|our_domains",
        stops=True,
    ),
    "a relayed domain that leads nowhere": fault(
        # Our own mail flows; what is taken for it is returned.
        sets("relay_domains = branch.example"),
        "relay_domains|branch\\.example",
        stops=False,
    ),
    "a relayed domain, its recipients unknown": fault(
        sets("relay_domains = stranger.example"),
        "relay_domains|stranger\\.example",
        "relay_recipient_maps|MX",
        stops=False,
    ),
}
