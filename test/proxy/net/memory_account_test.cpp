#include "proxy/net/memory_account.hpp"

#include "proxy/net/counted_allocator.hpp"
#include "proxy/net/read_buffer.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <thread>
#include <vector>

using namespace fairlead;
using metrics::memory_kind;
using net::memory_account;
using net::memory_pressure;

TEST_CASE("a thread without an account counts nothing and is never short")
{
    memory_account::take(memory_kind::heads, 1'000);
    memory_account::give(memory_kind::heads, 1'000);
    CHECK(memory_account::pressure() == memory_pressure::none);
    memory_account::count(metrics::shed::request);
}

TEST_CASE("what is taken counts by its kind, and is short from the ceiling on until something is given back")
{
    metrics::worker_cells cells;
    memory_account account(cells);
    account.adopt_thread();
    CHECK(memory_account::pressure() == memory_pressure::none);
    memory_account::take(memory_kind::heads, 4'096);
    memory_account::take(memory_kind::bodies, 1'000);
    CHECK(account.held() == 5'096);
    CHECK(cells.memory[memory_kind::heads].value() == 4'096);
    CHECK(cells.memory[memory_kind::bodies].value() == 1'000);
    account.allow(6'000, true);
    CHECK(memory_account::pressure() == memory_pressure::high);
    memory_account::take(memory_kind::bodies, 904);
    CHECK(memory_account::is_full());
    memory_account::give(memory_kind::bodies, 1);
    CHECK(memory_account::pressure() == memory_pressure::high);
    account.allow(memory_account::unlimited, false);
    CHECK(memory_account::pressure() == memory_pressure::none);
    memory_account::count(metrics::shed::read);
    CHECK(cells.sheds[metrics::shortage::memory][metrics::shed::read].value() == 1);
}

TEST_CASE("each thread counts for itself, and the end of an account leaves none")
{
    metrics::worker_cells here;
    metrics::worker_cells there;
    {
        memory_account account(here);
        account.adopt_thread();
        account.allow(0, false);
        std::thread([&there] {
            memory_account other(there);
            other.adopt_thread();
            memory_account::take(memory_kind::heads, 7);
            CHECK(memory_account::pressure() == memory_pressure::none);
        }).join();
        CHECK(memory_account::is_full());
        CHECK(account.held() == 0);
    }
    CHECK(there.memory[memory_kind::heads].value() == 7);
    CHECK(memory_account::pressure() == memory_pressure::none);
}

TEST_CASE("a read buffer counts its block, whoever has it, and nothing once it is empty and released")
{
    metrics::worker_cells cells;
    memory_account account(cells);
    account.adopt_thread();
    {
        net::read_buffer buffer;
        CHECK(account.held() == 0);
        buffer.commit(buffer.prepare(60'000).size());
        CHECK(cells.memory[memory_kind::heads].value() == 4'096);
        (void)buffer.prepare(60'000);
        CHECK(cells.memory[memory_kind::heads].value() == 8'192);
        net::read_buffer other(std::move(buffer));
        CHECK(cells.memory[memory_kind::heads].value() == 8'192);
        other.release();
        CHECK(account.held() == 0);
        (void)other.prepare(100);
    }
    CHECK(account.held() == 0);
}

TEST_CASE("a container with the allocator counts its capacity")
{
    metrics::worker_cells cells;
    memory_account account(cells);
    account.adopt_thread();
    {
        std::vector<std::uint32_t, net::counted_allocator<std::uint32_t, memory_kind::remainders>> numbers;
        numbers.reserve(100);
        CHECK(cells.memory[memory_kind::remainders].value() == 400);
        const auto copy = numbers;
        CHECK(cells.memory[memory_kind::remainders].value() == 400); // nothing is in it
    }
    CHECK(account.held() == 0);
}
