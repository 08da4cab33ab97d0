#include "tls/wire.hpp"

#include "tls/connection.hpp"

#include <openssl/bio.h>

#include <new>

namespace fairlead::tls {

// The BIO's ways into the connection whose call it is.
struct wire_bio
{
    static connection& user_of(BIO* bio) noexcept { return *static_cast<wire*>(BIO_get_data(bio))->user_; }

    static int read(BIO* bio, char* into, int most)
    {
        BIO_clear_retry_flags(bio);
        const int count =
            user_of(bio).take(reinterpret_cast<std::uint8_t*>(into), static_cast<std::size_t>(most));
        if (count < 0 && user_of(bio).receive_error_ == 0) BIO_set_retry_read(bio);
        return count;
    }

    static int write(BIO* bio, const char* records, int count)
    {
        BIO_clear_retry_flags(bio);
        const auto* const first = reinterpret_cast<const std::uint8_t*>(records);
        return user_of(bio).give({first, static_cast<std::size_t>(count)}) ? count : -1;
    }

    static long control(BIO* bio, int command, long, void*)
    {
        switch (command) {
        case BIO_CTRL_EOF: return user_of(bio).saw_end_ ? 1 : 0;
        case BIO_CTRL_FLUSH: return 1; // a call's records go when it ends
        default: return 0;
        }
    }

    // Never freed: a connection's last reference may go after everything else of the process.
    static const BIO_METHOD* method()
    {
        static BIO_METHOD* const made = [] {
            BIO_METHOD* const fresh = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "wire");
            if (fresh == nullptr) throw std::bad_alloc();
            BIO_meth_set_read(fresh, &read);
            BIO_meth_set_write(fresh, &write);
            BIO_meth_set_ctrl(fresh, &control);
            return fresh;
        }();
        return made;
    }
};

wire::wire(reach how)
    : bio_(BIO_new(wire_bio::method()))
    , has_socket_(how == reach::socket)
    , in_(has_socket_ ? in_bytes + record_room : 0)
    , out_(out_bytes + 2 * record_room)
    , opened_(record_room)
    , gathering_(record_sizing::full_bytes)
{
    if (bio_ == nullptr) throw std::bad_alloc();
    BIO_set_data(bio_, this);
    BIO_set_init(bio_, 1);
}

wire::~wire() { BIO_free(bio_); }

} // namespace fairlead::tls
