#include "daemon/junit.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "daemon/utf8.h"

namespace tightrope::daemon {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

// For attributes in double quotes, and for texts.
std::string escaped(std::string_view raw) {
  std::string text;
  append_utf8(text, raw);
  // Characters that XML has no way to write: U+FFFE, U+FFFF.
  for (const std::string_view illegal : {"\xEF\xBF\xBE", "\xEF\xBF\xBF"}) {
    for (auto at = text.find(illegal); at != std::string::npos; at = text.find(illegal, at))
      text.replace(at, illegal.size(), kReplacement);
  }
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') {
          out += kReplacement;
        } else {
          out += c;
        }
    }
  }
  return out;
}

struct Counts {
  std::size_t tests = 0, failures = 0, errors = 0;
};

Counts count(const JunitSuite& suite) {
  Counts counts{.tests = suite.cases.size()};
  for (const JunitCase& test : suite.cases) {
    if (test.outcome == JunitCase::Outcome::failed) ++counts.failures;
    if (test.outcome == JunitCase::Outcome::not_run) ++counts.errors;
  }
  return counts;
}

}  // namespace

std::string junit_xml(const std::vector<JunitSuite>& suites) {
  Counts all;
  std::string body;
  for (const JunitSuite& suite : suites) {
    const Counts counts = count(suite);
    all.tests += counts.tests;
    all.failures += counts.failures;
    all.errors += counts.errors;
    body += fmt::format(
        "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"0\" time=\"0\">\n",
        escaped(suite.name), counts.tests, counts.failures, counts.errors);
    for (const JunitCase& test : suite.cases) {
      body += fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"", escaped(suite.name),
                          escaped(test.name));
      if (test.outcome == JunitCase::Outcome::passed) {
        body += "/>\n";
        continue;
      }
      const std::string_view element = test.outcome == JunitCase::Outcome::failed ? "failure" : "error";
      body += fmt::format(">\n      <{} message=\"{}\">{}</{}>\n    </testcase>\n", element,
                          escaped(test.message), escaped(test.text), element);
    }
    body += "  </testsuite>\n";
  }
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites name=\"tightrope test\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"0\">\n{}"
      "</testsuites>\n",
      all.tests, all.failures, all.errors, body);
}

}  // namespace tightrope::daemon
