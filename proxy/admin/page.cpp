#include "proxy/admin/page.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>

namespace fairlead::admin {

std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

std::string_view query_of(std::string_view target)
{
    const auto mark = target.find('?');
    return mark == target.npos ? std::string_view() : target.substr(mark + 1);
}

page_answer error_answer(unsigned status, std::string_view why)
{
    std::string text(why);
    // JSON is UTF-8 (RFC 8259 8.1), and a request may hold any bytes.
    std::ranges::replace_if(
        text, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
    page_answer answer{status, {}};
    answer.body = boost::json::serialize(boost::json::object{{"error", text}}) + "\n";
    return answer;
}

} // namespace fairlead::admin
