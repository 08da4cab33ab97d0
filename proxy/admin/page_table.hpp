// Finds the page that a path is for, and says so where there is none or the method is not one of its own.
//
// The first that matches wins. Pure. Thread: any. Lifetime: what find() gives is good as long as the table.
#pragma once

#include "proxy/admin/page.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fairlead::admin {

class page_table
{
public:
    explicit page_table(std::vector<page> pages);

    struct found
    {
        const page* which;
        std::vector<std::string> segments; // for each '*', decoded
    };

    std::optional<found> find(std::string_view path) const;
    std::span<const page> all() const noexcept { return pages_; }

private:
    std::vector<page> pages_;
};

// Why the page does not hear of the request; nothing: it does. A change needs the field X-Fairlead-Control: 1
// and no Origin. A page of another site can have a browser send a plain form here; it cannot have it add a
// field (it would be asked first, and nothing here says yes), and where its name was made to resolve to this
// address, the browser says Origin.
std::optional<page_answer> refusal_of(const page& which, const page_request& asked);

} // namespace fairlead::admin
