#include "collectors/login.h"

#include "collectors/web_address.h"

namespace tightrope::collectors {

void authorize(const config::Login& login, TransferRequest& request) {
  if (login.secret.empty()) return;
  const std::string header = login.user.empty() ? "Bearer " + login.secret.reveal()
                                                : "Basic " + base64(login.user + ':' + login.secret.reveal());
  request.secret_headers.emplace_back("Authorization", config::Secret(header));
}

std::vector<std::string> secrets_of(const config::Login& login) {
  if (login.secret.empty()) return {};
  std::vector<std::string> secrets{login.secret.reveal()};
  if (!login.user.empty()) secrets.push_back(base64(login.user + ':' + login.secret.reveal()));
  return secrets;
}

}  // namespace tightrope::collectors
