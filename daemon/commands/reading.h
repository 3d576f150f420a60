// What several commands begin with: a configuration, a client or source of it, one reading of a source.
#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "collectors/collector.h"
#include "collectors/tokens.h"
#include "collectors/translation.h"
#include "config/configuration.h"

namespace tightrope::daemon::commands {

// Nothing when it cannot be used; its errors, and its warnings in any case, are printed to `err`.
std::optional<config::Configuration> load_configuration(const std::string& file, std::ostream& err);

// The source or client of that name, or null after saying so and naming the nearest.
const config::Source* named_source(const config::Configuration& configuration, const std::string& name,
                                   std::ostream& err);
const config::Client* named_client(const config::Configuration& configuration, const std::string& name,
                                   std::ostream& err);

// REQUIRES: the source is one of the configuration's.
collectors::Translation translation_of(const config::Source& source,
                                       const config::Configuration& configuration);

// One reading within the source's deadline, without retries, in the source's own terms; or why it failed.
// Refresh tokens that change meanwhile go to `token_store`. REQUIRES: the source is not pushed to; `calendar`
// is of its zone.
std::variant<collectors::Collected, std::string> read_source(const config::Source& source,
                                                             const config::Configuration& configuration,
                                                             const rules::Calendar& calendar,
                                                             rules::DayRange days, rules::Timestamp now,
                                                             collectors::TokenStore& token_store);

}  // namespace tightrope::daemon::commands
