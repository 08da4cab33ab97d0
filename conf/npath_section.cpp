#include "conf/npath_section.hpp"

#include "conf/health_keys.hpp"

#include <algorithm>
#include <string>

namespace fairlead::conf {

namespace {

constexpr std::size_t longest_name = 64;
constexpr std::size_t longest_interface = 15; // IFNAMSIZ less its terminator
constexpr std::size_t most_backends = 128;    // each costs a chain and at least a slot

bool is_letter_or_digit(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// The name becomes a part of the kernel table's.
bool is_service_name(std::string_view name)
{
    const auto is_allowed = [](char c) { return is_letter_or_digit(c) || c == '-' || c == '_' || c == '.'; };
    return !name.empty() && name.size() <= longest_name && std::ranges::all_of(name, is_allowed);
}

bool is_interface_name(std::string_view name)
{
    const auto is_allowed = [](char c) { return c > ' ' && c < 0x7f && c != '/' && c != '"' && c != '\\'; };
    return !name.empty() && name.size() <= longest_interface && std::ranges::all_of(name, is_allowed);
}

bool is_prime(std::uint32_t number)
{
    for (std::uint32_t divisor = 2; divisor * divisor <= number; ++divisor) {
        if (number % divisor == 0) {
            return false;
        }
    }
    return number > 1;
}

std::optional<ip_address> read_address(std::string_view text, const written_at& where, diagnostics& errors)
{
    auto address = parse_ip_address(text);
    if (!address) {
        errors.add(where, in_quotes(text) + " is not an IP address, such as 10.5.0.21 or fd05::21");
    }
    return address;
}

std::optional<npath_backend_options> read_backend(const document_node& node, const written_at& where,
                                                  diagnostics& errors)
{
    npath_backend_options backend;
    backend.where = where.position();
    std::optional<ip_address> address;
    if (node.kind == node_kind::text) {
        address = read_address(node.text, where, errors);
    } else if (node.kind == node_kind::table) {
        const table_reader table(node, {"npath.NAME.backends", where.key, *where.file, errors});
        table.read("weight", backend.weight);
        std::string text;
        table.read("address", text);
        const auto* written = table.find("address");
        if (written != nullptr && written->kind == node_kind::text) {
            address = read_address(text, table.where("address"), errors);
        }
    } else {
        errors.add(where, "wants \"IP\" or { address = \"IP\", weight = 1 }, not " +
                              std::string(kind_text(node.kind)));
    }
    if (!address) {
        return std::nullopt;
    }
    backend.address = *address;
    return backend;
}

// What is wrong with a backend of this service; "" when nothing is.
std::string backend_problem(const npath_backend_options& backend, const npath_options& service)
{
    const auto text = to_string(backend.address);
    if (backend.address == service.address) {
        return text + " is the service's own address; a backend is named by another address of its machine";
    }
    if (backend.address.is_v6 != service.address.is_v6) {
        return text + " is " + (backend.address.is_v6 ? "IPv6" : "IPv4") +
               ", the service's address is not; " + "each family is a service of its own";
    }
    if (std::ranges::find(service.backends, backend.address, &npath_backend_options::address) !=
        service.backends.end())
    {
        return text + " is listed twice; to send it more, give it a weight";
    }
    return "";
}

void read_backends(const table_reader& table, bool has_address, npath_options& service)
{
    const auto* node = table.find("backends");
    if (node == nullptr) {
        return;
    }
    if (node->kind != node_kind::array) {
        table.report("backends", "wants an array: [\"IP\", ...]");
        return;
    }
    if (node->items.empty()) {
        table.report("backends", "a service needs at least one backend");
    }
    if (node->items.size() > most_backends) {
        table.report("backends", std::to_string(node->items.size()) + " are more than the " +
                                     std::to_string(most_backends) + " that a service may have");
        return;
    }
    for (std::size_t i = 0; i < node->items.size(); ++i) {
        const auto where = table.where_item("backends", i);
        const auto backend = read_backend(node->items[i], where, table.errors());
        if (!backend) {
            continue;
        }
        const auto problem = has_address ? backend_problem(*backend, service) : std::string();
        if (problem.empty()) {
            service.backends.push_back(*backend);
        } else {
            table.errors().add(where, problem);
        }
    }
}

void read_health(const table_reader& table, npath_options& service)
{
    auto& health = service.health;
    health.port = service.port;
    const auto* node = table.find("health");
    if (node == nullptr) {
        return;
    }
    const table_reader check(*node,
                             {"npath.NAME.health", table.path_of("health"), table.file(), table.errors()});
    if (node->kind != node_kind::table) {
        return;
    }
    health.kind = read_check_kind(check);
    read_check_path(check, health.kind, health.path);
    read_check_port(check, health.port);
    read_check_timing(check, health.timing);
}

void read_slots(const table_reader& table, npath_options& service)
{
    table.read("slots", service.slots);
    auto next = service.slots;
    while (!is_prime(next)) {
        ++next;
    }
    if (next != service.slots) {
        table.report("slots",
                     std::to_string(service.slots) + " is not a prime; " + std::to_string(next) + " is");
    }
}

void read_target(const table_reader& table, npath_options& service, bool& has_address)
{
    std::string text;
    table.read("address", text);
    const auto* written = table.find("address");
    if (written != nullptr && written->kind == node_kind::text) {
        if (const auto address = read_address(text, table.where("address"), table.errors())) {
            service.address = *address;
            has_address = true;
        }
    }
    std::uint32_t port = 0;
    table.read("port", port);
    service.port = static_cast<std::uint16_t>(port);
    table.read("interface", service.interface);
    const auto* interface = table.find("interface");
    if (interface != nullptr && interface->kind == node_kind::text && !is_interface_name(service.interface)) {
        table.report("interface", in_quotes(service.interface) + " is not the name of an interface");
    }
}

void read_service(const table_entry& entry, const table_reader& top, config_draft& draft)
{
    const table_reader table(entry.value, {"npath.NAME", "npath." + entry.key, top.file(), top.errors()});
    if (entry.value.kind != node_kind::table) {
        return;
    }
    const written_at name_place{&top.file(), entry.at, "npath." + entry.key};
    if (!is_service_name(entry.key)) {
        top.errors().add(name_place, "a service's name is 1 to 64 letters, digits, '-', '_' and '.'");
    }
    npath_options service;
    service.name = entry.key;
    service.where = name_place.position();
    bool has_address = false;
    read_target(table, service, has_address);
    read_backends(table, has_address, service);
    read_health(table, service);
    table.read("flow_timeout", service.flow_timeout);
    read_slots(table, service);
    table.read("persist", service.persist);
    if (has_address && service.port != 0) {
        const auto target = to_string(service.address) + " port " + std::to_string(service.port);
        const auto [twin, is_new] = draft.npath_places.emplace(target, name_place);
        if (!is_new) {
            table.report("address",
                         target + " is served already, at " + position_text(twin->second.position()));
        }
    }
    draft.value.npath.push_back(std::move(service));
}

} // namespace

void read_npath(const table_reader& top, config_draft& draft)
{
    const auto* node = top.find("npath");
    if (node == nullptr) {
        return;
    }
    if (node->kind != node_kind::table) {
        top.report("npath", "a service is a table with its name: [npath.NAME]");
        return;
    }
    for (const auto& entry : node->entries) {
        read_service(entry, top, draft);
    }
}

} // namespace fairlead::conf
