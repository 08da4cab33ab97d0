// The certificates in a folder, by the names of files as ACME clients, Kubernetes and people give them.
//
//   NAME.crt or NAME.pem   with NAME.key, or with the key in it; NAME.ocsp is its OCSP response
//   NAME/fullchain.pem     with privkey.pem, and ocsp.der, as certbot's folder `live` has it
//   NAME/tls.crt           with tls.key, as a Kubernetes secret is mounted
//
// Names that begin with a dot are left out, and so is what is none of these. In order of names. Does not read
// the files. Blocks: for the control thread.
#pragma once

#include "conf/tls_options.hpp"

#include <string>
#include <vector>

namespace fairlead::credentials {

struct folder_content
{
    std::vector<conf::certificate_files> certificates;
    std::vector<std::string> folders; // that were looked into: where changes are to be watched for
    std::string problem;              // empty: it was read
};

folder_content list_certificates(const std::string& folder);

} // namespace fairlead::credentials
