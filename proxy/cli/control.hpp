// `fairlead drain`, `reload`, `rebalance` and `backends`: what a running process is asked on its admin
// listener.
//
// Exit codes: 0 done; 1 refused, or the process could not be asked; 3 a wait took longer than it may.
#pragma once

#include "proxy/cli/admin_client.hpp"

#include <string>

namespace fairlead::cli {

struct drain_command
{
    admin_access admin;
    std::string route;    // at most one of the three; none: tell how far all drains are
    std::string backend;  // "POOL/ADDRESS"
    std::string listener; // "ADDRESS"
    std::string window;
    std::string timeout; // of the wait; empty: none
    bool undo = false;
    bool wait = false;
    bool as_json = false;
};

int drain(const drain_command& how);

struct reload_command
{
    admin_access admin;
    bool dry_run = false;
    bool as_json = false;
};

int reload(const reload_command& how);

struct rebalance_command
{
    admin_access admin;
    std::string pool;    // to begin with; empty: tell the shares
    std::string timeout; // of the wait; empty: none
    bool wait = false;
    bool dry_run = false;
    bool as_json = false;
};

int rebalance(const rebalance_command& how);

struct backends_command
{
    admin_access admin;
    std::string pool;    // of this one only
    std::string eject;   // POOL/ADDRESS; of the three one at most
    std::string restore; // the same
    std::string weight;  // POOL/ADDRESS=N
    bool as_json = false;
};

int backends(const backends_command& how);

} // namespace fairlead::cli
