#!/bin/sh
# Takes back what install.sh did.
nft delete table inet fairlead_transparent 2>/dev/null
while ip rule del fwmark 0x464c lookup 17996 2>/dev/null; do :; done
ip route flush table 17996 2>/dev/null
while ip -6 rule del fwmark 0x464c lookup 17996 2>/dev/null; do :; done
ip -6 route flush table 17996 2>/dev/null
true
