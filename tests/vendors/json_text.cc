#include "tests/vendors/json_text.h"

#include <boost/json/serialize.hpp>

namespace tightrope::vendors {

std::string json_text(std::string_view text) {
  return boost::json::serialize(boost::json::string_view(text.data(), text.size()));
}

std::string decimal(std::int64_t micros) {
  return rules::to_string(rules::Amount::from_micros(micros));
}

std::string fixed(std::int64_t micros, int places) {
  std::string text = decimal(micros);
  std::size_t point = text.find('.');
  if (places == 0) return text;
  if (point == std::string::npos) {
    point = text.size();
    text += '.';
  }
  text.append(static_cast<std::size_t>(places) - (text.size() - point - 1), '0');
  return text;
}

std::string joined(const std::vector<std::string>& parts, std::string_view separator) {
  std::string out;
  for (const std::string& part : parts) {
    if (!out.empty()) out += separator;
    out += part;
  }
  return out;
}

std::string member(std::string_view name, std::string_view json) {
  return json_text(name) + ':' + std::string(json);
}

std::string object(const std::vector<std::string>& members) {
  return '{' + joined(members) + '}';
}

std::string array(const std::vector<std::string>& elements) {
  return '[' + joined(elements) + ']';
}

}  // namespace tightrope::vendors
