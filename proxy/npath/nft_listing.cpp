#include "proxy/npath/nft_listing.hpp"

#include "proxy/npath/nft_ruleset.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <charconv>

namespace fairlead::npath {
namespace {

namespace json = boost::json;

// Calls `use` with each object under `kind` of {"nftables": [{kind: {...}}, ...]}; false for any other text.
template <class Use>
bool for_each_listed(std::string_view text, std::string_view kind, Use use)
{
    json::error_code error;
    const json::value whole = json::parse({text.data(), text.size()}, error);
    if (error || !whole.is_object()) return false;
    const json::value* list = whole.get_object().if_contains("nftables");
    if (list == nullptr || !list->is_array()) return false;
    for (const json::value& each : list->get_array()) {
        if (!each.is_object()) continue;
        const json::value* found = each.get_object().if_contains({kind.data(), kind.size()});
        if (found != nullptr && found->is_object()) use(found->get_object());
    }
    return true;
}

std::string text_of(const json::object& object, std::string_view key)
{
    const json::value* found = object.if_contains({key.data(), key.size()});
    return found != nullptr && found->is_string() ? std::string(found->get_string().c_str()) : std::string();
}

std::uint64_t number_of(const json::object& object, std::string_view key)
{
    const json::value* found = object.if_contains({key.data(), key.size()});
    if (found == nullptr) return 0;
    json::error_code error;
    const auto number = found->to_number<std::uint64_t>(error);
    return error ? 0 : number;
}

std::optional<conf::ip_address> address_of(std::string_view hex)
{
    conf::ip_address address;
    address.is_v6 = hex.size() == 32;
    if (!address.is_v6 && hex.size() != 8) return std::nullopt;
    for (std::size_t i = 0; i < hex.size() / 2; ++i) {
        const char* const end = hex.data() + 2 * i + 2;
        const auto [stop, error] = std::from_chars(hex.data() + 2 * i, end, address.bytes[i], 16);
        if (error != std::errc{} || stop != end) return std::nullopt;
    }
    return address;
}

// "b7_0a050015"
std::optional<listed_member> member_of(std::string_view chain)
{
    const std::size_t bar = chain.find('_');
    if (!chain.starts_with('b') || bar == chain.npos) return std::nullopt;
    listed_member member;
    const char* const end = chain.data() + bar;
    const auto [stop, error] = std::from_chars(chain.data() + 1, end, member.id);
    const auto address = address_of(chain.substr(bar + 1));
    if (error != std::errc{} || stop != end || member.id == 0 || !address) return std::nullopt;
    member.address = *address;
    return member;
}

} // namespace

std::optional<std::vector<std::string>> listed_tables(std::string_view text)
{
    std::vector<std::string> names;
    const bool is_listing = for_each_listed(text, "table", [&](const json::object& table) {
        const std::string name = text_of(table, "name");
        if (text_of(table, "family") == "netdev" && name.starts_with(table_prefix)) names.push_back(name);
    });
    return is_listing ? std::optional(names) : std::nullopt;
}

std::vector<listed_member> listed_members(std::string_view text)
{
    std::vector<listed_member> members;
    for_each_listed(text, "chain", [&](const json::object& chain) {
        if (const auto member = member_of(text_of(chain, "name"))) members.push_back(*member);
    });
    return members;
}

std::vector<listed_counter> listed_counters(std::string_view text)
{
    std::vector<listed_counter> counters;
    for_each_listed(text, "counter", [&](const json::object& counter) {
        counters.push_back(
            {text_of(counter, "name"), number_of(counter, "packets"), number_of(counter, "bytes")});
    });
    return counters;
}

} // namespace fairlead::npath
