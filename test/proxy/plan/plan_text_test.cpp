#include "proxy/plan/plan_text.hpp"

#include "test/proxy/plan/planning.hpp"

#include <sstream>

using namespace fairlead;
using plan::test::planning;
using plan::test::pool;
using plan::test::route;

namespace {

std::string made_text(planning& at)
{
    const auto made =
        at.make(pool("chat", "\"10.0.0.1:80\", \"[fd00::1]:80\"", "source = [\"10.0.1.1\", \"fd01::1\"]") +
                pool("api", "\"10.0.0.2:80\"") + pool("local", "\"unix:/run/a\"") + route("chat") +
                route("api", "max_connections = 2000") + route("local"));
    return plan::to_text(made);
}

} // namespace

TEST_CASE("no line of a plan is wider than 100 columns, however little fits")
{
    planning at;
    at.machine.descriptors_hard = 1'000;
    at.machine.memory_bytes = 1'000'000;
    at.machine.nr_open = 1'000;
    at.machine.local_prefixes = {};
    at.wanted.all = 12'345'678;
    std::istringstream lines(made_text(at));
    for (std::string line; std::getline(lines, line);) {
        CAPTURE(line);
        CHECK(line.size() <= 100);
    }
}

TEST_CASE("a plan shows the tuples of each family, the marks of what is too little, and the verdict")
{
    planning at;
    at.wanted.all = 80'000;
    const auto text = made_text(at);
    CHECK(text.find("  chat   its sources          IPv4          1             1  36,279       36,279  "
                    "80,000  <-\n") != std::string::npos);
    CHECK(text.find("                              IPv6          1             1  36,279       36,279\n") !=
          std::string::npos);
    CHECK(text.find(
              "  api    the kernel's choice  IPv4          1             1  28,232       28,232   2,000\n") !=
          std::string::npos);
    CHECK(text.find("  local  Unix sockets") != std::string::npos);
    CHECK(text.find("80,000 connections do not fit:\n- pool chat has source tuples for 72,558 connections") !=
          std::string::npos);
    CHECK(text.find("  any one of:\n    * add ") != std::string::npos);
    at.wanted.all = 72'558;
    CHECK(made_text(at).find("72,558 connections fit.\n") != std::string::npos);
}
