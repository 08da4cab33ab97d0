#include "proxy/snat/source_pool.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <utility>

namespace fairlead::snat {
namespace {

constexpr std::uint32_t sample_size = 16;

// What a choice among sources depends on besides their counts.
struct choice
{
    steady_time now;
    const tuple_space* rather_not;

    std::uint32_t free_of(const tuple_space& space) const noexcept
    {
        return &space == rather_not ? 0 : space.free(now);
    }
};

// How many addresses a block has, at most max_sources.
std::uint32_t size_of(const conf::cidr& block) noexcept
{
    const int host_bits = (block.address.is_v6 ? 128 : 32) - block.prefix_length;
    return host_bits >= 16 ? source_pool::max_sources : std::uint32_t{1} << host_bits;
}

std::uint32_t count_family(const std::vector<conf::cidr>& blocks, bool is_v6) noexcept
{
    std::uint64_t total = 0;
    for (const auto& block : blocks) {
        if (block.address.is_v6 == is_v6) total += size_of(block);
    }
    return static_cast<std::uint32_t>(std::min<std::uint64_t>(total, source_pool::max_sources));
}

// The address `offset` after the block's first; offset < 65,536, and the block has that many.
conf::ip_address advance(conf::ip_address address, std::uint32_t offset) noexcept
{
    for (std::size_t octet = address.is_v6 ? 16 : 4; octet-- > 0 && offset != 0;) {
        offset += address.bytes[octet];
        address.bytes[octet] = static_cast<std::uint8_t>(offset);
        offset >>= 8;
    }
    return address;
}

std::uint64_t mix(std::uint64_t value) noexcept // the finaliser of SplitMix64
{
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31);
}

} // namespace

// The spaces of all opened sources to one destination. Readers see the first opened_ of them without a lock;
// they are never closed while the pool lives.
class source_pool::destination_row
{
public:
    destination_row(const source_pool& owner, const tuple_destination& destination);

    const tuple_destination& destination() const noexcept { return destination_; }
    std::optional<tuple_lease> acquire(const choice& how);
    void collect(std::vector<tuple_space*>& out) const;
    std::uint64_t free(steady_time now) const;

    destination_row* next = nullptr; // in its bucket

private:
    using chunk = std::array<tuple_space*, chunk_size>;

    tuple_space& at(std::uint32_t position) const
    {
        return *(*chunks_[position / chunk_size])[position % chunk_size];
    }
    tuple_space* freest(std::uint32_t opened, const choice& how);
    tuple_space* freest_between(std::uint32_t first, std::uint32_t last, const choice& how) const;
    tuple_space* freest_of_sample(std::uint32_t opened, const choice& how);
    std::uint32_t open_after(std::uint32_t opened);

    const source_pool& owner_;
    const tuple_destination destination_;
    const std::uint32_t total_;
    const std::unique_ptr<std::unique_ptr<chunk>[]> chunks_;
    std::atomic<std::uint32_t> opened_{0};
    std::atomic<std::uint64_t> draws_{0};
    std::mutex opening_;
};

source_pool::destination_row::destination_row(const source_pool& owner, const tuple_destination& destination)
    : owner_(owner)
    , destination_(destination)
    , total_(owner.source_count(destination.ip.is_v6))
    , chunks_(std::make_unique<std::unique_ptr<chunk>[]>((total_ + chunk_size - 1) / chunk_size))
{
    open_after(0);
}

// Opens the next sources unless another thread has just done so; returns how many are open now.
std::uint32_t source_pool::destination_row::open_after(std::uint32_t opened)
{
    const std::lock_guard lock(opening_);
    const auto now_open = opened_.load(std::memory_order_relaxed);
    if (now_open != opened || opened == total_) return now_open;
    const auto last = std::min(total_, opened + chunk_size);
    auto fresh = std::make_unique<chunk>();
    for (auto position = opened; position < last; ++position) {
        const auto source = owner_.source_at(destination_.ip.is_v6, position);
        (*fresh)[position % chunk_size] = &owner_.ledger_.hold(source, destination_, owner_.ports_);
    }
    chunks_[opened / chunk_size] = std::move(fresh);
    opened_.store(last, std::memory_order_release);
    return last;
}

std::optional<tuple_lease> source_pool::destination_row::acquire(const choice& how)
{
    auto opened = opened_.load(std::memory_order_acquire);
    for (;;) {
        auto* best = freest(opened, how);
        const bool is_filling =
            best == nullptr || how.free_of(*best) < best->capacity() - best->capacity() / 4;
        if (is_filling && opened < total_) {
            opened = open_after(opened);
            best = freest_between(opened - ((opened - 1) % chunk_size + 1), opened, how);
            if (best == nullptr) continue;
        }
        if (best == nullptr) return std::nullopt;
        // Another thread may have taken the last one since; then somebody made progress and we look again.
        if (auto lease = best->claim()) return lease;
    }
}

tuple_space* source_pool::destination_row::freest(std::uint32_t opened, const choice& how)
{
    if (opened <= chunk_size) return freest_between(0, opened, how);
    if (auto* drawn = freest_of_sample(opened, how)) return drawn;
    return opened < total_ ? nullptr : freest_between(0, opened, how);
}

tuple_space* source_pool::destination_row::freest_between(std::uint32_t first, std::uint32_t last,
                                                          const choice& how) const
{
    tuple_space* best = nullptr;
    std::uint32_t best_free = 0;
    for (auto position = first; position < last; ++position) {
        const auto free = how.free_of(at(position));
        if (free > best_free) {
            best = &at(position);
            best_free = free;
        }
    }
    return best;
}

tuple_space* source_pool::destination_row::freest_of_sample(std::uint32_t opened, const choice& how)
{
    const auto seed = draws_.fetch_add(sample_size, std::memory_order_relaxed);
    tuple_space* best = nullptr;
    std::uint32_t best_free = 0;
    for (std::uint32_t draw = 0; draw < sample_size; ++draw) {
        const auto random = mix((seed + draw + 1) * 0x9e3779b97f4a7c15U) >> 32;
        auto& drawn = at(static_cast<std::uint32_t>((random * opened) >> 32));
        const auto free = how.free_of(drawn);
        if (free > best_free) {
            best = &drawn;
            best_free = free;
        }
    }
    return best;
}

void source_pool::destination_row::collect(std::vector<tuple_space*>& out) const
{
    const auto opened = opened_.load(std::memory_order_acquire);
    for (std::uint32_t position = 0; position < opened; ++position)
        out.push_back(&at(position));
}

std::uint64_t source_pool::destination_row::free(steady_time now) const
{
    const auto opened = opened_.load(std::memory_order_acquire);
    const std::uint64_t unopened = std::uint64_t{total_ - opened} * owner_.ports_->capacity();
    if (unopened != 0 && opened > chunk_size) return unopened; // the others need not be counted
    std::uint64_t sum = unopened;
    for (std::uint32_t position = 0; position < opened; ++position)
        sum += at(position).free(now);
    return sum;
}

// Rows by destination: readers walk a bucket without a lock; rows are only added.
struct source_pool::row_table
{
    static constexpr std::size_t bucket_count = 64;

    destination_row* find(const tuple_destination& destination) const noexcept
    {
        for (auto* row = bucket(destination).load(std::memory_order_acquire); row != nullptr; row = row->next)
        {
            if (row->destination() == destination) return row;
        }
        return nullptr;
    }

    std::atomic<destination_row*>& bucket(const tuple_destination& destination) const noexcept
    {
        return buckets[hash_of(destination) % bucket_count];
    }

    mutable std::array<std::atomic<destination_row*>, bucket_count> buckets{};
    std::mutex adding;
    std::vector<std::unique_ptr<destination_row>> owned;
};

source_pool::source_pool(tuple_ledger& ledger, std::vector<conf::cidr> blocks,
                         std::shared_ptr<const port_set> ports)
    : ledger_(ledger)
    , blocks_(std::move(blocks))
    , ports_(std::move(ports))
    , v4_count_(count_family(blocks_, false))
    , v6_count_(count_family(blocks_, true))
    , rows_(std::make_unique<row_table>())
{}

source_pool::~source_pool()
{
    std::vector<tuple_space*> held;
    for (const auto& row : rows_->owned)
        row->collect(held);
    ledger_.drop(held);
}

std::optional<tuple_lease> source_pool::acquire(const tuple_destination& destination, steady_time now,
                                                const tuple_space* rather_not) const
{
    if (source_count(destination.ip.is_v6) == 0) return std::nullopt;
    auto& row = row_for(destination);
    auto lease = row.acquire({now, rather_not});
    return lease || rather_not == nullptr ? std::move(lease) : row.acquire({now, nullptr});
}

std::uint64_t source_pool::free_towards(const tuple_destination& destination, steady_time now) const
{
    return source_count(destination.ip.is_v6) == 0 ? 0 : row_for(destination).free(now);
}

void source_pool::prepare(const tuple_destination& destination) const
{
    if (source_count(destination.ip.is_v6) != 0) row_for(destination);
}

std::uint32_t source_pool::source_count(bool is_v6) const noexcept { return is_v6 ? v6_count_ : v4_count_; }

conf::ip_address source_pool::source_at(bool is_v6, std::uint32_t position) const
{
    for (const auto& block : blocks_) {
        if (block.address.is_v6 != is_v6) continue;
        const auto size = size_of(block);
        if (position < size) return advance(block.address, position);
        position -= size;
    }
    return {};
}

source_pool::destination_row& source_pool::row_for(const tuple_destination& destination) const
{
    if (auto* row = rows_->find(destination)) return *row;
    const std::lock_guard lock(rows_->adding);
    if (auto* row = rows_->find(destination)) return *row;
    auto row = std::make_unique<destination_row>(*this, destination);
    auto& bucket = rows_->bucket(destination);
    row->next = bucket.load(std::memory_order_relaxed);
    bucket.store(row.get(), std::memory_order_release);
    rows_->owned.push_back(std::move(row));
    return *rows_->owned.back();
}

} // namespace fairlead::snat
