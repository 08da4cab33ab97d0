#include "proxy/cli/status.hpp"

#include "proxy/cli/admin_document.hpp"
#include "proxy/cli/status_text.hpp"
#include "proxy/cli/terminal.hpp"

#include <boost/json/serialize.hpp>

#include <cstdlib>
#include <iostream>
#include <limits>

namespace fairlead::cli {

int status(const status_command& how)
{
    const admin_document told = ask(how.admin, "GET", "/status");
    if (told.status != 200) return fail(told, how.as_json);
    status_style style;
    if (how.all) style.most_rows = std::numeric_limits<std::size_t>::max();
    style.with_colours = wants_colours();
    if (how.as_json)
        std::cout << boost::json::serialize(told.body) << '\n';
    else
        std::cout << (how.only_check ? health_text(told.body, style) : status_text(told.body, style));
    return how.only_check ? status_code(told.body) : EXIT_SUCCESS;
}

} // namespace fairlead::cli
