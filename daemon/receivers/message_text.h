// Text on its way into somebody else's format.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tightrope::daemon {

// The same text with every byte that is not part of valid UTF-8 replaced by U+FFFD: receivers refuse a whole
// message for one bad byte in a campaign's name.
std::string valid_utf8(std::string_view text);

// At most `most` bytes of valid UTF-8 text, cut between characters, with "…" for what is left out. REQUIRES:
// most >= 3.
std::string shortened(std::string text, std::size_t most);

// Slack's three escapes, so that no text can become a link, a mention or a command: & < >. At most `most`
// bytes with the escapes, never ending within one. REQUIRES: most >= 3.
std::string slack_escaped(std::string_view text, std::size_t most);

}  // namespace tightrope::daemon
