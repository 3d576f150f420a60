// What the other side can read, from Accept and Accept-Encoding.
#pragma once

#include <string_view>

#include "daemon/sample_text.h"

namespace tightrope::daemon::http {

// By quality; text where both are equal, and also when neither is wanted:
// a scraper that asks for something else can read it all the same.
MetricsFormat choose_metrics_format(std::string_view accept) noexcept;
std::string_view content_type(MetricsFormat format) noexcept;

bool accepts_gzip(std::string_view accept_encoding) noexcept;

}  // namespace tightrope::daemon::http
