// The newest good certificate of some files: what is read of them anew replaces the one before when it is
// better, and else leaves it in force.
//
// Blocks while files are read. Thread: the control thread's. The certificates it gives are immutable.
#pragma once

#include "conf/tls_options.hpp"
#include "tls/certificate.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace fairlead::credentials {

class kept_certificate
{
public:
    explicit kept_certificate(conf::certificate_files files)
        : files_(std::move(files))
    {}

    // Whether what is in force is another certificate than before. A new one that is not valid now does not
    // replace one that is, until its time has come.
    bool refresh(tls::wall_time now);

    const conf::certificate_files& files() const noexcept { return files_; }
    void rename(conf::certificate_files files) { files_ = std::move(files); } // of the same chain

    const std::shared_ptr<const tls::certificate>& current() const noexcept { return current_; } // null: none
    // Why the last reading changed nothing, each beginning with a path; empty: all is well.
    const std::vector<std::string>& problems() const noexcept { return problems_; }
    const std::vector<std::string>& warnings() const noexcept { return warnings_; } // of what is in force
    // An OCSP response is named for it, and is bad or out of date.
    bool is_staple_left_out() const noexcept { return is_staple_left_out_; }

private:
    bool read_anew(tls::wall_time now);

    conf::certificate_files files_;
    std::uint64_t read_ = 0; // digest of what was read last; 0: to be read
    std::shared_ptr<const tls::certificate> current_;
    std::vector<std::string> problems_;
    std::vector<std::string> found_; // in what is in force, when it was read
    std::vector<std::string> warnings_;
    bool is_staple_left_out_ = false;
};

} // namespace fairlead::credentials
