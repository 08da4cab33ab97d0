// Reads [admin]: where it listens, and who may ask what. An address that others than this machine reach has
// to say how they prove who they are, or that they need not.
#pragma once

#include "conf/config_draft.hpp"
#include "conf/table_reader.hpp"

namespace fairlead::conf {

// Needs [tls] to be read. `address` may be that of no listener.
void read_admin_section(const table_reader& top, config_draft& draft);

} // namespace fairlead::conf
