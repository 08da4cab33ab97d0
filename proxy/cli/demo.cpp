#include "proxy/cli/demo.hpp"

#include "conf/read_config.hpp"
#include "proxy/demo/demo_backends.hpp"
#include "proxy/log/process_log.hpp"
#include "proxy/server/supervisor.hpp"

#include <cstdlib>
#include <iostream>

namespace fairlead::cli {
namespace {

// Whoever tries it from outside may look.
std::string anonymous_line(const std::string& admin)
{
    const auto address = conf::parse_listen_endpoint(admin);
    const bool is_for_others = address && address->what == conf::endpoint::kind::ip && !is_loopback(*address);
    return is_for_others ? "anonymous = \"read\"\n" : "";
}

std::string demo_config(const demo_options& options, const std::vector<std::string>& backends)
{
    return "[[listen]]\n"
           "address = \"" +
           options.listen +
           "\"\n\n"
           "[admin]\n"
           "address = \"" +
           options.admin + "\"\n" + anonymous_line(options.admin) +
           "\n"
           "[drain]\n"
           "window = \"1s\"\n"
           "close_timeout = \"1s\"\n\n"
           "[pool.chat]\n"
           "backends = [\"" +
           backends[0] + "\", \"" + backends[1] +
           "\"]\n"
           "balance = \"least-connections\"\n"
           "source = [\"127.0.0.2\", \"127.0.0.3\"]\n\n"
           "[[route]]\n"
           "name = \"chat\"\n"
           "path = \"/chat\"\n"
           "pool = \"chat\"\n\n"
           "[[route]]\n"
           "name = \"site\"\n"
           "path = \"/\"\n"
           "pool = \"chat\"\n";
}

void print_welcome(const demo_options& options)
{
    std::cout << "\nFairlead is running, in front of two demo backends.\n\n"
              << "  The chat         http://" << options.listen << "/        open it in two tabs\n"
              << "  The dashboard    http://" << options.admin << "/\n"
              << "  The metrics      http://" << options.admin << "/metrics\n"
              << "  Who answered     curl http://" << options.listen << "/whoami\n\n"
              << "Try next:\n"
              << "  curl -s http://" << options.admin << "/metrics | grep fairlead_websocket_tunnels_active\n"
              << "  cp conf/examples/minimal.toml my.toml, edit it, then: fairlead check my.toml\n\n"
              << "Below, a JSON line for each tunnel that opens and closes. Ctrl-C closes them cleanly and "
                 "stops.\n\n"
              << std::flush;
}

} // namespace

int run_demo(const demo_options& options)
{
    const demo::demo_backends backends;
    const std::string text = demo_config(options, backends.addresses());
    const auto source = [text] { return conf::read_config_text(text, "demo"); };
    conf::read_result read = source();
    for (const auto& error : read.errors)
        std::cerr << conf::format_error(error) << '\n';
    if (!read.ok()) return EXIT_FAILURE;
    log::process_log log(read.value.log);
    server::supervisor process(std::move(read.value), source, log.writer());
    process.on_ready([&] { print_welcome(options); });
    return process.run();
}

} // namespace fairlead::cli
