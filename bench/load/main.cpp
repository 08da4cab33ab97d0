// The load generator's command line: load_generator SUBCOMMAND --option VALUE ...
#include "bench/load/subcommands.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <exception>
#include <span>
#include <string_view>

namespace {

struct subcommand
{
    std::string_view name;
    void (*run)(fairlead::bench::arguments&);
};

constexpr std::array<subcommand, 7> subcommands{{
    {"echo-backend", fairlead::bench::run_echo_backend},
    {"idle", fairlead::bench::run_idle},
    {"echo", fairlead::bench::run_echo},
    {"upgrade", fairlead::bench::run_upgrade},
    {"http", fairlead::bench::run_http},
    {"handshake", fairlead::bench::run_handshake},
    {"soak", fairlead::bench::run_soak},
}};

constexpr const char* usage = R"(usage: load_generator SUBCOMMAND --option VALUE ...
  echo-backend --listen ADDRESS...   WebSocket echo and GET of any size, until a signal
  idle         --target A --count N --in-flight N --source IP
               then obeys lines on stdin: "echo BYTES", "open N", "probe N", "pace N" ("rest"),
               "closes 0", "quit"
  echo         --target A --connections N --in-flight N --size BYTES --messages N --warmup N
  upgrade      --target A --cycles N --warmup N --in-flight N
  http         --target A --connections N --requests N --warmup N --body BYTES --hosts N
  handshake    --target A --tls ecdsa|rsa --handshakes N --warmup N --in-flight N --resumed 0|1
  soak         --target A --tls-target A --source IP --tunnels N --backends N --pace N --ends N --patience S
               until "quit" on stdin; obeys "tell 0", "expect BACKEND", "restore BACKEND"
All but echo-backend and soak: --deadline SECONDS (60), and --tls ecdsa|rsa: TLS 1.3, by that kind of
  certificate.
All but echo-backend, idle and soak: --watch PID... whose CPU is measured.
Addresses are 127.x.x.x:PORT.
)";

} // namespace

int main(int argc, char** argv)
{
    std::signal(SIGPIPE, SIG_IGN); // OpenSSL writes without MSG_NOSIGNAL
    const std::span<char* const> words{argv, static_cast<std::size_t>(argc)};
    for (const auto& [name, run] : subcommands) {
        if (argc < 2 || name != words[1]) continue;
        try {
            fairlead::bench::arguments options{words.subspan(2)};
            run(options);
            return 0;
        } catch (const std::exception& error) {
            std::fprintf(stderr, "load_generator %s: %s\n", argv[1], error.what());
            return 1;
        }
    }
    std::fputs(usage, stderr);
    return 2;
}
