#include "proxy/server/memory_budget.hpp"

#include "proxy/net/machine_facts.hpp"

#include <doctest/doctest.h>

using namespace fairlead;
using metrics::memory_kind;
using net::memory_account;
using net::memory_pressure;

namespace {

constexpr std::uint64_t mib = 1024UL * 1024;

// Two workers, the first of which is the test's thread.
struct two_workers
{
    metrics::worker_shard first;
    metrics::worker_shard second;
    memory_account account{first.own()};
    server::memory_budget budget;

    two_workers()
    {
        account.adopt_thread();
        budget.join(first);
        budget.join(second);
    }
};

} // namespace

TEST_CASE("without a limit nobody is short, however much there is")
{
    two_workers at;
    at.budget.set_limit(0);
    memory_account::take(memory_kind::bodies, 100'000 * mib);
    at.budget.allot(at.account);
    CHECK(memory_account::pressure() == memory_pressure::none);
    memory_account::give(memory_kind::bodies, 100'000 * mib);
}

TEST_CASE("by default half of what the process may have is the limit")
{
    two_workers at;
    at.budget.set_limit(std::nullopt);
    CHECK(at.budget.report().limit == net::memory_of_process() / 2);
}

TEST_CASE("all workers count, with what sessions, tunnels and handshakes take by themselves")
{
    two_workers at;
    memory_account::take(memory_kind::heads, 4'096);
    at.second.own().memory[memory_kind::heads].add(1'000);
    at.second.own().sessions_open.add(10);
    at.first.own().tunnels_open.add(100);
    at.second.tls(metrics::party::backend).under_way.add(3);
    const metrics::memory_state now = at.budget.report();
    CHECK(now.bytes[memory_kind::heads] == 5'096);
    CHECK(now.bytes[memory_kind::sessions] % 10 == 0);
    CHECK(now.bytes[memory_kind::sessions] > 0);
    CHECK(now.bytes[memory_kind::tunnels] / 100 > 384);
    CHECK(now.bytes[memory_kind::handshakes] == 3UL * 48 * 1024);
    CHECK(now.total() == 5'096 + now.bytes[memory_kind::sessions] + now.bytes[memory_kind::tunnels] +
                             now.bytes[memory_kind::handshakes]);
}

TEST_CASE("what is left is divided, so that two workers that take all they may stay within the limit")
{
    two_workers at;
    memory_account other(at.second.own());
    at.budget.set_limit(64 * mib);
    at.second.own().memory[memory_kind::remainders].add(16 * mib);
    at.budget.allot(at.account); // 48 MiB are left: 24 each
    memory_account::take(memory_kind::heads, 24 * mib - 1);
    CHECK(memory_account::pressure() == memory_pressure::none);
    memory_account::take(memory_kind::heads, 1);
    CHECK(memory_account::is_full());
    at.budget.allot(at.account); // 12 each
    CHECK_FALSE(memory_account::is_full());
    memory_account::take(memory_kind::heads, 12 * mib);
    CHECK(memory_account::is_full());
}

TEST_CASE("from seven eighths of the limit on the pressure is high, and at the limit nothing more is taken")
{
    two_workers at;
    at.budget.set_limit(64 * mib);
    at.second.own().memory[memory_kind::bodies].add(56 * mib - 1);
    at.budget.allot(at.account);
    CHECK(memory_account::pressure() == memory_pressure::none);
    at.second.own().memory[memory_kind::bodies].add(1);
    at.budget.allot(at.account);
    CHECK(memory_account::pressure() == memory_pressure::high);
    at.second.own().memory[memory_kind::bodies].add(100 * mib);
    at.budget.allot(at.account);
    CHECK(memory_account::is_full());
    at.second.own().memory[memory_kind::bodies].sub(150 * mib);
    at.budget.allot(at.account);
    CHECK(memory_account::pressure() == memory_pressure::none);
}
