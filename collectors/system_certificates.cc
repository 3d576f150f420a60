#include "collectors/system_certificates.h"

#include <cstdlib>
#include <filesystem>

namespace tightrope::collectors {

std::string certificate_file(const std::string& ca_file, const std::string& folder) {
  namespace fs = std::filesystem;
  if (!ca_file.empty()) return (fs::path(folder) / ca_file).string();
  if (const char* given = std::getenv("SSL_CERT_FILE"); given != nullptr && *given != '\0') return given;
  std::error_code unreadable;
  for (const char* usual : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                            "/etc/ssl/ca-bundle.pem", "/etc/ssl/cert.pem"}) {
    if (fs::exists(usual, unreadable)) return usual;
  }
  return "/etc/ssl/certs/ca-certificates.crt";  // and that it is not there is what the error says
}

}  // namespace tightrope::collectors
