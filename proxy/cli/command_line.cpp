#include "proxy/cli/command_line.hpp"

#include "proxy/cli/check.hpp"
#include "proxy/cli/connections.hpp"
#include "proxy/cli/control.hpp"
#include "proxy/cli/demo.hpp"
#include "proxy/cli/health.hpp"
#include "proxy/cli/npath.hpp"
#include "proxy/cli/plan.hpp"
#include "proxy/cli/run.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <iostream>
#include <string>

namespace fairlead::cli {
namespace {

constexpr int wrong_usage = 2;

struct choices
{
    std::string config = "/etc/fairlead/fairlead.toml";
    std::string health_address = "127.0.0.1:9900";
    demo_options demo;
    plan_options plan;
    drain_command drain;
    reload_command reload;
    rebalance_command rebalance;
    backends_command backends;
    connections_command connections;
    bool only_check = false;
};

void add_admin_option(CLI::App& command, std::string& address)
{
    command.add_option("--admin", address, "Its admin listener")->capture_default_str();
}

void add_connections_command(CLI::App& app, connections_command& chosen)
{
    CLI::App* const command =
        app.add_subcommand("connections", "Tell the tunnels of a running proxy, or close some of them");
    const auto parameter = [&](const char* option, const char* name, const char* text) {
        return command->add_option(option, chosen.parameters[name], text);
    };
    parameter("--id", "id", "The one of that id");
    parameter("--route", "route", "Of this route only");
    CLI::Option* const pool = parameter("--pool", "pool", "Of this pool only");
    parameter("--backend", "backend", "POOL/ADDRESS")->excludes(pool);
    parameter("--listener", "listener", "An address of [[listen]]");
    parameter("--client", "client", "Of clients at this address, or in this block");
    parameter("--source", "source", "Through this source address");
    parameter("--min-age", "min_age", "Open for at least that long");
    parameter("--idle", "idle", "Without data for at least that long");
    CLI::Option* const close = command->add_flag("--close", chosen.close, "Close them");
    parameter("--code", "code", "The code that both sides get; 1001 by default")->needs(close);
    command->add_flag("--all", chosen.all, "Close every one")->needs(close);
    parameter("--sort", "sort", "age, bytes, messages, rtt or idle: the most first")->excludes(close);
    command->add_flag("--ascending", chosen.ascending, "The least first")->excludes(close);
    parameter("--limit", "limit", "So many, up to 1000; 100 by default")->excludes(close);
    parameter("--offset", "offset", "Without so many in front")->excludes(close);
    command->add_flag("--json", chosen.as_json, "JSON instead of a table");
    add_admin_option(*command, chosen.admin);
}

// What a running process is asked for.
void add_control_commands(CLI::App& app, choices& chosen)
{
    CLI::App* const drain = app.add_subcommand(
        "drain", "Lead everybody away from a part of a running proxy; without one, tell how far that is");
    CLI::App* const what = drain->add_option_group("what", "What to drain")->require_option(0, 1);
    what->add_option("--route", chosen.drain.route, "A route's name");
    what->add_option("--backend", chosen.drain.backend, "POOL/ADDRESS");
    what->add_option("--listener", chosen.drain.listener, "An address of [[listen]]");
    drain->add_option("--window", chosen.drain.window, "Over which time, instead of drain.window");
    drain->add_flag("--undo", chosen.drain.undo, "Take it back");
    drain->add_flag("--wait", chosen.drain.wait, "Show the progress until nothing of it is open");
    drain->add_option("--timeout", chosen.drain.timeout, "Wait no longer than that; then exit code 3");
    drain->add_flag("--json", chosen.drain.as_json, "JSON instead of text");
    add_admin_option(*drain, chosen.drain.admin);
    CLI::App* const reload = app.add_subcommand(
        "reload", "Have a running proxy read its configuration again, and tell what changed");
    reload->add_flag("--dry-run", chosen.reload.dry_run, "Only tell what would change");
    reload->add_flag("--json", chosen.reload.as_json, "JSON instead of text");
    add_admin_option(*reload, chosen.reload.admin);
    CLI::App* const rebalance = app.add_subcommand(
        "rebalance", "Tell how even the pools with `rebalance` are, and what would be closed");
    rebalance->add_option("--pool", chosen.rebalance.pool, "Begin to rebalance this one");
    rebalance->add_flag("--dry-run", chosen.rebalance.dry_run, "Only tell");
    rebalance->add_flag("--json", chosen.rebalance.as_json, "JSON instead of text");
    add_admin_option(*rebalance, chosen.rebalance.admin);
    CLI::App* const backends = app.add_subcommand(
        "backends", "Tell which backends of a running proxy are up, and why others are not");
    backends->add_option("--pool", chosen.backends.pool, "Of this one only");
    backends->add_flag("--json", chosen.backends.as_json, "JSON instead of text");
    add_admin_option(*backends, chosen.backends.admin);
    add_connections_command(app, chosen.connections);
}

void add_commands(CLI::App& app, choices& chosen)
{
    app.add_subcommand("run", "Run the proxy")
        ->add_option("-c,--config", chosen.config, "The configuration file")
        ->capture_default_str();
    app.add_subcommand("check", "Check a configuration and every file it includes")
        ->add_option("config", chosen.config, "The configuration file")
        ->required();
    CLI::App* const plan = app.add_subcommand(
        "plan",
        "Tell how many connections a configuration holds on this machine, and what to change for more");
    plan->add_option("config", chosen.plan.config, "The configuration file")->required();
    plan->add_option("--connections", chosen.plan.connections,
                     "So many have to fit: N, or POOL=N for one pool; exit code 3 when they do not")
        ->allow_extra_args(false);
    plan->add_flag("--json", chosen.plan.as_json, "One JSON object instead of tables");
    CLI::App* const demo =
        app.add_subcommand("demo", "Run a chat behind the proxy, with two backends of its own");
    demo->add_option("--listen", chosen.demo.listen, "Where clients connect")->capture_default_str();
    demo->add_option("--admin", chosen.demo.admin, "The admin listener")->capture_default_str();
    app.add_subcommand("health", "Ask a running proxy whether it is ready; for container health checks")
        ->add_option("--admin", chosen.health_address, "Its admin listener")
        ->capture_default_str();
    CLI::App* const npath =
        app.add_subcommand("npath", "Forward [npath.NAME] in the kernel; needs CAP_NET_ADMIN");
    npath->add_option("config", chosen.config, "The configuration file")->required();
    npath->add_flag("--check", chosen.only_check, "Check the configuration and end");
    add_control_commands(app, chosen);
    app.add_subcommand("version", "Print the version");
    app.require_subcommand(1);
}

int execute(const CLI::App& app, const choices& chosen)
{
    if (app.got_subcommand("run")) return run(chosen.config);
    if (app.got_subcommand("check")) return check(chosen.config);
    if (app.got_subcommand("plan")) return plan_capacity(chosen.plan);
    if (app.got_subcommand("demo")) return run_demo(chosen.demo);
    if (app.got_subcommand("health")) return check_health(chosen.health_address);
    if (app.got_subcommand("drain")) return drain(chosen.drain);
    if (app.got_subcommand("reload")) return reload(chosen.reload);
    if (app.got_subcommand("rebalance")) return rebalance(chosen.rebalance);
    if (app.got_subcommand("backends")) return backends(chosen.backends);
    if (app.got_subcommand("connections")) return connections(chosen.connections);
    if (app.got_subcommand("npath"))
        return chosen.only_check ? check_npath(chosen.config) : run_npath(chosen.config);
    std::cout << "fairlead " FAIRLEAD_VERSION "\n";
    return EXIT_SUCCESS;
}

} // namespace

int run_command_line(int argc, char** argv)
{
    CLI::App app("Fairlead, a WebSocket-aware L7 reverse proxy", "fairlead");
    choices chosen;
    add_commands(app, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& wrong) {
        return app.exit(wrong) == 0 ? EXIT_SUCCESS : wrong_usage;
    }
    try {
        return execute(app, chosen);
    } catch (const std::exception& failure) {
        std::cerr << "fairlead: " << failure.what() << '\n';
        return EXIT_FAILURE;
    }
}

} // namespace fairlead::cli
