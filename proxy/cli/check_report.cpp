#include "proxy/cli/check_report.hpp"

#include "proxy/cli/read_checked.hpp"
#include "proxy/server/reload_report.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <iostream>

namespace fairlead::cli {
namespace {

namespace json = boost::json;

int tell_in_words(const check_report& of)
{
    std::cerr << of.problem;
    for (const auto& warning : of.warnings)
        std::cerr << of.file << ": warning: " << warning << '\n';
    print_errors(of.errors);
    if (!of.ok()) return EXIT_FAILURE;
    std::cout << of.file << ": ok: ";
    for (std::size_t at = 0; at < of.counts.size(); ++at)
        std::cout << (at == 0 ? "" : ", ") << of.counts[at].second << ' ' << of.counts[at].first;
    std::cout << '\n';
    return EXIT_SUCCESS;
}

} // namespace

std::string check_json(const check_report& of)
{
    json::object out;
    out["ok"] = of.ok();
    out["file"] = of.file;
    out["errors"] = server::describe_errors(of.errors);
    std::string_view rest = of.problem;
    while (!rest.empty()) {
        const std::string_view line = rest.substr(0, rest.find('\n'));
        json::object error;
        error["message"] = error["text"] = line;
        out["errors"].as_array().push_back(std::move(error));
        rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    }
    json::array warnings;
    for (const auto& warning : of.warnings)
        warnings.emplace_back(warning);
    out["warnings"] = std::move(warnings);
    for (const auto& [what, count] : of.counts)
        out[what] = count;
    return json::serialize(out) + "\n";
}

int tell(const check_report& of, bool as_json)
{
    if (!as_json) return tell_in_words(of);
    std::cout << check_json(of);
    return of.ok() ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace fairlead::cli
