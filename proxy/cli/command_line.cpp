#include "proxy/cli/command_line.hpp"

#include "proxy/cli/check.hpp"
#include "proxy/cli/command_model.hpp"
#include "proxy/cli/completion.hpp"
#include "proxy/cli/connections.hpp"
#include "proxy/cli/control.hpp"
#include "proxy/cli/demo.hpp"
#include "proxy/cli/exit_codes.hpp"
#include "proxy/cli/explain.hpp"
#include "proxy/cli/health.hpp"
#include "proxy/cli/man_page.hpp"
#include "proxy/cli/npath.hpp"
#include "proxy/cli/plan.hpp"
#include "proxy/cli/run.hpp"
#include "proxy/cli/status.hpp"
#include "proxy/cli/top.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace fairlead::cli {
namespace {

struct choices
{
    std::string config = "/etc/fairlead/fairlead.toml";
    admin_access health;
    demo_options demo;
    plan_options plan;
    drain_command drain;
    reload_command reload;
    rebalance_command rebalance;
    backends_command backends;
    connections_command connections;
    explain_command explain;
    status_command status;
    top_command top;
    completion_command completion;
    bool core_dumps = false;
    bool only_check = false;
    bool as_json = false; // of those that have no struct of their own
};

// CLI::IsMember would put its list into the name of the type.
std::function<std::string(const std::string&)> one_of(std::vector<std::string> words)
{
    return [words = std::move(words)](const std::string& given) {
        const bool is_known = std::find(words.begin(), words.end(), given) != words.end();
        return is_known ? std::string() : "'" + given + "' is not known";
    };
}

void add_admin_option(CLI::App& command, admin_access& at)
{
    command
        .add_option("--admin", at.address,
                    "Its admin listener: unix:PATH, HOST:PORT or https://HOST:PORT; by default its socket "
                    "/run/fairlead/admin.sock, or 127.0.0.1:9900 where there is none")
        ->type_name("ADDRESS");
    command.add_option("--token-file", at.token_file, "A token for it; see FAIRLEAD_TOKEN_FILE")
        ->type_name("FILE");
    command.add_option("--ca", at.ca, "With https: the CAs to trust, instead of the system's")
        ->type_name("FILE");
    CLI::Option* const certificate =
        command.add_option("--cert", at.certificate, "With https: a certificate of one's own")
            ->type_name("FILE");
    command.add_option("--key", at.key, "The key of --cert, where it is not in the same file")
        ->type_name("FILE")
        ->needs(certificate);
}

void add_json_option(CLI::App& command, bool& as_json)
{
    command.add_flag("--json", as_json, "JSON instead of text");
}

void add_connections_command(CLI::App& app, connections_command& chosen)
{
    CLI::App* const command =
        app.add_subcommand("connections", "Tell the tunnels of a running proxy, or close some of them");
    const auto parameter = [&](const char* option, const char* name, const char* text) {
        return command->add_option(option, chosen.parameters[name], text);
    };
    parameter("--id", "id", "The one of that id")->type_name("ID");
    parameter("--route", "route", "Of this route only")->type_name("ROUTE");
    CLI::Option* const pool = parameter("--pool", "pool", "Of this pool only")->type_name("POOL");
    parameter("--backend", "backend", "Of this backend only")->type_name("POOL/ADDRESS")->excludes(pool);
    parameter("--listener", "listener", "An address of [[listen]]")->type_name("LISTENER");
    parameter("--client", "client", "Of clients at this address, or in this block")->type_name("CIDR");
    parameter("--source", "source", "Through this source address")->type_name("IP");
    parameter("--min-age", "min_age", "Open for at least that long")->type_name("DURATION");
    parameter("--idle", "idle", "Without data for at least that long")->type_name("DURATION");
    CLI::Option* const close = command->add_flag("--close", chosen.close, "Close them");
    parameter("--code", "code", "The code that both sides get; 1001 by default")
        ->type_name("CODE")
        ->needs(close);
    command->add_flag("--all", chosen.all, "Close every one")->needs(close);
    parameter("--sort", "sort", "The most first")->type_name("age|bytes|messages|rtt|idle")->excludes(close);
    command->add_flag("--ascending", chosen.ascending, "The least first")->excludes(close);
    parameter("--limit", "limit", "So many, up to 1000; 100 by default")->type_name("N")->excludes(close);
    parameter("--offset", "offset", "Without so many in front")->type_name("N")->excludes(close);
    CLI::Option* const trace =
        command->add_option("--trace", chosen.trace, "Tell the frames of the one of this id as they pass")
            ->type_name("ID")
            ->excludes(close);
    command->add_option("--for", chosen.trace_time, "For so long; 60s by default")
        ->type_name("DURATION")
        ->needs(trace);
    command->add_flag("--json", chosen.as_json, "JSON instead of a table");
    add_admin_option(*command, chosen.admin);
}

void add_status_command(CLI::App& app, status_command& chosen)
{
    CLI::App* const status = app.add_subcommand("status", "Tell how a running proxy is, on one screen");
    status->add_flag("--check", chosen.only_check,
                     "Its health alone, with an exit code: 4 not ready, 5 draining, 6 warnings");
    status->add_flag("--all", chosen.all, "Every row, not only the ten with the most");
    add_json_option(*status, chosen.as_json);
    add_admin_option(*status, chosen.admin);
}

void add_top_command(CLI::App& app, top_command& chosen)
{
    CLI::App* const top = app.add_subcommand(
        "top", "Show the routes, backends or connections of a running proxy with their rates, live");
    top->add_option("show", chosen.show, "What to show first; routes by default")
        ->type_name("routes|backends|connections")
        ->check(one_of({"routes", "backends", "connections"}));
    top->add_option("--interval", chosen.interval, "How often")->type_name("DURATION")->capture_default_str();
    top->add_option("--sort", chosen.sort_by, "By this column, such as bytes/s: the most first")
        ->type_name("COLUMN");
    top->add_flag("--reverse", chosen.reversed, "The least first");
    top->add_flag("--once", chosen.once, "One table, after one interval, without a screen");
    top->add_flag("--json", chosen.as_json, "A JSON object each time instead of a table");
    add_admin_option(*top, chosen.admin);
}

void add_backends_command(CLI::App& app, backends_command& chosen)
{
    CLI::App* const command = app.add_subcommand(
        "backends", "Tell which backends of a running proxy are up, and why others are not; or change one");
    CLI::Option* const pool =
        command->add_option("--pool", chosen.pool, "Of this one only")->type_name("POOL");
    CLI::App* const what = command->add_option_group("what", "What to change")->require_option(0, 1);
    what->add_option("--eject", chosen.eject, "Give it nothing new; what it has stays")
        ->type_name("POOL/ADDRESS")
        ->excludes(pool);
    what->add_option("--restore", chosen.restore, "As it is configured again")
        ->type_name("POOL/ADDRESS")
        ->excludes(pool);
    what->add_option("--weight", chosen.weight, "Another weight, 1 to 1000, until it is restored")
        ->type_name("POOL/ADDRESS=N")
        ->excludes(pool);
    command->add_flag("--json", chosen.as_json, "JSON instead of text");
    add_admin_option(*command, chosen.admin);
}

void add_explain_command(CLI::App& app, explain_command& chosen)
{
    CLI::App* const command = app.add_subcommand(
        "explain", "Tell which route and backend a request would take, and why; exit code 3 when none does");
    command->add_option("url", chosen.asked.url, "Of http, https, ws or wss")->type_name("URL")->required();
    command->add_option("-X,--method", chosen.asked.method, "Its method")
        ->type_name("METHOD")
        ->capture_default_str();
    command->add_option("-H,--header", chosen.asked.headers, "A field of it: 'Name: value'")
        ->type_name("FIELD")
        ->allow_extra_args(false);
    command->add_option("--client", chosen.asked.client, "The address that it comes from")->type_name("IP");
    command->add_option("-c,--config", chosen.config, "Of this file, instead of the running process")
        ->type_name("FILE");
    command->add_flag("--json", chosen.as_json, "JSON instead of text");
    add_admin_option(*command, chosen.admin);
}

// What a running process is asked for.
void add_control_commands(CLI::App& app, choices& chosen)
{
    CLI::App* const drain = app.add_subcommand(
        "drain", "Lead everybody away from a part of a running proxy; without one, tell how far that is");
    CLI::App* const what = drain->add_option_group("what", "What to drain")->require_option(0, 1);
    what->add_option("--route", chosen.drain.route, "A route's name")->type_name("ROUTE");
    what->add_option("--backend", chosen.drain.backend, "One backend")->type_name("POOL/ADDRESS");
    what->add_option("--listener", chosen.drain.listener, "An address of [[listen]]")->type_name("LISTENER");
    drain->add_option("--window", chosen.drain.window, "Over which time, instead of drain.window")
        ->type_name("DURATION");
    drain->add_flag("--undo", chosen.drain.undo, "Take it back");
    drain->add_flag("--wait", chosen.drain.wait, "Show the progress until nothing of it is open");
    drain->add_option("--timeout", chosen.drain.timeout, "Wait no longer than that; then exit code 3")
        ->type_name("DURATION");
    drain->add_flag("--json", chosen.drain.as_json, "JSON instead of text");
    add_admin_option(*drain, chosen.drain.admin);
    CLI::App* const reload = app.add_subcommand(
        "reload", "Have a running proxy read its configuration again, and tell what changed");
    reload->add_flag("--dry-run", chosen.reload.dry_run, "Only tell what would change");
    reload->add_flag("--json", chosen.reload.as_json, "JSON instead of text");
    add_admin_option(*reload, chosen.reload.admin);
    CLI::App* const rebalance = app.add_subcommand(
        "rebalance", "Tell how even the pools with `rebalance` are, and what would be closed");
    rebalance->add_option("--pool", chosen.rebalance.pool, "Begin to rebalance this one")->type_name("POOL");
    CLI::Option* const only_tell = rebalance->add_flag("--dry-run", chosen.rebalance.dry_run, "Only tell");
    CLI::Option* const until_even =
        rebalance->add_flag("--wait", chosen.rebalance.wait, "Show the progress until it is even enough")
            ->needs("--pool")
            ->excludes(only_tell);
    rebalance->add_option("--timeout", chosen.rebalance.timeout, "Wait no longer than that; then exit code 3")
        ->type_name("DURATION")
        ->needs(until_even);
    rebalance->add_flag("--json", chosen.rebalance.as_json, "JSON instead of text");
    add_admin_option(*rebalance, chosen.rebalance.admin);
    add_backends_command(app, chosen.backends);
    add_explain_command(app, chosen.explain);
    add_connections_command(app, chosen.connections);
    add_status_command(app, chosen.status);
    add_top_command(app, chosen.top);
}

// What is written once, for shells and man.
void add_shell_commands(CLI::App& app, completion_command& chosen)
{
    CLI::App* const completion = app.add_subcommand(
        "completion", "Print the completion for a shell, such as: source <(fairlead completion bash)");
    CLI::App* const what = completion->add_option_group("what")->require_option(1);
    what->add_option("shell", chosen.shell, "The shell")
        ->type_name("bash|zsh|fish")
        ->check(one_of({"bash", "zsh", "fish"}));
    what->add_option("--values", chosen.values, "Names that a running proxy knows")->group("");
    add_admin_option(*completion, chosen.admin);
    app.add_subcommand("man", "Print the manual page, such as for: fairlead man | man -l -");
}

void add_commands(CLI::App& app, choices& chosen)
{
    CLI::App* const run = app.add_subcommand("run", "Run the proxy");
    run->add_option("-c,--config", chosen.config, "The configuration file")
        ->type_name("FILE")
        ->capture_default_str();
    run->add_flag("--core-dumps", chosen.core_dumps,
                  "Allow core dumps, which hold private keys and what passes; as the system's limits say");
    CLI::App* const check = app.add_subcommand("check", "Check a configuration and every file it includes");
    check->add_option("config", chosen.config, "The configuration file")->type_name("FILE")->required();
    add_json_option(*check, chosen.as_json);
    CLI::App* const plan = app.add_subcommand(
        "plan",
        "Tell how many connections a configuration holds on this machine, and what to change for more");
    plan->add_option("config", chosen.plan.config, "The configuration file")->type_name("FILE")->required();
    plan->add_option("--connections", chosen.plan.connections,
                     "So many have to fit: N, or POOL=N for one pool; exit code 3 when they do not")
        ->type_name("N")
        ->allow_extra_args(false);
    plan->add_flag("--json", chosen.plan.as_json, "One JSON object instead of tables");
    CLI::App* const demo =
        app.add_subcommand("demo", "Run a chat behind the proxy, with two backends of its own");
    demo->add_option("--listen", chosen.demo.listen, "Where clients connect")
        ->type_name("ADDRESS")
        ->capture_default_str();
    demo->add_option("--admin", chosen.demo.admin, "The admin listener")
        ->type_name("ADDRESS")
        ->capture_default_str();
    CLI::App* const health =
        app.add_subcommand("health", "Ask a running proxy whether it is ready; for container health checks");
    add_json_option(*health, chosen.as_json);
    add_admin_option(*health, chosen.health);
    CLI::App* const npath =
        app.add_subcommand("npath", "Forward [npath.NAME] in the kernel; needs CAP_NET_ADMIN");
    npath->add_option("config", chosen.config, "The configuration file")->type_name("FILE")->required();
    CLI::Option* const only_check =
        npath->add_flag("--check", chosen.only_check, "Check the configuration and end");
    npath->add_flag("--json", chosen.as_json, "JSON instead of text")->needs(only_check);
    add_control_commands(app, chosen);
    add_json_option(*app.add_subcommand("version", "Print the version"), chosen.as_json);
    add_shell_commands(app, chosen.completion);
    app.require_subcommand(1);
}

int execute(const CLI::App& app, const choices& chosen)
{
    if (app.got_subcommand("run")) return run({chosen.config, chosen.core_dumps});
    if (app.got_subcommand("check")) return check(chosen.config, chosen.as_json);
    if (app.got_subcommand("plan")) return plan_capacity(chosen.plan);
    if (app.got_subcommand("demo")) return run_demo(chosen.demo);
    if (app.got_subcommand("health")) return check_health(chosen.health, chosen.as_json);
    if (app.got_subcommand("drain")) return drain(chosen.drain);
    if (app.got_subcommand("reload")) return reload(chosen.reload);
    if (app.got_subcommand("rebalance")) return rebalance(chosen.rebalance);
    if (app.got_subcommand("backends")) return backends(chosen.backends);
    if (app.got_subcommand("explain")) return explain(chosen.explain);
    if (app.got_subcommand("connections")) return connections(chosen.connections);
    if (app.got_subcommand("status")) return status(chosen.status);
    if (app.got_subcommand("top")) return top(chosen.top);
    if (app.got_subcommand("npath"))
        return chosen.only_check ? check_npath(chosen.config, chosen.as_json) : run_npath(chosen.config);
    if (app.got_subcommand("completion")) return complete(chosen.completion, model_of(app));
    if (app.got_subcommand("man"))
        std::cout << man_page(model_of(app), FAIRLEAD_VERSION);
    else
        std::cout << (chosen.as_json ? "{\"version\":\"" FAIRLEAD_VERSION "\"}\n"
                                     : "fairlead " FAIRLEAD_VERSION "\n");
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
