// The limit on open descriptors (RLIMIT_NOFILE, getrlimit(2)): a tunnel needs two.
#pragma once

namespace fairlead::server {

// Raises the soft limit to the hard one; keeps what there is when that fails.
void raise_file_limit() noexcept;

} // namespace fairlead::server
