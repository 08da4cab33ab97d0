#include "proxy/upstream/retry_budget.hpp"

#include <doctest/doctest.h>

using fairlead::upstream::retry_budget;

namespace {

int spend_all(retry_budget& from)
{
    int count = 0;
    while (from.spend())
        ++count;
    return count;
}

} // namespace

TEST_CASE("a new budget has ten retries, and five requests at 20 % earn one")
{
    retry_budget budget(20);
    CHECK(spend_all(budget) == 10);
    for (int i = 0; i < 4; ++i)
        budget.earn();
    CHECK_FALSE(budget.spend());
    budget.earn();
    CHECK(spend_all(budget) == 1);
}

TEST_CASE("when every request fails, its share of them and the first ten are sent again")
{
    retry_budget budget(20);
    int retries = 0;
    for (int i = 0; i < 1000; ++i) {
        budget.earn();
        retries += budget.spend() ? 1 : 0;
    }
    CHECK(retries == 210);
}

TEST_CASE("a long quiet saves up a hundred retries at most")
{
    retry_budget budget(50);
    for (int i = 0; i < 100'000; ++i)
        budget.earn();
    CHECK(spend_all(budget) == 100);
}
