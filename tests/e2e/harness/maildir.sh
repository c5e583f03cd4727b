#!/bin/sh
# maildir.sh ROOT RECIPIENT: puts the mail on standard input into ROOT/RECIPIENT/ (Postfix's pipe(8) runs it).
# An address in ROOT/.unknown has no mailbox; one in ROOT/.busy has none just now (sysexits(3): 67, 75).
set -u
umask 022
root=$1 recipient=$2
case $recipient in
*/* | .* | '') exit 67 ;;
esac
listed() { [ -f "$root/$1" ] && grep -qxF -- "$recipient" "$root/$1"; }
listed .unknown && echo "5.1.1 no such mailbox" && exit 67
listed .busy && echo "4.2.1 mailbox busy" && exit 75
box=$root/$recipient
[ -d "$box/new" ] || mkdir -p "$box/tmp" "$box/cur" "$box/new" || exit 75
# Nanoseconds first: a listing by name is a listing by time.
name=$(date +%s.%N).$$.postern
cat >"$box/tmp/$name" && mv "$box/tmp/$name" "$box/new/$name" || exit 75
