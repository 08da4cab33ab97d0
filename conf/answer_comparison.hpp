// The keys that are about what becomes of answers, for config_diff.cpp.
#pragma once

#include "conf/model.hpp"

namespace fairlead::conf {

template <class Comparison>
void compare_answers(const route_options& a, const route_options& b, const Comparison& keys)
{
    keys.add("cors", a.edge.cors, b.edge.cors);
    keys.add("compression", a.edge.compression, b.edge.compression);
    keys.add("error_pages", a.edge.error_pages, b.edge.error_pages);
    keys.add("rewrite_location", a.rewrite_location, b.rewrite_location);
    keys.add("rewrite_cookie_path", a.rewrite_cookie_path, b.rewrite_cookie_path);
}

} // namespace fairlead::conf
