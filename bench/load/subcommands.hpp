// What the generator can do. Each reads its options, runs to its end and prints one JSON line per result.
//
// Errors: exceptions; a wrong or missing byte ends the run, there are no counted failures.
#pragma once

#include "bench/load/arguments.hpp"

#include <chrono>
#include <cstdint>

namespace fairlead::bench {

inline constexpr std::size_t scratch_bytes = 256 * 1024; // read buffer shared by all connections of a process
inline constexpr std::uint64_t max_connections = 19'900; // below a limit of 20,000 descriptors

inline std::chrono::seconds deadline_of(arguments& options)
{
    return std::chrono::seconds{options.number("--deadline", {.preset = 60, .lowest = 1, .highest = 600})};
}

void run_echo_backend(arguments& options);
void run_idle(arguments& options);
void run_echo(arguments& options);
void run_upgrade(arguments& options);
void run_http(arguments& options);
void run_handshake(arguments& options);
void run_soak(arguments& options);

} // namespace fairlead::bench
