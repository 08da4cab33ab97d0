#include "proxy/plan/plan_json.hpp"

#include "test/proxy/plan/planning.hpp"

#include <boost/json.hpp>

using namespace fairlead;
using plan::test::planning;
using plan::test::pool;
using plan::test::route;

TEST_CASE("the JSON of a plan has the members that are documented")
{
    planning at;
    at.machine.descriptors_hard = 20'000;
    at.wanted.all = 80'000;
    const auto text = plan::to_json(at.make(pool("chat", "\"10.0.0.1:80\"", "source = \"10.0.1.1\"") +
                                            pool("local", "\"unix:/run/a\"") + route("chat")));
    CHECK(text.ends_with("}\n"));
    CHECK(text.find('\n') == text.size() - 1);
    const auto made = boost::json::parse(text);
    CHECK(made.at("connections") == 80'000);
    CHECK(made.at("asked") == true);
    CHECK(made.at("fits") == false);
    CHECK(made.at("descriptors_needed") == 160'170);
    CHECK(made.at("memory_bytes").at("kernel") == 80'000 * 8'704);
    const auto& first = made.at("pools").at(0);
    CHECK(first.at("name") == "chat");
    CHECK(first.at("tuples_of") == "ledger");
    CHECK(first.at("connections") == 36'279);
    CHECK(first.at("families").at(0).at("ports") == 36'279);
    CHECK(made.at("pools").at(1).at("connections").is_null());
    CHECK(made.at("routes").at(0).at("can_hold") == 36'279);
    CHECK(made.at("limits").at(0).at("limit") == "descriptors");
    CHECK(made.at("limits").at(0).at("fits") == false);
    CHECK(made.at("settings").at(0).at("name") == "RLIMIT_NOFILE");
    CHECK(made.at("problems").as_array().size() == 2);
    CHECK(!made.at("problems").at(1).at("any_of").as_array().empty());
    CHECK(made.at("shared").as_array().empty());
    CHECK(made.at("notes").as_array().empty());
}
