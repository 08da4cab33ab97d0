// Keeps what the process has in memory out of core dumps: keys, tokens, and whatever passes.
#pragma once

namespace fairlead::cli {

// From now on a crash of this process, and of those that it starts, leaves no core file; what is handed to a
// program instead (core_pattern with '|'), which need not look at the limit, has no memory in it. Without a
// /proc that second part is left out. Whether a debugger may attach is not changed. core(5), getrlimit(2).
void forbid_core_dumps() noexcept;

} // namespace fairlead::cli
