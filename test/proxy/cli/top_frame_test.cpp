#include "proxy/cli/top_frame.hpp"

#include <doctest/doctest.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>

#include <string>

using namespace fairlead::cli;

namespace {

top_reading two_routes()
{
    top_reading out;
    out.before.at_s = 0;
    out.now.at_s = 1;
    out.now.version = "1.0";
    out.now.lifecycle = "ready";
    out.now.generation = 2;
    out.now.routes["api"].tunnels = 2;
    out.now.routes["chat"].tunnels = 40;
    out.now.routes["chat"].messages = 7;
    out.now.backends["app/a:1"].state = "up";
    out.now.backends["app/b:1"].state = "down";
    return out;
}

} // namespace

TEST_CASE("a frame has the process, its totals, the table and the keys, and fills the screen")
{
    const auto frame = top_frame(two_routes(), {}, "here", {200, 8}, false);
    REQUIRE(frame.size() == 8);
    CHECK(frame[0] == "fairlead 1.0 at here: ready, generation 2");
    CHECK(frame[1].starts_with("0 tunnels, "));
    CHECK(frame[2].empty());
    CHECK(frame[3] == "route  tunnels*  opened/s  messages/s  bytes/s  requests/s  5xx/s");
    CHECK(frame[4] == "chat         40         0         7.0      0 B           0      0");
    CHECK(frame[5] == "api           2         0           0      0 B           0      0");
    CHECK(frame[6].empty());
    CHECK(frame[7].starts_with("q quit"));
}

TEST_CASE("a small screen is never exceeded")
{
    for (std::size_t height = 1; height < 7; ++height) {
        const auto frame = top_frame(two_routes(), {}, "here", {10, height}, false);
        CHECK(frame.size() <= height);
        for (const auto& line : frame)
            CHECK(line.size() <= 10);
    }
}

TEST_CASE("with colours the title is set off and a backend that is not up is red; without there is no escape")
{
    top_view view;
    view.subject = top_subject::backends;
    const auto frame = top_frame(two_routes(), view, "here", {200, 9}, true);
    CHECK(frame[3].starts_with("\x1b[7mbackend"));
    CHECK(frame[4].starts_with("app/a:1"));
    CHECK(frame[5].starts_with("\x1b[31mapp/b:1"));
    for (const auto& line : top_frame(two_routes(), view, "here", {200, 9}, false))
        CHECK(line.find('\x1b') == line.npos);
}

TEST_CASE("a process that does not answer leaves its last figures, and why stands above them")
{
    auto reading = two_routes();
    reading.problem = "here: Connection refused";
    const auto frame = top_frame(reading, {}, "here", {80, 8}, false);
    CHECK(frame[1] == "here: Connection refused");
    CHECK(frame[4].starts_with("chat"));
}

TEST_CASE("keys choose the subject, the column, the order and the first row")
{
    top_view view;
    const auto reading = two_routes();
    const auto key = [&](const char* pressed) { press(view, pressed, table_of(reading, view), 10); };
    key(">");
    CHECK(view.sort_by == "opened/s");
    key("<");
    key("<");
    CHECK(view.sort_by == "route");
    key("<");
    CHECK(view.sort_by == "5xx/s");
    key("r");
    CHECK(view.reversed);
    key("\x1b[B");
    CHECK(view.first_row == 1);
    key("\x1b[6~");
    CHECK(view.first_row == 1); // there are two
    key("\x1b[A");
    key("\x1b[A");
    CHECK(view.first_row == 0);
    key("\t");
    CHECK(view.subject == top_subject::backends);
    CHECK(view.sort_by.empty());
    key(" ");
    CHECK(view.paused);
    CHECK(!view.wants_end);
    key("q");
    CHECK(view.wants_end);
}

TEST_CASE("JSON has words for what the columns are called")
{
    const auto json = boost::json::parse(top_json(two_routes(), {})).as_object();
    CHECK(json.at("lifecycle") == "ready");
    const auto& first = json.at("routes").as_array().at(0).as_object();
    CHECK(first.at("route") == "chat");
    CHECK(first.at("tunnels").to_number<double>() == 40);
    CHECK(first.at("messages_per_second").to_number<double>() == 7);
}
