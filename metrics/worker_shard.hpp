// The metrics of one worker: its own cells, and cells by route, pool and backend made when first asked for.
//
// Asking takes a lock that a scrape holds while it lists the cells, so ask when a configuration is applied or
// a route is first used and keep the reference: it is good for as long as the shard. Cells are never removed;
// a route that left the configuration keeps its totals, as Prometheus expects of a counter. The cells may be
// written by the worker's thread alone; the lists may be read from any thread.
#pragma once

#include "metrics/cells.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fairlead::metrics {

// Cells by N label values, each at a stable address. Safe from any thread.
template <class Cells, std::size_t N>
class labelled_cells
{
public:
    using key = std::array<std::string_view, N>;

    struct entry
    {
        key labels; // as long as the shard lives
        const Cells* cells;
    };

    Cells& at(const key& labels)
    {
        std::lock_guard hold{mutex_};
        if (auto found = cells_.find(labels); found != cells_.end()) return found->second;
        std::array<std::string, N> owned;
        std::ranges::copy(labels, owned.begin());
        return cells_.try_emplace(std::move(owned)).first->second;
    }

    // In the order of the labels.
    void append_to(std::vector<entry>& list) const
    {
        std::lock_guard hold{mutex_};
        list.reserve(list.size() + cells_.size());
        for (const auto& [labels, cells] : cells_) {
            entry next{{}, &cells};
            std::ranges::copy(labels, next.labels.begin());
            list.push_back(next);
        }
    }

private:
    struct by_text
    {
        using is_transparent = void;

        bool operator()(const auto& left, const auto& right) const noexcept
        {
            return std::ranges::lexicographical_compare(
                left, right, [](std::string_view a, std::string_view b) { return a < b; });
        }
    };

    mutable std::mutex mutex_;
    std::map<std::array<std::string, N>, Cells, by_text> cells_;
};

class worker_shard
{
public:
    using tunnel_list = labelled_cells<tunnel_cells, 3>;
    using http_list = labelled_cells<http_cells, 2>;
    using backend_list = labelled_cells<backend_cells, 2>;
    using tls_list = labelled_cells<tls_cells, 1>;

    worker_shard() = default;
    worker_shard(const worker_shard&) = delete;
    worker_shard& operator=(const worker_shard&) = delete;

    worker_cells& own() noexcept { return own_; }
    const worker_cells& own() const noexcept { return own_; }

    tunnel_cells& tunnel(std::string_view route, std::string_view pool, std::string_view backend)
    {
        return tunnels_.at({route, pool, backend});
    }

    http_cells& http(std::string_view route, std::string_view pool) { return https_.at({route, pool}); }
    backend_cells& backend(std::string_view pool, std::string_view backend)
    {
        return backends_.at({pool, backend});
    }

    tls_cells& tls(party peer) { return tls_.at({label(peer)}); } // client or backend

    const tunnel_list& tunnels() const noexcept { return tunnels_; }
    const http_list& https() const noexcept { return https_; }
    const backend_list& backends() const noexcept { return backends_; }
    const tls_list& tls_peers() const noexcept { return tls_; }

private:
    worker_cells own_;
    tunnel_list tunnels_;
    http_list https_;
    backend_list backends_;
    tls_list tls_;
};

} // namespace fairlead::metrics
