#include "proxy/discovery/file_members.hpp"

#include "conf/diagnostics.hpp"
#include "conf/source_file.hpp"

#include <boost/json/parse.hpp>

#include <charconv>
#include <stdexcept>
#include <utility>

namespace fairlead::discovery {
namespace {

namespace json = boost::json;

constexpr std::string_view weight_label = "fairlead_weight";

struct refused : std::runtime_error
{
    explicit refused(const std::string& why, look_failure what = look_failure::invalid)
        : std::runtime_error(why)
        , kind(what)
    {}
    look_failure kind;
};

std::uint32_t weight_of(const json::object& group)
{
    const json::value* const labels = group.if_contains("labels");
    if (labels == nullptr) return 1;
    if (!labels->is_object()) throw refused("\"labels\" is not an object of texts");
    const json::value* const label = labels->as_object().if_contains(weight_label);
    if (label == nullptr) return 1;
    const std::string_view text = label->is_string() ? std::string_view(label->as_string()) : "";
    std::uint32_t weight = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), weight);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    if (!is_whole || weight == 0 || weight > max_weight)
        throw refused("the label " + std::string(weight_label) + " is not a text with a number of 1 to 1000");
    return weight;
}

conf::endpoint address_of(const json::value& target)
{
    if (!target.is_string()) throw refused("a target is not a text \"HOST:PORT\"");
    const std::string_view text = target.as_string();
    auto address = conf::parse_endpoint(text);
    if (!address || (address->what != conf::endpoint::kind::unix_path && address->port == 0))
        throw refused(conf::in_quotes(text) + " is not a target \"HOST:PORT\"");
    return std::move(*address);
}

void add_group(const json::value& group, std::size_t most, member_list& out)
{
    if (!group.is_object()) throw refused("an entry of the list is not an object with \"targets\"");
    const json::value* const targets = group.as_object().if_contains("targets");
    if (targets == nullptr || !targets->is_array()) throw refused("an entry has no list \"targets\"");
    const std::uint32_t weight = weight_of(group.as_object());
    if (out.size() + targets->as_array().size() > most)
        throw refused("it lists more than max_members = " + std::to_string(most), look_failure::too_many);
    for (const json::value& each : targets->as_array())
        out.push_back({address_of(each), weight});
}

look_result failed(look_failure kind, std::string problem)
{
    look_result out;
    out.failure = kind;
    out.problem = std::move(problem);
    return out;
}

} // namespace

look_result parse_members(std::string_view text, std::size_t most)
{
    json::error_code error;
    const json::value root = json::parse(json::string_view(text.data(), text.size()), error);
    if (error) return failed(look_failure::invalid, "it is not JSON: " + error.message());
    if (!root.is_array())
        return failed(look_failure::invalid, "it is not a list of objects with \"targets\"");
    look_result out;
    try {
        member_list members;
        for (const json::value& group : root.as_array())
            add_group(group, most, members);
        put_in_order(members);
        out.members = std::move(members);
    } catch (const refused& problem) {
        return failed(problem.kind, problem.what());
    }
    return out;
}

look_result read_members_file(const std::string& file, std::size_t most)
{
    const conf::read_text_result read = conf::read_text(file);
    if (!read.problem.empty()) return failed(look_failure::unreadable, "it " + read.problem);
    return parse_members(read.text, most);
}

} // namespace fairlead::discovery
