#!/bin/sh
# Written by postfix-wizard. certbot runs what stands in this directory after each renewal:
# Postfix's processes would go on serving the old certificate until they end.
exec systemctl reload postfix
