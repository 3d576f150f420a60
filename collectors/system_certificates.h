// Which certificates a database's server is checked against.
#pragma once

#include <string>

namespace tightrope::collectors {

// The path of `ca_file` as seen from `folder`; where it is "", of the file with what the system trusts, as
// SSL_CERT_FILE says, else at the usual places of distributions.
std::string certificate_file(const std::string& ca_file, const std::string& folder);

}  // namespace tightrope::collectors
