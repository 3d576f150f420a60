// Tells a server who asks.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collectors/transfer.h"
#include "config/login.h"
#include "config/sources.h"

namespace tightrope::collectors {

// Adds the header that the login asks for, if any.
void authorize(const config::Login& login, TransferRequest& request);
// What no error may quote: the secret, and the form it is sent in.
std::vector<std::string> secrets_of(const config::Login& login);
// Likewise what came from the environment, wherever it stands in the source.
void add_environment(const config::Source& source, std::vector<std::string>& secrets);
// Whether any of that is in `text`.
bool holds_environment(const config::Source& source, std::string_view text);

}  // namespace tightrope::collectors
