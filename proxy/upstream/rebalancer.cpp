#include "proxy/upstream/rebalancer.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace fairlead::upstream {
namespace {

constexpr rebalancer::milliseconds return_time = 60'000; // then a client is taken for gone
constexpr rebalancer::milliseconds longest_step = 1'000; // what a step that comes late may make up for
constexpr double least_gain = 0.005;
constexpr std::uint64_t least_sample = 20; // clients; fewer say nothing

std::uint64_t open_tunnels(std::span<const pool_share> now) noexcept
{
    std::uint64_t sum = 0;
    for (const pool_share& each : now)
        sum += each.takes_new || each.stands_by ? each.tunnels : 0;
    return sum;
}

// The part of `all` that is each one's.
std::vector<double> fair_shares(std::span<const pool_share> now, std::uint64_t all)
{
    std::uint64_t weights = 0;
    for (const pool_share& each : now)
        weights += each.takes_new ? each.weight : 0;
    std::vector<double> fair(now.size());
    for (std::size_t i = 0; i < now.size(); ++i) {
        if (now[i].takes_new)
            fair[i] = static_cast<double>(all) * now[i].weight / static_cast<double>(weights);
    }
    return fair;
}

// Takes one tunnel at a time from whoever is furthest above its share.
class shedding
{
public:
    shedding(std::span<const pool_share> now, const std::vector<double>& fair, double threshold)
        : now_(now)
        , fair_(fair)
        , most_(1 + threshold)
        , mean_(std::max(mean_of(fair), 1.0))
        , shed_(now.size())
    {
        const bool is_anyone_there = std::ranges::any_of(fair, [](double each) { return each > 0; });
        for (const pool_share& each : now)
            left_.push_back(each.takes_new || (each.stands_by && is_anyone_there) ? each.tunnels : 0);
    }

    // Of the fullest, whether it can shed or not.
    double spread() const noexcept
    {
        double highest = 1;
        for (std::size_t i = 0; i < fair_.size(); ++i)
            highest = std::max(highest, ratio(i));
        return highest - 1;
    }

    bool can_shed() const noexcept { return fullest() != fair_.size(); }

    void run(std::uint64_t count)
    {
        for (; count > 0; --count) {
            const std::size_t at = fullest();
            if (at == fair_.size()) return;
            --left_[at];
            ++shed_[at];
        }
    }

    std::vector<std::uint64_t> take() { return std::move(shed_); }

private:
    static double mean_of(const std::vector<double>& fair)
    {
        const auto sharers = std::ranges::count_if(fair, [](double each) { return each > 0; });
        return std::accumulate(fair.begin(), fair.end(), 0.0) /
               static_cast<double>(std::max<std::ptrdiff_t>(sharers, 1));
    }

    // One that stands by has no share: what it has is that much above those of the others.
    double ratio(std::size_t of) const noexcept
    {
        if (now_[of].stands_by) return left_[of] == 0 ? 0 : 1 + static_cast<double>(left_[of]) / mean_;
        return fair_[of] > 0 ? static_cast<double>(left_[of]) / fair_[of] : 0;
    }

    bool may_shed(std::size_t of) const noexcept
    {
        if (now_[of].stands_by) return left_[of] > 0;
        return ratio(of) > most_ && static_cast<double>(left_[of]) - 1 >= fair_[of];
    }

    // Of those that are above the threshold and would not fall below their share.
    std::size_t fullest() const noexcept
    {
        std::size_t found = fair_.size();
        for (std::size_t i = 0; i < fair_.size(); ++i) {
            if (!may_shed(i)) continue;
            if (found == fair_.size() || ratio(i) > ratio(found)) found = i;
        }
        return found;
    }

    const std::span<const pool_share> now_;
    const std::vector<double>& fair_;
    const double most_;
    const double mean_; // share
    std::vector<std::uint64_t> left_;
    std::vector<std::uint64_t> shed_;
};

// How many that would be without a rate.
std::uint64_t above(double fair, double threshold, const pool_share& of) noexcept
{
    if (of.stands_by) return of.tunnels;
    const auto most = static_cast<std::uint64_t>(std::max(fair * (1 + threshold), std::ceil(fair)));
    return fair > 0 && of.tunnels > most ? of.tunnels - most : 0;
}

double part(std::uint32_t per_cent) noexcept { return per_cent / 100.0; }

} // namespace

std::uint64_t rebalancer::on_the_way() const noexcept
{
    return std::accumulate(departures_.begin(), departures_.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const departure& each) { return sum + each.count(); });
}

std::uint64_t rebalancer::departure::count() const noexcept
{
    return std::accumulate(from.begin(), from.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const auto& each) { return sum + each.second; });
}

// Nobody knows which of them came back.
void rebalancer::departure::reduce(std::uint64_t by) noexcept
{
    for (auto& [backend, count] : from) {
        const std::uint64_t part = std::min(count, by);
        count -= part;
        by -= part;
    }
}

rebalance_view rebalancer::look(const conf::rebalance_options& options, std::span<const pool_share> now) const
{
    const std::uint64_t open = open_tunnels(now);
    rebalance_view view;
    view.fair = fair_shares(now, open + on_the_way());
    view.spread = shedding(now, view.fair, part(options.threshold)).spread();
    for (std::size_t i = 0; i < now.size(); ++i)
        view.to_be_shed.push_back(above(view.fair[i], part(options.threshold), now[i]));
    return view;
}

std::vector<std::uint64_t> rebalancer::step(const conf::rebalance_options& options,
                                            std::span<const pool_share> now, milliseconds at)
{
    const bool is_asked = std::exchange(is_asked_, false);
    const bool is_changed = note_changes(now);
    const std::uint64_t open = open_tunnels(now);
    note_returns(open, at);
    const std::uint64_t allowed = allowance(options.per_second, at);
    const std::uint64_t all = open + on_the_way();
    const std::vector<double> fair = fair_shares(now, all);
    shedding rest(now, fair, part(options.threshold));
    if (is_changed || is_asked) {
        state_ = rebalance_state::leading;
        spread_then_ = spread_if_all_return(now);
        returned_ = 0;
    }
    if (state_ == rebalance_state::leading) {
        if (is_useless(now, all))
            state_ = rebalance_state::useless;
        else if (rest.can_shed())
            rest.run(allowed);
        else if (departures_.empty())
            state_ = rebalance_state::quiet;
    }
    std::vector<std::uint64_t> shed = rest.take();
    note_departures(now, shed, at);
    return shed;
}

void rebalancer::note_departures(std::span<const pool_share> now, const std::vector<std::uint64_t>& shed,
                                 milliseconds at)
{
    departure leaving{at, {}};
    for (std::size_t i = 0; i < shed.size(); ++i) {
        if (shed[i] > 0) leaving.from[now[i].backend] = shed[i];
    }
    const std::uint64_t count = leaving.count();
    allowed_ -= static_cast<double>(count);
    expected_ = open_tunnels(now) - count;
    if (count > 0) departures_.push_back(std::move(leaving));
}

// Whether there is a backend to lead tunnels to, or one that should have more or fewer now.
bool rebalancer::note_changes(std::span<const pool_share> now)
{
    bool is_changed = false;
    std::map<std::string, standing> next;
    for (const pool_share& each : now) {
        const auto before = known_.find(each.backend);
        const bool is_fresh = before == known_.end() || !before->second.takes_new;
        is_changed |= each.takes_new && (is_fresh || before->second.weight != each.weight);
        const bool is_left_over = each.stands_by && each.tunnels != 0;
        is_changed |= is_left_over && (before == known_.end() || !before->second.is_left_over);
        next[each.backend] = {each.weight, each.takes_new, is_left_over};
    }
    known_ = std::move(next);
    return std::exchange(has_looked_, true) && is_changed;
}

// More tunnels than were expected are clients that came back, or as good as these.
void rebalancer::note_returns(std::uint64_t open, milliseconds at)
{
    std::uint64_t came = open > expected_ ? open - expected_ : 0;
    while (!departures_.empty()) {
        departure& oldest = departures_.front();
        const std::uint64_t count = oldest.count();
        const bool is_gone = at - oldest.at >= return_time;
        const std::uint64_t back = is_gone ? count : std::min(count, came);
        if (!is_gone) came -= back;
        returned_ += back;
        if (back < count) {
            oldest.reduce(back);
            return;
        }
        departures_.pop_front();
    }
}

// Those on the way are missing at the fullest and nowhere else yet, which would look like a gain.
double rebalancer::spread_if_all_return(std::span<const pool_share> now) const
{
    std::vector<pool_share> then(now.begin(), now.end());
    for (const departure& each : departures_) {
        for (pool_share& share : then) {
            const auto left = each.from.find(share.backend);
            if (left != each.from.end()) share.tunnels += left->second;
        }
    }
    const std::vector<double> fair = fair_shares(then, open_tunnels(then));
    return shedding(then, fair, 0).spread();
}

bool rebalancer::is_useless(std::span<const pool_share> now, std::uint64_t all)
{
    if (returned_ < std::max(all / 10, least_sample)) return false;
    const double spread = spread_if_all_return(now);
    const bool has_helped = spread_then_ - spread >= least_gain;
    spread_then_ = spread;
    returned_ = 0;
    return !has_helped;
}

std::uint64_t rebalancer::allowance(double per_second, milliseconds at)
{
    const milliseconds passed = last_ == 0 ? 0 : std::min(at - last_, longest_step);
    last_ = at;
    const double most = std::max(per_second * static_cast<double>(longest_step) / 1'000, 1.0);
    allowed_ = std::min(allowed_ + per_second * static_cast<double>(passed) / 1'000, most);
    return static_cast<std::uint64_t>(allowed_);
}

} // namespace fairlead::upstream
