#include "collectors/icalendar_collector.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>
#include <fstream>

#include "collectors/calendar_figures.h"
#include "collectors/http_answer.h"
#include "collectors/icalendar_document.h"
#include "collectors/login.h"

namespace tightrope::collectors {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMostBytes = 16ull << 20;  // it is parsed in one go

class IcalendarCollector final : public Collector {
 public:
  IcalendarCollector(const config::Source& source, CollectorContext context)
      : source_(source),
        feed_(std::get<config::IcalendarSource>(source_.kind)),
        context_(context),
        most_bytes_(std::min(source_.most_bytes, kMostBytes)),
        secrets_(secrets_of(source_, feed_.login)) {
    if (feed_.url.empty()) return;
    const std::string& url = feed_.url.reveal();
    secrets_.push_back(url);
    // Messages may quote the path alone.
    const std::size_t path = url.find('/', url.find("://") + 3);
    if (path != std::string::npos && path + 1 < url.size()) secrets_.push_back(url.substr(path + 1));
  }

  asio::awaitable<CollectResult> collect(CollectRequest request) override {
    Text text;
    std::optional<CollectError> failed;
    if (feed_.path.empty()) {
      failed = co_await fetch(request.now, text);
    } else {
      failed = read_file(text);
    }
    if (failed) co_return *std::move(failed);
    co_await asio::post(asio::use_awaitable);
    auto read = read_calendar_document(text.bytes, context_.calendar, request.days);
    if (const auto* problem = std::get_if<std::string>(&read))
      co_return failure(FailureKind::bad_data, "the calendar: " + *problem);
    co_await asio::post(asio::use_awaitable);
    const auto& document = std::get<CalendarDocument>(read);
    FigureTable table(source_.name, request);
    table.begin_document();
    auto problem = add_calendar_figures(feed_, document, context_.calendar, request.days, table);
    if (problem) co_return failure(FailureKind::bad_data, "the calendar: " + *problem);
    Collected collected = std::move(table).take();
    collected.complete.reset();
    if (!document.events.empty()) collected.complete = request.days;
    collected.bytes = text.bytes.size();
    collected.requests = text.requests;
    co_return std::move(collected);
  }

 private:
  struct Text {
    std::string bytes;
    int requests = 0;
  };

  asio::awaitable<std::optional<CollectError>> fetch(rules::Timestamp now, Text& text) {
    TransferRequest request;
    request.url = feed_.url.reveal();
    request.headers.emplace_back("Accept", "text/calendar, */*;q=0.5");
    authorize(feed_.login, request);
    request.timeout = source_.deadline;
    request.most_bytes = most_bytes_;
    request.allow_private_addresses = source_.allow_private_addresses;
    TransferResult answer = co_await context_.transfer.fetch(std::move(request));
    text.requests = 1;
    if (!answer) co_return transfer_failure(answer.error());
    auto error = answer_error(*answer, secrets_, now);
    if (error) {
      if (answer->status == 404 || answer->status == 410)
        error->text += ": has the calendar's address been renewed?";
      co_return error;
    }
    if (is_html(*answer)) {
      co_return failure(
          FailureKind::unauthorized,
          "an HTML page came instead of a calendar: has its address expired, or who has to sign in?");
    }
    text.bytes = std::move(answer->body);
    co_return std::nullopt;
  }

  std::optional<CollectError> read_file(Text& text) const {
    fs::path path = feed_.path;
    if (path.is_relative()) path = fs::path(source_.file_dir) / path;
    std::error_code error;
    if (!fs::is_regular_file(path, error)) {
      return failure(FailureKind::temporary,
                     fmt::format("{}: {}", path.string(), error ? error.message() : "not a regular file"));
    }
    std::ifstream in(path, std::ios::binary);
    if (!in) return failure(FailureKind::temporary, fmt::format("{}: cannot be opened", path.string()));
    std::string& bytes = text.bytes;
    bytes.resize(static_cast<std::size_t>(most_bytes_) + 1);
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (in.bad()) return failure(FailureKind::temporary, fmt::format("{}: cannot be read", path.string()));
    bytes.resize(static_cast<std::size_t>(in.gcount()));
    if (bytes.size() > most_bytes_) {
      return failure(FailureKind::bad_data,
                     fmt::format("{}: larger than {} bytes", path.string(), most_bytes_));
    }
    return std::nullopt;
  }

  const config::Source source_;
  const config::IcalendarSource& feed_;  // within source_
  CollectorContext context_;
  std::uint64_t most_bytes_;
  std::vector<std::string> secrets_;  // what no error may quote
};

}  // namespace

std::unique_ptr<Collector> make_icalendar_collector(const config::Source& source, CollectorContext context) {
  return std::make_unique<IcalendarCollector>(source, context);
}

}  // namespace tightrope::collectors
