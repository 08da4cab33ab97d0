#include "proxy/dashboard/dashboard_pages.hpp"

#include "proxy/dashboard/page_files.hpp"

#include <utility>

namespace fairlead::dashboard {
namespace {

using admin::page_answer;
using admin::page_request;

constexpr const char* header_lines =
    "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n";

page_answer answer_of(const page_file& file)
{
    return {.body = std::string(file.text), .type = file.type, .header_lines = header_lines};
}

} // namespace

std::vector<admin::page> dashboard_pages(std::string contents)
{
    std::vector<admin::page> out;
    for (const page_file& file : page_files()) {
        const auto tell = [file](const page_request&) { return answer_of(file); };
        const auto tell_either = [file, contents](const page_request& asked) {
            const bool is_browser = asked.accept.find("text/html") != asked.accept.npos;
            return is_browser ? answer_of(file) : page_answer{200, contents, "text/plain; charset=utf-8"};
        };
        admin::page& page = out.emplace_back();
        page.path = file.path;
        page.is_open = true; // nothing of the process is in it: what it shows it asks for, with a token
        if (file.path == "/")
            page.answer = tell_either;
        else
            page.answer = tell;
    }
    return out;
}

} // namespace fairlead::dashboard
