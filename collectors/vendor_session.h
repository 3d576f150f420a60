// One read's conversation with a vendor: credentials, rate limits, and what its answers mean.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "collectors/answer_rules.h"
#include "collectors/collector.h"
#include "collectors/json_tree.h"
#include "collectors/rate_gate.h"
#include "collectors/request_writer.h"
#include "collectors/tokens.h"

namespace tightrope::collectors {

// What all sessions of a source have in common. Borrows the source; the context's parts outlive it.
struct Vendor {
  Vendor(const config::Source& of, CollectorContext with);

  const config::Source& source;
  const config::HttpSource& http;
  CollectorContext context;
  RequestWriter writer;
  std::variant<AnswerRules, std::string> rules;
  std::vector<std::string> secrets;  // what no text may quote
  std::string account;               // sources of one account share limits and waits
};

// What is asked for: a request of the source, or an address that an answer gave.
struct Question {
  const config::HttpRequest* request;  // null: a plain GET of `address`, without credentials
  TemplateValues values;
  config::TextPairs page;             // into the query
  std::optional<WebAddress> address;  // instead of the request's own
  bool may_be_accepted = false;       // 202 is an answer, for it is of a report that is being made
};

struct VendorAnswer {
  WebAddress asked;
  TransferResponse response;
  std::shared_ptr<const JsonTree> tree;  // where the body was read as JSON already
  bool no_data = false;                  // the vendor says that there is nothing
};

// How a question failed; `too_large` asks for half as many days.
struct VendorError {
  CollectError error;
  bool too_large = false;
};
using VendorResult = boost::system::result<VendorAnswer, VendorError>;

class VendorSession {
 public:
  VendorSession(Vendor& vendor, CollectRequest asked) : vendor_(vendor), asked_(asked) {}

  // Waits for its turn where the account has limits; waits as well, a few times, where the vendor says so and
  // the wait is short, and asks again. A refused access token is renewed once.
  asio::awaitable<VendorResult> ask(Question question);
  // Waits. Throws when cancelled.
  asio::awaitable<void> sleep(rules::Duration time);

  rules::Timestamp now() const;
  std::uint64_t bytes() const noexcept { return bytes_; }
  int requests() const noexcept { return requests_; }

 private:
  // What to do after an answer: take it, ask again, or give up.
  struct Verdict {
    enum class Kind : std::uint8_t { good, no_data, renew_token, wait, failed } kind = Kind::good;
    VendorError error;
  };
  bool uses_tokens() const noexcept;
  TokenRequest token_request(const TemplateValues& values) const;
  bool is_worth_parsing(const TransferResponse& response) const;
  Verdict judge(const TransferResponse& response, const JsonTree* tree, const Question& question);
  Verdict throttled(CollectError error);
  // A good answer; the account rests where little is left.
  Verdict rested(const AnswerRules& rules, const TransferResponse& response, JsonValue root);
  std::variant<PreparedRequest, std::string> prepare(const Question& question) const;
  std::string text_of(const TransferResponse& response, std::string_view say) const;

  Vendor& vendor_;
  const CollectRequest asked_;
  std::optional<config::Secret> token_;
  bool renewed_ = false;
  int waits_ = 0;
  std::uint64_t bytes_ = 0;
  int requests_ = 0;
};

}  // namespace tightrope::collectors
