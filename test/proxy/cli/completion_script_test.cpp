#include "proxy/cli/completion_script.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace fairlead::cli;

namespace {

const command_model program{
    "fairlead",
    "A proxy",
    {{{"--help", "-h"}, "", "Help", "", false}},
    {},
    {{"drain",
      "Lead away: a part's clients [all]",
      {{{"--route", "-r"}, "ROUTE", "A route's name", "", false},
       {{"--window"}, "DURATION", "Over which time", "", false},
       {{"--wait"}, "", "Until it is done", "", false}},
      {},
      {}},
     {"check", "Check a file", {}, {{{"config"}, "FILE", "The file", "", true}}, {}},
     {"backends",
      "Those",
      {},
      {},
      {{"eject", "Leave it alone", {}, {{{"backend"}, "POOL/ADDRESS", "Which", "", true}}, {}}}}}};

bool has(const std::string& text, const char* part) { return text.find(part) != text.npos; }

} // namespace

TEST_CASE("bash: each command offers its options, and what an option takes is offered behind it")
{
    const std::string script = bash_completion(program);
    CHECK(has(script, "' drain'|' check'|' backends'|'backends eject')"));
    CHECK(has(script, "'drain --route'|'drain -r') _fairlead_live ROUTE; return ;;"));
    CHECK(has(script, "'drain --window') :; return ;;"));
    CHECK(has(script, "_fairlead_offer '--route -r --window --wait "));
    CHECK(has(script, "[[ $current == -* ]] || _fairlead_files"));
    CHECK(has(script, "[[ $current == -* ]] || _fairlead_live POOL/ADDRESS"));
}

TEST_CASE("zsh: texts keep their brackets, colons and quotes")
{
    const std::string script = zsh_completion(program);
    CHECK(has(script, R"('drain:Lead away\: a part'\''s clients \[all\]')"));
    CHECK(has(script, R"('--route[A route'\''s name]:ROUTE:_fairlead_live ROUTE')"));
    CHECK(has(script, "'*:file:_files'"));
}

TEST_CASE("fish: options by their kind, only within their command")
{
    const std::string script = fish_completion(program);
    CHECK(has(script, R"(-n "__fairlead_in 'drain'" -l route -s r -x -a '(__fairlead_live ROUTE)')"));
    CHECK(has(script, R"(-n "__fairlead_in 'drain'" -l window -x -d)"));
    CHECK(has(script, R"(-n "__fairlead_in 'backends'" -a eject -d 'Leave it alone')"));
    CHECK(has(script, R"(-n "__fairlead_in 'check'" -r -F)"));
}
