// What is counted of the admin listeners, and its exposition.
//
// The cells belong to the main thread, the only one that writes them. Thread: any for reading.
#pragma once

#include "metrics/admin_labels.hpp"
#include "metrics/exposition.hpp"
#include "metrics/instruments.hpp"

namespace fairlead::metrics {

struct admin_cells
{
    by<admin_refusal, counter> refusals;
};

void add_admin(exposition& out, const admin_cells& of);

} // namespace fairlead::metrics
