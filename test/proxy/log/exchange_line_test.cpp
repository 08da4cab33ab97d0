#include "proxy/log/exchange_line.hpp"

#include "proxy/log/json_line.hpp"
#include "proxy/log/text_line.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

using namespace fairlead;
using conf::log_field;

namespace {

struct sent_headers final : routing::header_lookup
{
    std::map<std::string, std::string, std::less<>> values;

    std::optional<std::string_view> next(std::string_view name, std::size_t& from) const override
    {
        const auto found = values.find(name);
        if (from++ != 0 || found == values.end()) return std::nullopt;
        return found->second;
    }
};

std::vector<conf::chosen_log_field> chosen(std::initializer_list<log_field> fields)
{
    std::vector<conf::chosen_log_field> out;
    for (const auto each : fields)
        out.push_back({each, std::string(conf::row_of(each).name)});
    return out;
}

std::string json_of(const std::vector<conf::chosen_log_field>& fields, const log::exchange_line& from)
{
    std::string out;
    {
        log::json_line line(out);
        put(line, fields, from);
    }
    return out;
}

} // namespace

TEST_CASE("a line has the chosen fields that have a value, in the order in which they were chosen")
{
    log::exchange_record what;
    what.client = "192.0.2.1:1";
    what.status = 200;
    what.method = "GET";
    const auto fields = chosen({log_field::status, log_field::reason, log_field::hedge, log_field::attempts,
                                log_field::queued, log_field::sample, log_field::sni, log_field::cause,
                                log_field::client, log_field::method, log_field::time});
    CHECK(json_of(fields, {"12:00", what}) ==
          "{\"status\":200,\"client\":\"192.0.2.1:1\",\"method\":\"GET\",\"time\":\"12:00\"}\n");
    std::string text;
    {
        log::text_line line(text);
        put(line, fields, log::exchange_line{"12:00", what});
    }
    CHECK(text == "status=200 client=192.0.2.1:1 method=GET 12:00\n");
}

TEST_CASE("a line says for how many exchanges it stands, when that is more than itself")
{
    const log::exchange_record what;
    CHECK(json_of(chosen({log_field::sample}), {"", what, 100}) == "{\"sample\":100}\n");
    CHECK(json_of(chosen({log_field::sample}), {"", what, 1}) == "{}\n");
}

TEST_CASE("a trace id is written in 32 digits")
{
    log::exchange_record what;
    const std::string id("\x00\x01\x7f\x80\xff\x10\x20\x30\x40\x50\x60\x70\x80\x90\xa0\xb0", 16);
    CHECK(json_of(chosen({log_field::trace_id}), {"", what}) == "{}\n");
    what.trace_id = id;
    CHECK(json_of(chosen({log_field::trace_id}), {"", what}) ==
          "{\"trace_id\":\"00017f80ff102030405060708090a0b0\"}\n");
}

TEST_CASE("a header is logged by its name, up to 256 bytes of it")
{
    sent_headers headers;
    headers.values = {
        {"referer", "https://a.example/\n"}, {"x-long", std::string(1'000, 'x')}, {"x-empty", ""}};
    log::exchange_record what;
    const std::vector<conf::chosen_log_field> fields{{log_field::header, "header:referer"},
                                                     {log_field::header, "header:x-long"},
                                                     {log_field::header, "header:x-empty"},
                                                     {log_field::header, "header:x-none"}};
    CHECK(json_of(fields, {"", what}) == "{}\n");
    what.headers = &headers;
    CHECK(json_of(fields, {"", what}) ==
          "{\"header:referer\":\"https://a.example/\\u000a\",\"header:x-long\":\"" + std::string(256, 'x') +
              "\",\"header:x-empty\":\"\"}\n");
}
