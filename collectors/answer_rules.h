// What a vendor's answers mean: errors told by status, header or body, how long to wait, and how much is
// left.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "collectors/collector.h"
#include "collectors/field_path.h"
#include "config/http_source.h"

namespace tightrope::collectors {

// Borrows the source's rules and the calendar of its zone.
class AnswerRules {
 public:
  // The error says what is wrong with a path or a zone.
  static std::variant<AnswerRules, std::string> compile(const config::HttpSource& source,
                                                        const rules::Calendar& calendar);

  // Whether a body has to be read as JSON before judge() and usage() can answer.
  bool look_into_body() const noexcept { return look_into_body_; }

  struct Judgement {
    config::AnswerMeaning means;
    std::optional<rules::Duration> wait;  // as the answer or the rule says it; at most a day and a half
    std::string_view say;
  };
  // The first rule that holds; nothing when none does. `root` may be none.
  std::optional<Judgement> judge(const TransferResponse& response, JsonValue root,
                                 rules::Timestamp now) const;

  // How long to let the account rest after a good answer; nothing when there is enough left.
  std::optional<rules::Duration> usage(const TransferResponse& response, JsonValue root,
                                       rules::Timestamp now) const;

 private:
  struct Wait {
    const config::Wait* spec;
    FieldPath path, requested, available, rate;
    std::optional<rules::Calendar> zone;  // of midnight, where it is not the source's
  };
  struct Rule {
    const config::AnswerRule* spec;
    FieldPath path;
    Wait wait;
  };
  struct Usage {
    const config::UsageRule* spec;
    FieldPath path;
    Wait wait;
  };
  explicit AnswerRules(const rules::Calendar& calendar) : calendar_(&calendar) {}
  std::optional<rules::Duration> wait(const Wait& wait, const TransferResponse& response, JsonValue root,
                                      rules::Timestamp now) const;

  const rules::Calendar* calendar_;
  std::vector<Rule> rules_;
  std::vector<Usage> usage_;
  bool look_into_body_ = false;
};

// Whether what is asked of an answer, or of a record, holds. `path` is that of the test, compiled.
bool holds(const config::AnswerTest& test, const FieldPath& path, const TransferResponse* response,
           JsonValue root);

}  // namespace tightrope::collectors
