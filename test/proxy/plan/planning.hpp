// What tests of the plan share: a machine of round numbers, and a plan for a configuration in a few words.
#pragma once

#include "conf/read_config.hpp"
#include "proxy/plan/capacity_plan.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>

namespace fairlead::plan::test {

struct planning
{
    conf::host_facts host; // the kernel's defaults: 28,232 ports for itself, 36,280 for the ledger
    net::machine_facts machine;
    resolved_names names;
    wanted_connections wanted;
    conf::config config;

    planning()
    {
        machine.descriptors_soft = 1'024;
        machine.descriptors_hard = 2'000'000;
        machine.nr_open = 2'000'000;
        machine.file_max = 10'000'000;
        machine.files_open = 1'000;
        machine.cpus = 2;
        machine.memory_bytes = 64ULL << 30;
        machine.somaxconn = 4'096;
        machine.syn_backlog = 4'096;
        machine.time_wait_buckets = 2'000'000;
        machine.unprivileged_port_start = 1'024;
        machine.tcp_mem = {{1'000'000, 2'000'000, 3'000'000}};
    }

    // `text` is what follows [[listen]] on one port, 8080.
    capacity_plan make(std::string_view text)
    {
        const std::string whole = "listen = [{ address = \"0.0.0.0:8080\" }]\n" + std::string(text);
        auto read = conf::read_config_text(whole, "t.toml", host);
        for (const auto& error : read.errors)
            MESSAGE(conf::format_error(error));
        REQUIRE(read.ok());
        config = std::move(read.value);
        return make_plan({config, host, machine, names, wanted});
    }
};

inline std::string pool(const std::string& name, const std::string& backends, const std::string& keys = "")
{
    return "[pool." + name + "]\nbackends = [" + backends + "]\n" + keys + "\n";
}

inline std::string route(const std::string& pool_name, const std::string& keys = "")
{
    return "[[route]]\npath = \"/" + pool_name + "/\"\npool = \"" + pool_name + "\"\n" + keys + "\n";
}

// Every problem with its ways, one a line.
inline std::string problems_of(const capacity_plan& plan)
{
    std::string out;
    for (const auto& each : plan.problems) {
        out += each.problem + "\n";
        for (const auto& way : each.ways)
            out += "  " + way + "\n";
    }
    return out;
}

inline bool says(const capacity_plan& plan, std::string_view text)
{
    const bool found = problems_of(plan).find(text) != std::string::npos;
    if (!found) MESSAGE(problems_of(plan));
    return found;
}

} // namespace fairlead::plan::test
