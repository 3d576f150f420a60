#include "tests/daemon/golden_file.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>
#include <filesystem>

#include "tests/support/golden_file.h"

namespace tightrope::testing {
namespace {

namespace json = boost::json;

void print(std::string& out, const json::value& value, std::size_t depth) {
  const std::string indent((depth + 1) * 2, ' ');
  const std::string closing(depth * 2, ' ');
  if (value.is_object() && !value.get_object().empty()) {
    out += "{";
    const char* separator = "\n";
    for (const auto& member : value.get_object()) {
      out += separator + indent + json::serialize(json::value(member.key())) + ": ";
      print(out, member.value(), depth + 1);
      separator = ",\n";
    }
    out += "\n" + closing + "}";
  } else if (value.is_array() && !value.get_array().empty()) {
    out += "[";
    const char* separator = "\n";
    for (const json::value& element : value.get_array()) {
      out += separator + indent;
      print(out, element, depth + 1);
      separator = ",\n";
    }
    out += "\n" + closing + "]";
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

void expect_golden(const std::string& name, const std::string& text) {
  expect_same_as_file(std::filesystem::path(TIGHTROPE_SOURCE_DIR) / "tests/testdata/messages" / name, text);
}

std::string pretty_json(const std::string& text) {
  std::string out;
  print(out, json::parse(text), 0);
  return out + "\n";
}

}  // namespace tightrope::testing
