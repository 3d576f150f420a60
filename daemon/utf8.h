// Text from outside, fit for answers that have to be UTF-8.
#pragma once

#include <string>
#include <string_view>

namespace tightrope::daemon {

// Appends the text; every byte that belongs to no character of UTF-8 becomes U+FFFD. One such name would make
// a scraper refuse the whole answer.
void append_utf8(std::string& out, std::string_view text);

}  // namespace tightrope::daemon
