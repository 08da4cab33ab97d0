// The commands that bring backends' answers home when connections come from the clients' own addresses.
//
// An answer is addressed to the client. The nftables rule finds the transparent socket that it belongs to
// and marks it; the routing rule sends what is marked to a table in which every address is this machine's.
// Nothing else is touched, and forwarding need not be on. The commands are printed for an operator, never
// run. Source: tproxy in the kernel's networking documentation, ip-rule(8), nft(8).
#pragma once

#include <string>

namespace fairlead::snat {

// A shell script for root that installs the rules; one that it ran before leaves it without effect.
std::string transparent_rules();

// A shell script that removes what the other installed.
std::string transparent_rules_removal();

} // namespace fairlead::snat
