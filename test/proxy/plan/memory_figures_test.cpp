#include "proxy/plan/memory_figures.hpp"

#include <doctest/doctest.h>

#include <boost/json.hpp>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

struct memory_sample
{
    double user_per_tunnel = 0;
    double process = 0;
};

// The benchmark's own samples of Fairlead's memory; the median of each.
memory_sample measured()
{
    std::ifstream file(std::string(FAIRLEAD_SOURCE_DIR) + "/bench/results/latest.json");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto whole = boost::json::parse(text);
    std::vector<double> users, processes;
    for (const auto& each : whole.at("samples").at("memory").at("fairlead").as_array()) {
        users.push_back(each.at("idle_user").to_number<double>() / each.at("tunnels").to_number<double>());
        processes.push_back(each.at("before").at("pss").to_number<double>());
    }
    REQUIRE(!users.empty());
    std::ranges::sort(users);
    std::ranges::sort(processes);
    return {users[users.size() / 2], processes[processes.size() / 2]};
}

bool is_within(double figure, double measurement, double factor)
{
    return figure < measurement * factor && figure > measurement / factor;
}

} // namespace

TEST_CASE("the figures of the plan are those that the benchmark measured")
{
    const auto sample = measured();
    CAPTURE(sample.user_per_tunnel);
    CAPTURE(sample.process);
    CHECK(is_within(fairlead::plan::user_bytes_per_tunnel, sample.user_per_tunnel, 1.25));
    CHECK(is_within(fairlead::plan::process_bytes, sample.process, 1.5));
}
