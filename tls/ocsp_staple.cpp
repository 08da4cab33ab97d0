#include "tls/ocsp_staple.hpp"

#include "tls/error_queue.hpp"

#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include <memory>

namespace fairlead::tls {
namespace {

constexpr std::chrono::hours assumed_validity{24};

struct release
{
    void operator()(OCSP_RESPONSE* of) const noexcept { OCSP_RESPONSE_free(of); }
    void operator()(OCSP_BASICRESP* of) const noexcept { OCSP_BASICRESP_free(of); }
    void operator()(OCSP_CERTID* of) const noexcept { OCSP_CERTID_free(of); }
    void operator()(X509_STORE* of) const noexcept { X509_STORE_free(of); }
    void operator()(STACK_OF(X509) * of) const noexcept { sk_X509_free(of); }
};

template <class Kind>
using owned = std::unique_ptr<Kind, release>;

bool is_about(const OCSP_SINGLERESP* single, X509& certificate, X509* issuer)
{
    auto* id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single)); // the accessors are not const
    ASN1_OBJECT* digest = nullptr;
    ASN1_INTEGER* serial = nullptr;
    if (OCSP_id_get0_info(nullptr, &digest, nullptr, &serial, id) != 1) return false;
    if (issuer == nullptr) return ASN1_INTEGER_cmp(serial, X509_get_serialNumber(&certificate)) == 0;
    const EVP_MD* kind = EVP_get_digestbyobj(digest);
    if (kind == nullptr) return false;
    const owned<OCSP_CERTID> wanted(OCSP_cert_to_id(kind, &certificate, issuer));
    return wanted && OCSP_id_cmp(wanted.get(), id) == 0;
}

OCSP_SINGLERESP* find_single(OCSP_BASICRESP* basic, X509& certificate, X509* issuer)
{
    for (int i = 0; i < OCSP_resp_count(basic); ++i) {
        OCSP_SINGLERESP* single = OCSP_resp_get0(basic, i);
        if (is_about(single, certificate, issuer)) return single;
    }
    return nullptr;
}

bool is_signed_for(OCSP_BASICRESP* basic, X509& issuer)
{
    const owned<X509_STORE> store(X509_STORE_new());
    const owned<STACK_OF(X509)> signers(sk_X509_new_null());
    if (!store || !signers || sk_X509_push(signers.get(), &issuer) == 0) return false;
    if (X509_STORE_add_cert(store.get(), &issuer) != 1) return false;
    X509_STORE_set_flags(store.get(), X509_V_FLAG_PARTIAL_CHAIN);
    return OCSP_basic_verify(basic, signers.get(), store.get(), 0) == 1;
}

} // namespace

boost::system::result<ocsp_staple, staple_problem> read_staple(std::string_view der, x509_st& certificate,
                                                               x509_st* issuer)
{
    clear_errors();
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const owned<OCSP_RESPONSE> response(d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size())));
    if (!response) return staple_problem{"it is no OCSP response in DER: " + take_error()};
    if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
        return staple_problem{"the responder answered with an error: " +
                              std::string(OCSP_response_status_str(OCSP_response_status(response.get())))};
    const owned<OCSP_BASICRESP> basic(OCSP_response_get1_basic(response.get()));
    if (!basic) return staple_problem{"it is of a kind that is not known: " + take_error()};
    OCSP_SINGLERESP* single = find_single(basic.get(), certificate, issuer);
    if (single == nullptr) return staple_problem{"it is of another certificate"};
    if (issuer != nullptr && !is_signed_for(basic.get(), *issuer))
        return staple_problem{"it is not signed by the certificate's issuer: " + take_error()};
    ASN1_GENERALIZEDTIME* from = nullptr;
    ASN1_GENERALIZEDTIME* until = nullptr;
    const int status = OCSP_single_get0_status(single, nullptr, nullptr, &from, &until);
    if (status != V_OCSP_CERTSTATUS_GOOD || from == nullptr)
        return staple_problem{"it says that the certificate is " + std::string(OCSP_cert_status_str(status))};
    ocsp_staple out;
    out.der = der;
    out.from = to_wall_time(*from);
    out.until = until != nullptr ? to_wall_time(*until) : out.from + assumed_validity;
    return out;
}

} // namespace fairlead::tls
