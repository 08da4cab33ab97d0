#include "proxy/credentials/fault_label.hpp"

#include <doctest/doctest.h>

using namespace fairlead;

TEST_CASE("every TLS fault has the same word in metrics and in logs")
{
    static_assert(static_cast<int>(tls::fault::other) == static_cast<int>(metrics::tls_fault::other));
    for (int i = 0; i <= static_cast<int>(tls::fault::other); ++i) {
        const auto what = static_cast<tls::fault>(i);
        CHECK(metrics::label(credentials::to_label(what)) == tls::word_of(what));
    }
}
