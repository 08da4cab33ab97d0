// What the tests of the balancer share: backends without addresses of note, and how often each is chosen.
#pragma once

#include "proxy/upstream/balancer.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

namespace fairlead::upstream::test {

using conf::balance_kind;

inline const steady_time start{std::chrono::seconds(1'000)};
inline const backoff_options backoff{std::chrono::seconds(1), std::chrono::seconds(30)};
inline constexpr conf::duration connect_timeout{5'000};

using backend_list = std::vector<std::shared_ptr<backend>>;

inline backend_list backends(const std::vector<std::uint32_t>& weights)
{
    backend_list out;
    for (const auto weight : weights) {
        conf::endpoint address;
        address.text = "10.0.0.1:" + std::to_string(out.size() + 1);
        out.push_back(std::make_shared<backend>("p", address, weight));
    }
    return out;
}

inline std::vector<int> counts(balancer& chooser, const backend_list& among, int choices)
{
    std::vector<int> out(among.size());
    for (int i = 0; i < choices; ++i)
        ++out[chooser.choose(among, {}, start)->position];
    return out;
}

inline const std::vector<balance_kind> all_kinds = {
    balance_kind::round_robin, balance_kind::least_connections, balance_kind::random_of_two};

} // namespace fairlead::upstream::test
