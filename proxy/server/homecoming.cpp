#include "proxy/server/homecoming.hpp"

#include "proxy/server/tunnel_census.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

namespace fairlead::server {
namespace {

constexpr unsigned longest_wait = 10; // seconds
constexpr unsigned most_stalled = 10; // looks

} // namespace

using upstream::rebalance_state;

void homecoming::step(const upstream::pool& pool, const conf::rebalance_options& options, std::size_t workers,
                      const look_fn& look)
{
    const bool is_asked = std::exchange(is_asked_, false);
    const bool is_changed = note_changes(pool);
    if (is_changed || is_asked) {
        if (!is_leading())
            spdlog::info("pool {}: leading tunnels to where their values belong now", pool.name());
        state_ = rebalance_state::leading;
        found_.reset(); // what was found was found among other backends
        fewest_.reset();
        closed_ = closed_before_ = 0;
        allowed_ = 0;
        stalled_ = waited_ = 0;
    }
    if (!is_leading() || must_wait()) return;
    if (const auto left = astray()) {
        if (*left == 0) return end(pool.name(), rebalance_state::quiet, *left);
        if (is_useless(*left)) return end(pool.name(), rebalance_state::useless, *left);
    }
    const auto share = parts(options.per_second, workers);
    closed_before_ = closed_;
    closed_ = std::accumulate(share.begin(), share.end(), std::uint64_t{0});
    found_ = std::make_shared<findings>(workers);
    for (std::size_t i = 0; i < workers; ++i)
        look(i, share[i], found_);
}

// A worker takes its time. One whose look has failed never tells, and must not end all leading.
bool homecoming::must_wait()
{
    const bool is_open = found_ && !astray();
    if (is_open && ++waited_ < longest_wait) return true;
    if (is_open) found_.reset();
    waited_ = 0;
    return false;
}

// Those that were closed and are home are not astray any more; those that are back where they were are.
bool homecoming::is_useless(std::uint64_t left)
{
    const std::uint64_t found = left + closed_;
    if (!fewest_ || found < *fewest_) {
        fewest_ = found;
        stalled_ = 0;
        return false;
    }
    if (closed_before_ > 0) ++stalled_;
    return stalled_ >= most_stalled;
}

void homecoming::end(const std::string& pool, rebalance_state how, std::uint64_t left)
{
    state_ = how;
    if (how == rebalance_state::useless)
        spdlog::warn("pool {}: leading ends, {} tunnels do not get to where their values belong", pool,
                     left + closed_);
    else
        spdlog::info("pool {}: every tunnel is where its value belongs", pool);
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
        const bool serves = upstream::pool::may_be_home(*each, now);
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
