// Which targets of a service are members: all of them, with the priorities and weights of a pool. RFC 2782.
//
// The service's priorities in order become 0, 1, 2...: the first is that of backends that are written without
// one, and a later one serves while no earlier does. Weights, which hold among those of one priority, are as
// they are up to 1000, and in proportion where one is more. A weight of 0 beside greater ones is a very small
// share, so that the greatest becomes 1000 then and 0 becomes 1; where all are 0, all are equal. Pure.
// Thread: any.
#pragma once

#include "proxy/discovery/dns_records.hpp"

#include <vector>

namespace fairlead::discovery {

// Sets the priorities, in the order of which they are afterwards, and the weights to 1..1000.
void rank_services(std::vector<service_record>& services);

} // namespace fairlead::discovery
