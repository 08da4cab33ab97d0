#include "proxy/server/homecoming.hpp"

#include "proxy/server/tunnel_census.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

namespace fairlead::server {

void homecoming::step(const upstream::pool& pool, const conf::rebalance_options& options,
                      const worker_list& workers)
{
    const bool changed = note_changes(pool);
    if (changed || std::exchange(is_asked_, false)) {
        if (!is_leading_)
            spdlog::info("pool {}: leading tunnels to where their values belong now", pool.name());
        is_leading_ = true;
        found_.reset(); // what was found was found among other backends
        allowed_ = 0;
    }
    if (!is_leading_) return;
    const auto left = astray();
    if (left == 0) {
        is_leading_ = false;
        spdlog::info("pool {}: every tunnel is where its value belongs", pool.name());
        return;
    }
    if (found_ && !left) return; // a worker takes its time
    const auto share = parts(options.per_second, workers.size());
    found_ = std::make_shared<findings>(workers.size());
    for (std::size_t i = 0; i < workers.size(); ++i) {
        workers[i]->post([name = pool.name(), most = share[i], found = found_, i](worker& self) {
            (*found)[i].store(self.lead_home(name, most) + 1, std::memory_order_relaxed);
        });
    }
}

std::optional<std::uint64_t> homecoming::astray() const
{
    if (!found_) return std::nullopt;
    std::uint64_t sum = 0;
    for (const auto& each : *found_) {
        const std::uint64_t told = each.load(std::memory_order_relaxed);
        if (told == 0) return std::nullopt;
        sum += told - 1;
    }
    return sum;
}

bool homecoming::note_changes(const upstream::pool& pool)
{
    const auto now = std::chrono::steady_clock::now();
    std::vector<standing> seen;
    for (const auto& each : pool.backends()) {
        const bool serves = each->backoff().failures() == 0 && each->is_serving(now);
        seen.push_back({each->address().text, each->weight(), serves});
    }
    const bool is_first = known_.empty();
    const bool changed = seen != known_;
    known_ = std::move(seen);
    return changed && !is_first;
}

// The first look closes nobody: it says where they are.
std::vector<std::uint64_t> homecoming::parts(double per_second, std::size_t workers)
{
    std::vector<std::uint64_t> found(workers);
    if (!found_) return found;
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < workers; ++i)
        sum += found[i] = (*found_)[i].load(std::memory_order_relaxed) - 1;
    allowed_ = std::min(allowed_ + per_second, std::max(per_second, 1.0));
    const std::uint64_t most = std::min(sum, static_cast<std::uint64_t>(allowed_));
    allowed_ -= static_cast<double>(most);
    return split(most, found);
}

} // namespace fairlead::server
