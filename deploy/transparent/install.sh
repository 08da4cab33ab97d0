#!/bin/sh
# On the proxy's machine, as root, where a pool has source = "client": backends' answers find their sockets.
# `fairlead plan` prints the same lines. docs/operations.md tells what backends need.
nft -f - <<'RULES'
table inet fairlead_transparent
delete table inet fairlead_transparent
table inet fairlead_transparent {
    chain prerouting {
        type filter hook prerouting priority mangle; policy accept;
        socket wildcard 0 socket transparent 1 meta mark set 0x464c
    }
}
RULES
while ip rule del fwmark 0x464c lookup 17996 2>/dev/null; do :; done
ip rule add fwmark 0x464c lookup 17996 priority 100
ip route replace local default dev lo table 17996
while ip -6 rule del fwmark 0x464c lookup 17996 2>/dev/null; do :; done
ip -6 rule add fwmark 0x464c lookup 17996 priority 100
ip -6 route replace local default dev lo table 17996
