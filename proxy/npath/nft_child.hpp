// One run of `nft`: a process of its own, because libnftables can abort the process that it is in, and
// blocks.
//
// Input and output are files in memory, so neither side can wait for the other; output is read up to 4
// MiB. The child is in a process group of its own, so that a Ctrl-C is ours alone. Completes when the
// child has ended; after 10 s it is killed, and that is its end. Thread: the executor's.
#pragma once

#include "proxy/net/socket.hpp"

#include <string>
#include <vector>

namespace fairlead::npath {

struct nft_result
{
    bool ok = false;
    std::string output; // what it wrote to stdout
    std::string error;  // why it failed, in its own words or ours; one line
};

net::task<nft_result> run_nft(net::executor executor, std::vector<std::string> arguments, std::string input);

} // namespace fairlead::npath
