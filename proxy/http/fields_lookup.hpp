// The fields of a head, as routes and logs ask for them. Lifetime: the head outlives it. Thread: the head's.
#pragma once

#include "proxy/http/head.hpp"
#include "proxy/routing/request_key.hpp"

namespace fairlead::http {

class fields_lookup final : public routing::header_lookup
{
public:
    explicit fields_lookup(const head& fields)
        : fields_(fields)
    {}

    std::optional<std::string_view> next(std::string_view lower_name, std::size_t& from) const override
    {
        return fields_.find_next(lower_name, from);
    }

private:
    const head& fields_;
};

} // namespace fairlead::http
