// Puts the members that sources name into a configuration, where everything looks for backends.
//
// The backends that are written down stay in front, whatever a source names. A pool whose source has not
// answered yet keeps the backends that it has in force, so that a reload which changes a source empties
// nothing; the first answer replaces them. Pure. Thread: any.
#pragma once

#include "conf/model.hpp"
#include "proxy/discovery/member.hpp"

#include <functional>
#include <string>

namespace fairlead::discovery {

// What the pool's source last named; null: it has not answered yet.
using named_members = std::function<const member_list*(const conf::pool_options& pool)>;

// `in_force` may be null: there is none yet.
void fill_members(conf::config& target, const named_members& named, const conf::config* in_force);

} // namespace fairlead::discovery
