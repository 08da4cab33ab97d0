// The same cells of every worker, summed up for one scrape.
//
// Refers to the cells and copies nothing. Thread: the scrape's; the shards outlive it.
#pragma once

#include "metrics/exposition.hpp"
#include "metrics/worker_shard.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace fairlead::metrics {

using shard_list = std::vector<const worker_shard*>;

// The same cells of every worker that has them.
template <class Entry>
class group
{
public:
    explicit group(std::span<const Entry> same)
        : same_{same}
    {}

    const auto& labels() const { return same_.front().labels; }

    // `pick` gives the counter or gauge of a cell.
    template <class Pick>
    double sum(Pick pick) const
    {
        double total = 0;
        for (const Entry& each : same_)
            total += static_cast<double>(pick(*each.cells).value());
        return total;
    }

    // Of what happens only by option: left out until it has happened.
    template <class Cells, class Bounds>
    void add_used_histogram(exposition& out, metric id, exposition::label_values values,
                            const histogram<Bounds> Cells::*which) const
    {
        const auto is_used = [&](const Entry& each) { return (each.cells->*which).count() != 0; };
        if (std::ranges::any_of(same_, is_used)) add_histogram(out, id, values, which);
    }

    template <class Cells, class Bounds>
    void add_histogram(exposition& out, metric id, exposition::label_values values,
                       const histogram<Bounds> Cells::*which) const
    {
        static constexpr auto bounds_s = [] {
            std::array<double, Bounds::bounds.size()> seconds{};
            for (std::size_t i = 0; i < seconds.size(); ++i)
                seconds[i] = static_cast<double>(Bounds::bounds[i].count()) / 1e9;
            return seconds;
        }();
        std::array<std::uint64_t, bounds_s.size() + 1> buckets{};
        double sum_us = 0;
        for (const Entry& each : same_) {
            const histogram<Bounds>& one = each.cells->*which;
            for (std::size_t i = 0; i < buckets.size(); ++i)
                buckets[i] += one.bucket(i);
            sum_us += static_cast<double>(one.sum_us());
        }
        out.add(id, values, {bounds_s, buckets, sum_us / 1e6});
    }

private:
    std::span<const Entry> same_;
};

// Calls `use` with each group of cells that have the same labels, in the order of the labels.
template <class List, class Use>
void for_each_group(const shard_list& shards, const List& (worker_shard::*list)() const noexcept, Use use)
{
    using entry = typename List::entry;
    std::vector<entry> all;
    for (const worker_shard* shard : shards) {
        const auto known = static_cast<std::ptrdiff_t>(all.size());
        (shard->*list)().append_to(all); // in the order of its labels
        std::ranges::inplace_merge(all, all.begin() + known, {}, &entry::labels);
    }
    for (auto first = all.begin(); first != all.end();) {
        const auto last =
            std::find_if(first, all.end(), [&](const entry& e) { return e.labels != first->labels; });
        use(group<entry>{{first, last}});
        first = last;
    }
}

} // namespace fairlead::metrics
