#include "collectors/google_sheets_collector.h"

#include <fmt/core.h>

#include "collectors/csv_document.h"
#include "collectors/http_answer.h"
#include "collectors/login.h"
#include "collectors/rates.h"
#include "collectors/redirects.h"

namespace tightrope::collectors {
namespace {

constexpr std::string_view kRemedy =
    ": share the sheet so that anyone with the link may view it, or give secrets.token";

bool is_google_host(std::string_view host) {
  return host == "docs.google.com" || host.ends_with(".googleusercontent.com");
}

class GoogleSheetsCollector final : public Collector {
 public:
  GoogleSheetsCollector(const config::Source& source, CollectorContext context)
      : source_(source),
        sheet_(std::get<config::GoogleSheetsSource>(source_.kind)),
        context_(context),
        secrets_(secrets_of(source_, {"", sheet_.token})) {}

  asio::awaitable<CollectResult> collect(CollectRequest request) override {
    auto mapper = FieldMapper::compile(sheet_.table.mapping, context_.calendar);
    if (const auto* problem = std::get_if<std::string>(&mapper))
      co_return failure(FailureKind::bad_data, *problem);
    FigureTable table(source_.name, request, repeated(source_));
    TransferResult answer = co_await fetch();
    if (!answer) co_return transfer_failure(answer.error());
    auto error = refusal(*answer, request.now);
    if (error) co_return *std::move(error);
    table.begin_document();
    CsvDocument document(sheet_.table, std::get<FieldMapper>(mapper), table, source_.most_bytes);
    std::optional<std::string> problem = co_await feed_whole(document, answer->body);
    if (problem) {
      co_return failure(document.is_half_computed() ? FailureKind::temporary : FailureKind::bad_data,
                        *std::move(problem));
    }
    Collected collected = std::move(table).take();
    collected.bytes = answer->body.size();
    collected.requests = 1;
    co_return std::move(collected);
  }

 private:
  TransferRequest first_request() const {
    TransferRequest request;
    request.url = sheet_.published ? fmt::format("{}/spreadsheets/d/e/{}/pub?output=csv&single=true&gid={}",
                                                 sheet_.base_url, sheet_.key, sheet_.gid)
                                   : fmt::format("{}/spreadsheets/d/{}/export?format=csv&gid={}",
                                                 sheet_.base_url, sheet_.key, sheet_.gid);
    request.headers.emplace_back("Accept", "text/csv");
    authorize({"", sheet_.token}, request);
    request.timeout = source_.deadline;
    request.most_bytes = source_.most_bytes;
    request.allow_private_addresses = source_.allow_private_addresses;
    request.follow_redirects = false;
    return request;
  }

  // The answer after its redirects; one that leads elsewhere is itself the answer.
  asio::awaitable<TransferResult> fetch() {
    TransferRequest request = first_request();
    const auto base = parse_web_address(request.url);
    auto address = base;
    if (!address) co_return TransferError{TransferFailure::bad_url, "base_url is not an http or https URL"};
    for (int redirects = 0;; ++redirects) {
      TransferResult answer = co_await context_.transfer.fetch(request);
      if (!answer) co_return answer;
      auto next = next_request(*address, request, *answer);
      if (auto* error = std::get_if<TransferError>(&next)) co_return std::move(*error);
      auto* redirected = std::get_if<Redirected>(&next);
      if (redirected == nullptr || !may_follow(*base, redirected->to)) co_return answer;
      if (redirects == request.most_redirects) {
        co_return TransferError{TransferFailure::too_many_redirects,
                                address->place() + ": too many redirects"};
      }
      address = std::move(redirected->to);
      request = std::move(redirected->request);
    }
  }

  static bool may_follow(const WebAddress& base, const WebAddress& to) {
    return (to.host == base.host && to.scheme == base.scheme) ||
           (is_google_host(to.host) && to.scheme == "https");
  }

  // Nothing for what may be a table.
  std::optional<CollectError> refusal(const TransferResponse& answer, rules::Timestamp now) const {
    const std::string* location = answer.header("location");
    if (answer.status >= 300 && answer.status < 400 && location != nullptr) return led_away(*location);
    if (auto error = answer_error(answer, secrets_, now)) {
      if (error->kind == FailureKind::unauthorized) error->text += kRemedy;
      if (answer.status == 404) error->text += ": is its key right, and the sheet still there?";
      if (answer.status == 400) error->text += ": is there a tab with this gid?";
      return error;
    }
    if (is_html(answer)) {
      // "We're sorry... your computer or network may be sending automated queries."
      if (answer.body.find("automated queries") != std::string::npos ||
          answer.body.find("unusual traffic") != std::string::npos)
        return failure(FailureKind::throttled, "Google refuses to answer so often: poll less often");
      return failure(FailureKind::unauthorized, fmt::format("a sign-in page came instead of CSV{}", kRemedy));
    }
    return std::nullopt;
  }

  static CollectError led_away(std::string_view location) {
    const auto to = parse_web_address(location);
    if (to && to->host == "accounts.google.com")
      return failure(FailureKind::unauthorized, fmt::format("Google asks to sign in{}", kRemedy));
    if (to && to->url.find("/sorry/") != std::string::npos)
      return failure(FailureKind::throttled, "Google refuses to answer so often: poll less often");
    return failure(FailureKind::rejected,
                   fmt::format("redirected to {}, which is none of Google's hosts for sheets",
                               to ? to->place() : "what is no address"));
  }

  const config::Source source_;
  const config::GoogleSheetsSource& sheet_;  // within source_
  CollectorContext context_;
  std::vector<std::string> secrets_;  // what no error may quote
};

}  // namespace

std::unique_ptr<Collector> make_google_sheets_collector(const config::Source& source,
                                                        CollectorContext context) {
  return std::make_unique<GoogleSheetsCollector>(source, context);
}

}  // namespace tightrope::collectors
