#include "proxy/cli/core_dumps.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace fairlead::cli {

void forbid_core_dumps() noexcept
{
    const rlimit none{0, 0};
    (void)::setrlimit(RLIMIT_CORE, &none); // to lower it needs no right
    const int filter = ::open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);
    if (filter < 0) return;
    (void)!::write(filter, "0", 1); // no kind of mapping
    ::close(filter);
}

} // namespace fairlead::cli
