// The dashboard as pages of the admin listener.
//
// The files hold no figures and no secrets, so they are for everybody who reaches the listener; what they ask
// for with fetch() is judged as any other request. A browser lets them load nothing from elsewhere, run
// nothing that is not one of the files, and make no markup of text (Content-Security-Policy, Trusted Types).
// `/` is the page for whoever accepts text/html, and `contents` for everybody else. Thread: any.
#pragma once

#include "proxy/admin/page.hpp"

#include <string>
#include <vector>

namespace fairlead::dashboard {

std::vector<admin::page> dashboard_pages(std::string contents);

} // namespace fairlead::dashboard
