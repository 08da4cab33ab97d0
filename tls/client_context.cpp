#include "tls/client_context.hpp"

#include "tls/backend_sessions.hpp"
#include "tls/error_queue.hpp"
#include "tls/handshake_watch.hpp"
#include "tls/protocol_setup.hpp"
#include "tls/trusted_authorities.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <utility>

namespace fairlead::tls {
namespace {

// What the callbacks use, owned by the SSL_CTX.
struct client_state final : backend_sessions
{
    std::shared_ptr<tls::key_log> key_log;
};

void log_secret(const SSL* ssl, const char* line)
{
    handshake_watch::note_secret(*ssl, line);
    const auto& state = static_cast<const client_state&>(*context_owned::of(*ssl));
    if (state.key_log) state.key_log->add(line);
}

using errors = std::vector<std::string>;

void set_trust(SSL_CTX& context, const client_options& options, errors& out)
{
    if (options.insecure) {
        SSL_CTX_set_verify(&context, SSL_VERIFY_NONE, nullptr);
        return;
    }
    SSL_CTX_set_verify(&context, SSL_VERIFY_PEER, nullptr);
    if (options.ca.empty()) {
        if (SSL_CTX_set_default_verify_paths(&context) != 1)
            out.push_back("the system's trusted certificates cannot be read: " + take_error());
        return;
    }
    const auto trusted = trusted_authorities::read(options.ca, {});
    if (trusted.has_error())
        out.insert(out.end(), trusted.error().begin(), trusted.error().end());
    else
        trusted->trust(context);
}

void set_own(SSL_CTX& context, const certificate& own, errors& out)
{
    STACK_OF(X509)* chain = sk_X509_new_null();
    for (X509* above : own.chain())
        sk_X509_push(chain, above);
    if (SSL_CTX_use_cert_and_key(&context, own.leaf(), own.key(), chain, 1) != 1)
        out.push_back("OpenSSL does not take the certificate '" + own.subject() + "': " + take_error());
    sk_X509_free(chain);
}

bool ask_for(SSL& ssl, const std::string& name)
{
    X509_VERIFY_PARAM* check = SSL_get0_param(&ssl);
    if (X509_VERIFY_PARAM_set1_ip_asc(check, name.c_str()) == 1) return true;
    clear_errors(); // it is no address, so it is a name
    X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    return X509_VERIFY_PARAM_set1_host(check, name.data(), name.size()) == 1 &&
           SSL_set_tlsext_host_name(&ssl, name.c_str()) == 1;
}

} // namespace

boost::system::result<std::shared_ptr<const client_context>, std::vector<std::string>>
client_context::build(const client_options& options)
{
    clear_errors();
    errors out;
    auto state = std::make_shared<client_state>();
    state->key_log = options.key_log;
    ssl_ctx_handle context(SSL_CTX_new(TLS_client_method()));
    if (!context || !context_owned::give(*context, std::move(state)))
        return errors{"OpenSSL cannot make a context: " + take_error()};
    if (auto error = set_up_protocol(*context, options.protocol)) out.push_back(*error);
    set_trust(*context, options, out);
    if (options.own) set_own(*context, *options.own, out);
    const auto protocols = offered_protocols();
    if (SSL_CTX_set_alpn_protos(context.get(), protocols.data(), static_cast<unsigned>(protocols.size())) !=
        0)
        out.push_back("OpenSSL does not take the protocols of ALPN: " + take_error());
    backend_sessions::collect(*context);
    SSL_CTX_set_keylog_callback(context.get(), log_secret);
    if (!out.empty()) return out;
    return std::shared_ptr<const client_context>(
        new client_context(std::move(context), options.server_name, options.insecure));
}

client_context::client_context(ssl_ctx_handle context, std::string server_name, bool insecure)
    : context_(std::move(context))
    , server_name_(std::move(server_name))
    , insecure_(insecure)
{}

ssl_handle client_context::make_ssl(std::string_view host, std::string_view backend) const
{
    clear_errors();
    ssl_handle ssl(SSL_new(context_.get()));
    if (!ssl) return nullptr;
    const std::string name = server_name_.empty() ? std::string(host) : server_name_;
    // Without a name nothing could be checked: only where nothing is to be.
    if (name.empty() ? !insecure_ : !ask_for(*ssl, name)) return nullptr;
    const auto& sessions = static_cast<const backend_sessions&>(*context_owned::of(*context_));
    if (!sessions.prepare(*ssl, backend)) return nullptr;
    SSL_set_connect_state(ssl.get());
    return ssl;
}

} // namespace fairlead::tls
