// How much of limits.memory_limit is in use, over all workers, and what each may take until it asks again.
//
// In use is what the workers' accounts count, and for each session, tunnel and TLS handshake what one takes
// by itself, as measured; kernel memory is not part of it. From 7/8 of the limit on new connections are to be
// refused. What is left is divided equally: a worker's ceiling is what it holds and its part of that, so that
// all together stay below the limit whoever asks when; what was given back by others in between may be taken
// twice within one tick.
// Thread: join() before the workers run; set_limit() the main thread's; all else any. Outlives the workers.
#pragma once

#include "metrics/registry.hpp"
#include "metrics/worker_shard.hpp"
#include "proxy/net/memory_account.hpp"

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace fairlead::server {

class memory_budget
{
public:
    void join(metrics::worker_shard& shard);

    // As configured; nothing: half of what the machine, or the control group, has.
    void set_limit(std::optional<std::uint64_t> configured);

    // At each tick of a worker, on its thread.
    void allot(net::memory_account& to) const noexcept;

    metrics::memory_state report() const noexcept;

private:
    struct sharer
    {
        const metrics::worker_cells& own;
        const metrics::tls_cells& client_tls;
        const metrics::tls_cells& backend_tls;
    };
    std::vector<sharer> sharers_;
    std::atomic<std::uint64_t> limit_{0}; // 0: none
};

} // namespace fairlead::server
