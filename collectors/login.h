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
// What no error may quote: the secret, what came from the environment wherever it stands in the source, and
// the forms they are sent in.
std::vector<std::string> secrets_of(const config::Source& source, const config::Login& login = {});
// Whether anything that came from the environment is in `text`.
bool holds_environment(const config::Source& source, std::string_view text);

}  // namespace tightrope::collectors
