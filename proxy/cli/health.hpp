// `fairlead health`: one GET /readyz with a deadline of 3 s, for a container's HEALTHCHECK.
#pragma once

#include <string>

namespace fairlead::cli {

// `admin_address` is "127.0.0.1:9900" or "unix:/run/fairlead.sock". In words only what is wrong is told.
int check_health(const std::string& admin_address, bool as_json);

} // namespace fairlead::cli
