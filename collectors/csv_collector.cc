#include "collectors/csv_collector.h"

#include <fmt/core.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <filesystem>
#include <fstream>

#include "collectors/csv_document.h"
#include "collectors/http_answer.h"
#include "collectors/login.h"
#include "collectors/rates.h"
#include "collectors/request_template.h"
#include "rules/entity.h"

namespace tightrope::collectors {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostFiles = 10'000;

using Failure = std::optional<CollectError>;

// The files a path names, by name; an error when there are none.
std::variant<std::vector<fs::path>, CollectError> find_files(const fs::path& path) {
  const std::string pattern = path.filename().string();
  if (pattern.find_first_of("*?") == std::string::npos) return std::vector<fs::path>{path};
  std::vector<fs::path> files;
  std::error_code error;
  for (fs::directory_iterator entry(path.parent_path(), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with('.') && !pattern.starts_with('.')) continue;  // half-written ones are often named so
    std::error_code unreadable;
    if (!rules::glob_match(pattern, name) || !entry->is_regular_file(unreadable)) continue;
    if (files.size() == kMostFiles) {
      return failure(FailureKind::rejected,
                     fmt::format("more than {} files match {}", kMostFiles, path.string()));
    }
    files.push_back(entry->path());
  }
  if (error) {
    return failure(FailureKind::temporary,
                   fmt::format("{}: {}", path.parent_path().string(), error.message()));
  }
  if (files.empty()) return failure(FailureKind::temporary, fmt::format("no file matches {}", path.string()));
  std::sort(files.begin(), files.end());
  return files;
}

class CsvCollector final : public Collector {
 public:
  CsvCollector(const config::Source& source, CollectorContext context)
      : source_(source), csv_(std::get<config::CsvSource>(source_.kind)), context_(context) {}

  asio::awaitable<CollectResult> collect(CollectRequest request) override {
    auto mapper = FieldMapper::compile(csv_.mapping, context_.calendar);
    if (const auto* problem = std::get_if<std::string>(&mapper))
      co_return failure(FailureKind::bad_data, *problem);
    Read read{std::get<FieldMapper>(std::move(mapper)),
              FigureTable(source_.name, request, repeated(source_))};
    Failure failed;
    if (csv_.url.empty()) {
      failed = co_await read_files(read);
    } else {
      failed = co_await read_url(request, read);
    }
    if (failed) co_return *std::move(failed);
    Collected collected = std::move(read.table).take();
    if (collected.complete && asks_for_days(csv_.url)) collected.complete = request.days;
    collected.bytes = read.bytes;
    collected.requests = read.requests;
    co_return std::move(collected);
  }

 private:
  struct Read {
    FieldMapper mapper;
    FigureTable table;
    std::uint64_t bytes = 0;
    int requests = 0;
  };

  asio::awaitable<Failure> read_files(Read& read) {
    fs::path path = csv_.path;
    if (path.is_relative()) path = fs::path(source_.file_dir) / path;
    auto found = find_files(path);
    if (auto* error = std::get_if<CollectError>(&found)) co_return std::move(*error);
    const auto files = std::get<std::vector<fs::path>>(std::move(found));
    for (const fs::path& file : files) {
      Failure failed = co_await read_file(file, read);
      if (failed) co_return failed;
    }
    co_return std::nullopt;
  }

  asio::awaitable<Failure> read_file(fs::path file, Read& read) {
    std::error_code error;
    if (!fs::is_regular_file(file, error)) {
      const std::string why = error                     ? error.message()
                              : fs::exists(file, error) ? "not a regular file"
                                                        : "no such file";
      co_return failure(FailureKind::temporary, fmt::format("{}: {}", file.string(), why));
    }
    std::ifstream in(file, std::ios::binary);
    if (!in) co_return failure(FailureKind::temporary, fmt::format("{}: cannot be opened", file.string()));
    read.table.begin_document();
    CsvDocument document(csv_, read.mapper, read.table, source_.most_bytes);
    std::string piece(kPieceBytes, '\0');
    std::uint64_t file_bytes = 0;
    std::optional<std::string> problem;
    while (!problem && in) {
      in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
      const auto count = static_cast<std::size_t>(in.gcount());
      file_bytes += count;
      if (file_bytes > source_.most_bytes) {
        co_return failure(FailureKind::bad_data,
                          fmt::format("{}: larger than {} bytes", file.string(), source_.most_bytes));
      }
      problem = document.feed(std::string_view(piece).substr(0, count));
      co_await asio::post(asio::use_awaitable);
    }
    if (in.bad()) co_return failure(FailureKind::temporary, fmt::format("{}: cannot be read", file.string()));
    read.bytes += file_bytes;
    if (!problem) problem = document.finish();
    if (problem) co_return failure(FailureKind::bad_data, fmt::format("{}: {}", file.string(), *problem));
    co_return std::nullopt;
  }

  asio::awaitable<Failure> read_url(CollectRequest request, Read& read) {
    TransferRequest wanted;
    const TemplateValues values{request.days, request.now, &context_.calendar, 1, 0, ""};
    wanted.url = fill_template(csv_.url, values, Escaping::percent);
    wanted.headers.emplace_back("Accept", "text/csv, text/plain;q=0.8, */*;q=0.5");
    wanted.timeout = source_.deadline;
    wanted.most_bytes = source_.most_bytes;
    wanted.allow_private_addresses = source_.allow_private_addresses;
    TransferResult answer = co_await context_.transfer.fetch(std::move(wanted));
    read.requests = 1;
    if (!answer) co_return transfer_failure(answer.error());
    read.bytes = answer->body.size();
    auto error = answer_error(*answer, secrets_of(source_), request.now);
    if (error) co_return error;
    if (is_html(*answer)) {
      co_return failure(FailureKind::bad_data, "an HTML page came instead of CSV: is the sheet private?");
    }
    read.table.begin_document();
    CsvDocument document(csv_, read.mapper, read.table, source_.most_bytes);
    std::optional<std::string> problem = co_await feed_whole(document, answer->body);
    if (problem) co_return failure(FailureKind::bad_data, *problem);
    co_return std::nullopt;
  }

  const config::Source source_;
  const config::CsvSource& csv_;  // within source_
  CollectorContext context_;
};

}  // namespace

std::unique_ptr<Collector> make_csv_collector(const config::Source& source, CollectorContext context) {
  return std::make_unique<CsvCollector>(source, context);
}

}  // namespace tightrope::collectors
