// What tests of collectors share: a source read through a fake transfer, and figures as lines.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "collectors/collector.h"
#include "tests/support/deflated.h"
#include "tests/support/fake_transfer.h"

namespace tightrope::collectors {

inline const rules::Timestamp kNow = *rules::parse_timestamp("2026-11-22T12:00:00Z");

inline rules::Day day(std::string_view text) {
  return *rules::parse_day(text);
}

inline rules::DayRange days(std::string_view first, std::string_view last) {
  return {day(first), day(last)};
}

inline rules::Calendar calendar_of(std::string_view zone) {
  return *rules::Calendar::open(zone, std::chrono::Monday);
}

// Runs a coroutine to its end and gives what it returned; what it threw is thrown.
template <class T>
T run(asio::io_context& io, asio::awaitable<T> work) {
  std::optional<T> outcome;
  std::exception_ptr failure;
  asio::co_spawn(io, std::move(work), [&](std::exception_ptr thrown, T value) {
    failure = thrown;
    outcome.emplace(std::move(value));
  });
  io.restart();
  io.run();
  if (failure) std::rethrow_exception(failure);
  if (!outcome) throw std::logic_error("the coroutine never ended");
  return *std::move(outcome);
}

inline std::string gzip(std::string_view text) {
  return testing::deflated(text, testing::Packing::gzip);
}

// "search/brand 2026-11-20 spend 12.5"
inline std::vector<std::string> lines(const rules::ObservationBatch& batch, const rules::Calendar& calendar) {
  std::vector<std::string> out;
  for (const auto& row : batch.rows) {
    out.push_back(rules::to_string(batch.entities[row.entity]) + ' ' + calendar.format(row.bucket) + ' ' +
                  batch.metrics[row.metric] + ' ' + rules::to_string(row.value));
  }
  return out;
}

// A formula over columns, as configurations have them.
inline rules::Formula formula(std::string_view text) {
  const rules::Vocabulary anything{
      [](std::string_view) {
        return std::optional<rules::Name>({rules::Name::Kind::metric, rules::Unit::number});
      },
      {}};
  return std::get<rules::Formula>(rules::compile_formula(text, anything));
}

inline config::MetricField metric(std::string name, std::string field, double scale = 1) {
  config::MetricField mapped;
  mapped.metric = std::move(name);
  mapped.field = std::move(field);
  mapped.scale = scale;
  return mapped;
}

// Date, campaign, spend and clicks under those very names; campaigns are the second dimension.
inline config::FieldMapping plain_mapping() {
  config::FieldMapping mapping;
  mapping.bucket_field = "date";
  mapping.dimensions = {{1, "campaign"}};
  mapping.metrics = {metric("spend", "spend"), metric("clicks", "clicks")};
  return mapping;
}

// Collects from one source, in UTC, with a fake transfer.
class Collecting {
 public:
  testing::FakeTransfer transfer;
  rules::Calendar calendar = calendar_of("UTC");
  rules::DayRange asked = days("2026-11-01", "2026-11-30");
  asio::io_context io;

  CollectResult collect(const config::Source& source) {
    const auto collector = make_collector(source, {transfer, calendar, dimensions_});
    return run(io, collector->collect({asked, kNow}));
  }
  // The figures, or the one line "error KIND: TEXT".
  std::vector<std::string> figures(const config::Source& source) {
    const CollectResult result = collect(source);
    if (!result) return {"error " + std::string(to_string(result.error().kind)) + ": " + result.error().text};
    return lines(result->batch, calendar);
  }

 private:
  rules::Dimensions dimensions_;
};

// A folder of its own that is gone afterwards.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "tightrope-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string write(const std::string& name, std::string_view bytes) const {
    const auto file = path_ / name;
    std::ofstream(file, std::ios::binary) << bytes;
    return file.string();
  }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace tightrope::collectors
