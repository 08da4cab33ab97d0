#include "proxy/snat/transparent_rules.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

using namespace fairlead;

namespace {

std::string content_of(const std::string& name)
{
    std::ifstream file(std::string(FAIRLEAD_SOURCE_DIR) + "/deploy/transparent/" + name);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

} // namespace

// What they do is shown between hosts, in test/netlab/transparent_test.py.
TEST_CASE("the scripts in deploy/transparent are the rules that are printed")
{
    CHECK(content_of("install.sh").ends_with("\n" + snat::transparent_rules()));
    CHECK(content_of("remove.sh").ends_with("\n" + snat::transparent_rules_removal()));
}
