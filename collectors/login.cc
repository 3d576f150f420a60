#include "collectors/login.h"

#include <algorithm>
#include <utility>

#include "collectors/web_address.h"

namespace tightrope::collectors {

void authorize(const config::Login& login, TransferRequest& request) {
  if (login.secret.empty()) return;
  const std::string header = login.user.empty() ? "Bearer " + login.secret.reveal()
                                                : "Basic " + base64(login.user + ':' + login.secret.reveal());
  request.secret_headers.emplace_back("Authorization", config::Secret(header));
}

std::vector<std::string> secrets_of(const config::Source& source, const config::Login& login) {
  std::vector<std::string> secrets;
  if (!login.secret.empty()) {
    secrets.push_back(login.secret.reveal());
    if (!login.user.empty()) secrets.push_back(base64(login.user + ':' + login.secret.reveal()));
  }
  for (const config::Secret& value : source.from_environment) {
    secrets.push_back(value.reveal());
    std::string sent = percent_encode(value.reveal());
    if (sent != value.reveal()) secrets.push_back(std::move(sent));
  }
  return secrets;
}

bool holds_environment(const config::Source& source, std::string_view text) {
  return std::any_of(source.from_environment.begin(), source.from_environment.end(),
                     [text](const config::Secret& value) { return text.find(value.reveal()) != text.npos; });
}

}  // namespace tightrope::collectors
