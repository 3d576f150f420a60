// Where the next page of a list begins: the key of the last item that was shown, in letters and digits.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tightrope::daemon::http {

using CursorKey = std::vector<std::string>;  // at most 32 texts; at most 4 KiB with their lengths

std::string encode_cursor(const CursorKey& key);
// encode_cursor's inverse; nothing for anything else.
std::optional<CursorKey> decode_cursor(std::string_view text);

}  // namespace tightrope::daemon::http
