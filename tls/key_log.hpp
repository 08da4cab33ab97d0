// A file with the secrets of connections, by which Wireshark reads them: the format of NSS, SSLKEYLOGFILE.
//
// Whoever has it can read the traffic: for finding a fault, by an explicit option alone. It is made with mode
// 0600 and appended to. Thread: any; each line is one write(2).
#pragma once

#include <string>
#include <string_view>

namespace fairlead::tls {

class key_log
{
public:
    explicit key_log(const std::string& path); // throws std::system_error when it cannot be opened
    ~key_log();
    key_log(const key_log&) = delete;
    key_log& operator=(const key_log&) = delete;

    void add(std::string_view line) noexcept;

private:
    int fd_;
};

} // namespace fairlead::tls
