#include "proxy/server/event_query.hpp"

#include "conf/values.hpp"
#include "proxy/server/admin_parameters.hpp"

namespace fairlead::server {

events_query read_events_query(std::string_view query)
{
    events_query out;
    admin_parameters given(query, {"every"});
    if (const auto text = given.text("every")) {
        const auto every = conf::parse_duration(*text);
        if (!every || *every < events_query::shortest || *every > events_query::longest)
            given.fail("every is a duration from 1s to 60s");
        else
            out.every = *every;
    }
    out.problem = given.problem();
    return out;
}

std::string event_text(std::string_view name, std::string_view data)
{
    std::string out;
    out.reserve(name.size() + data.size() + 16);
    out.append("event: ").append(name).append("\ndata: ").append(data).append("\n\n");
    return out;
}

} // namespace fairlead::server
