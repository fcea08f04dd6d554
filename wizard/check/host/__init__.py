"""The host around Postfix: units, sockets, SELinux labels and the log."""
