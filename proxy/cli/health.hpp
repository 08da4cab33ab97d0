// `fairlead health`: one GET /readyz with a deadline of 3 s, for a container's HEALTHCHECK.
#pragma once

#include "proxy/cli/admin_access.hpp"

namespace fairlead::cli {

// In words only what is wrong is told.
int check_health(const admin_access& admin, bool as_json);

} // namespace fairlead::cli
