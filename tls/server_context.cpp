#include "tls/server_context.hpp"

#include "tls/certificate_groups.hpp"
#include "tls/context_owned.hpp"
#include "tls/error_queue.hpp"
#include "tls/handshake_watch.hpp"
#include "tls/protocol_setup.hpp"
#include "tls/ticket_sealing.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <utility>

namespace fairlead::tls {
namespace {

using certificate_ptr = std::shared_ptr<const certificate>;

// What the callbacks of handshakes use, shared by all SSL_CTXs of a listener.
struct handshake_state final : ticket_holder
{
    std::vector<certificate_ptr> certificates;
    std::shared_ptr<tls::key_log> key_log;
};

// How the SSL_CTX that a handshake begins with finds the one to go on with. Owned by it.
struct name_choice
{
    server_name_table names;
    std::vector<ssl_ctx_handle> contexts; // of all groups but the first, which is the owner's
    bool is_strict = false;
};

const handshake_state& state_of(const SSL& ssl)
{
    return static_cast<const handshake_state&>(*context_owned::of(ssl));
}

int choose_by_name(SSL* ssl, int* alert, void* argument)
{
    const auto& choice = *static_cast<const name_choice*>(argument);
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    const auto group = name != nullptr ? choice.names.find(name) : std::nullopt;
    if (!group) {
        if (!choice.is_strict) return SSL_TLSEXT_ERR_NOACK;
        *alert = SSL_AD_UNRECOGNIZED_NAME;
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    if (*group != 0) SSL_set_SSL_CTX(ssl, choice.contexts[*group - 1].get());
    return SSL_TLSEXT_ERR_OK;
}

// RFC 7301 3.2: the server's order; a client that speaks none of ours is told so.
int choose_protocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* in,
                    unsigned int in_size, void*)
{
    const auto ours = offered_protocols();
    unsigned char* chosen = nullptr;
    const int result =
        SSL_select_next_proto(&chosen, size, ours.data(), static_cast<unsigned>(ours.size()), in, in_size);
    *out = chosen;
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

// Called when the client asks for a staple and the certificate is chosen.
int staple(SSL* ssl, void*)
{
    const X509* chosen = SSL_get_certificate(ssl);
    const auto& all = state_of(*ssl).certificates;
    const auto found = std::ranges::find_if(all, [&](const auto& each) { return each->leaf() == chosen; });
    if (found == all.end()) return SSL_TLSEXT_ERR_NOACK;
    const std::string_view response = (*found)->staple(std::chrono::system_clock::now());
    if (response.empty()) return SSL_TLSEXT_ERR_NOACK;
    void* copy = OPENSSL_memdup(response.data(), response.size()); // which the SSL frees
    if (copy == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(response.size()));
    return SSL_TLSEXT_ERR_OK;
}

void log_secret(const SSL* ssl, const char* line)
{
    handshake_watch::note_secret(*ssl, line);
    if (const auto& log = state_of(*ssl).key_log) log->add(line);
}

void release_choice(void*, void* value, CRYPTO_EX_DATA*, int, long, void*)
{
    delete static_cast<name_choice*>(value);
}

int choice_place()
{
    static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, release_choice);
    return index;
}

class context_builder
{
public:
    explicit context_builder(const server_options& options)
        : options_(options)
    {}

    ssl_ctx_handle run();
    signing signs() const noexcept { return signs_; }
    std::vector<std::string> take_errors() { return std::move(errors_); }

private:
    signing signing_of(const std::vector<std::vector<std::size_t>>& groups) const;
    ssl_ctx_handle make(const std::vector<std::size_t>& group);
    void add_certificates(SSL_CTX& context, const std::vector<std::size_t>& group);
    void add_callbacks(SSL_CTX& context);
    void give_choice(SSL_CTX& context, std::unique_ptr<name_choice> choice);

    const server_options& options_;
    std::shared_ptr<handshake_state> state_ = std::make_shared<handshake_state>();
    trusted_authorities clients_;
    signing signs_ = signing::slow;
    std::vector<std::string> errors_;
};

ssl_ctx_handle context_builder::run()
{
    state_->certificates = options_.certificates;
    state_->tickets = options_.tickets;
    state_->key_log = options_.key_log;
    if (options_.client_auth != client_auth::none) {
        auto read = trusted_authorities::read(options_.client_ca, options_.crl);
        if (read.has_error()) {
            errors_ = read.error();
            return nullptr;
        }
        clients_ = std::move(*read);
    }
    std::vector<certificate_names> names;
    for (const auto& each : options_.certificates)
        names.push_back({each->names(), each->kind(), each->not_before(), each->not_after()});
    auto groups = group_certificates(names, std::chrono::system_clock::now());
    auto choice = std::make_unique<name_choice>();
    choice->names = std::move(groups.names);
    choice->is_strict = options_.strict_sni;
    ssl_ctx_handle first;
    signs_ = signing_of(groups.groups);
    for (const auto& group : groups.groups) {
        auto made = make(group);
        if (!errors_.empty()) return nullptr;
        if (!first)
            first = std::move(made);
        else
            choice->contexts.push_back(std::move(made));
    }
    give_choice(*first, std::move(choice));
    return errors_.empty() ? std::move(first) : nullptr;
}

signing context_builder::signing_of(const std::vector<std::vector<std::size_t>>& groups) const
{
    const auto is_quick = [this](std::size_t at) {
        return options_.certificates[at]->kind() != key_kind::rsa;
    };
    const auto has_quick = [&](const auto& group) { return std::ranges::any_of(group, is_quick); };
    const auto is_all_quick = [&](const auto& group) { return std::ranges::all_of(group, is_quick); };
    if (std::ranges::all_of(groups, is_all_quick)) return signing::quick;
    return std::ranges::all_of(groups, has_quick) ? signing::by_hello : signing::slow;
}

ssl_ctx_handle context_builder::make(const std::vector<std::size_t>& group)
{
    clear_errors();
    ssl_ctx_handle context(SSL_CTX_new(TLS_server_method()));
    if (!context || !context_owned::give(*context, state_)) {
        errors_.push_back("OpenSSL cannot make a context: " + take_error());
        return nullptr;
    }
    if (auto error = set_up_protocol(*context, options_.protocol)) errors_.push_back(*error);
    if (!set_up_dhe(*context)) errors_.push_back("OpenSSL does not take the group for DHE: " + take_error());
    add_certificates(*context, group);
    add_callbacks(*context);
    if (options_.client_auth != client_auth::none) {
        if (!clients_.apply(*context, options_.client_auth == client_auth::required))
            errors_.push_back("OpenSSL does not take the CAs of clients: " + take_error());
    }
    if (auto id = session_context_id(options_.client_auth, options_.client_ca, options_.crl);
        SSL_CTX_set_session_id_context(context.get(), id.data(), static_cast<unsigned>(id.size())) != 1)
        errors_.push_back("OpenSSL does not take the session context: " + take_error());
    return context;
}

void context_builder::add_certificates(SSL_CTX& context, const std::vector<std::size_t>& group)
{
    for (const std::size_t position : group) {
        const certificate& each = *options_.certificates[position];
        STACK_OF(X509)* chain = sk_X509_new_null();
        for (X509* above : each.chain())
            sk_X509_push(chain, above);
        const bool is_taken = SSL_CTX_use_cert_and_key(&context, each.leaf(), each.key(), chain, 1) == 1;
        sk_X509_free(chain);
        if (!is_taken)
            errors_.push_back("OpenSSL does not take the certificate '" + each.subject() +
                              "': " + take_error());
    }
}

void context_builder::add_callbacks(SSL_CTX& context)
{
    SSL_CTX_set_session_cache_mode(&context, SSL_SESS_CACHE_OFF);
    if (options_.tickets) {
        seal_tickets(context);
        SSL_CTX_set_num_tickets(&context, 1);
        SSL_CTX_set_timeout(&context, static_cast<long>(options_.ticket_lifetime.count()));
    } else {
        SSL_CTX_set_options(&context, SSL_OP_NO_TICKET);
        SSL_CTX_set_num_tickets(&context, 0);
    }
    SSL_CTX_set_alpn_select_cb(&context, choose_protocol, nullptr);
    SSL_CTX_set_tlsext_status_cb(&context, staple);
    SSL_CTX_set_keylog_callback(&context, log_secret);
    if (signs_ == signing::by_hello) handshake_watch::hold_slow_hellos(context);
}

void context_builder::give_choice(SSL_CTX& context, std::unique_ptr<name_choice> choice)
{
    if (SSL_CTX_set_ex_data(&context, choice_place(), choice.get()) != 1) {
        errors_.push_back("OpenSSL cannot keep the names: " + take_error());
        return;
    }
    SSL_CTX_set_tlsext_servername_callback(&context, choose_by_name);
    SSL_CTX_set_tlsext_servername_arg(&context, choice.release());
}

} // namespace

boost::system::result<std::shared_ptr<const server_context>, std::vector<std::string>>
server_context::build(const server_options& options)
{
    if (options.certificates.empty()) return std::vector<std::string>{"there is no certificate"};
    context_builder builder(options);
    auto context = builder.run();
    if (!context) return builder.take_errors();
    return std::shared_ptr<const server_context>(
        new server_context(std::move(context), options.client_auth, builder.signs()));
}

server_context::server_context(ssl_ctx_handle context, client_auth clients, signing signs)
    : context_(std::move(context))
    , client_auth_(clients)
    , signs_(signs)
{}

} // namespace fairlead::tls
