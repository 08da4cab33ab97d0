// `fairlead health`: one GET /readyz with a deadline of 3 s, for a container's HEALTHCHECK.
#pragma once

#include <string>

namespace fairlead::cli {

int check_health(const std::string& admin_address); // "127.0.0.1:9900" or "unix:/run/fairlead.sock"

} // namespace fairlead::cli
