// Scores the streams of the Numenta Anomaly Benchmark with the detector that the engine uses:
//
//     nab_scores DATA_DIR OUT_DIR
//
// Reads every .csv under DATA_DIR (columns timestamp, value) and writes the same relative name under OUT_DIR
// with a column anomaly_score, in one pass: a row's score knows that row and those before it, and nothing of
// the stream's name, length or range. Ends with 2 and `file:line: what` where a line cannot be read.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "rules/anomaly.h"

namespace {

namespace fs = std::filesystem;
using tightrope::rules::AnomalyDetector;
using tightrope::rules::Timestamp;

// A number that fills the whole text, of exactly `digits` digits.
std::optional<int> digits_of(std::string_view text) {
  int number = 0;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) return {};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

// `YYYY-MM-DD hh:mm:ss`, with or without a fraction of the second. The streams name no zone: local time is
// taken as it stands, so that a time of day is one.
std::optional<Timestamp> time_of(std::string_view text) {
  if (text.size() > 19 && text[19] == '.') text = text.substr(0, 19);
  if (text.size() != 19 || text[4] != '-' || text[7] != '-' || (text[10] != ' ' && text[10] != 'T') ||
      text[13] != ':' || text[16] != ':')
    return {};
  const auto year = digits_of(text.substr(0, 4)), month = digits_of(text.substr(5, 2)),
             day = digits_of(text.substr(8, 2)), hour = digits_of(text.substr(11, 2)),
             minute = digits_of(text.substr(14, 2)), second = digits_of(text.substr(17, 2));
  if (!year || !month || !day || !hour || !minute || !second) return {};
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return {};
  return std::chrono::sys_days(date) + std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
         std::chrono::seconds(*second);
}

std::optional<double> value_of(std::string_view text) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

void score_stream(const fs::path& from, const fs::path& to) {
  std::ifstream in(from);
  if (!in) throw std::runtime_error(fmt::format("{}: cannot be read", from.string()));
  fs::create_directories(to.parent_path());
  std::ofstream out(to);
  out << "timestamp,value,anomaly_score\n";
  AnomalyDetector detector;
  std::string line;
  int number = 1;
  for (; std::getline(in, line); ++number) {
    const auto wrong = [&](std::string_view what) {
      return std::runtime_error(fmt::format("{}:{}: {}", from.string(), number, what));
    };
    if (line.ends_with('\r')) line.pop_back();
    if (number == 1) {
      if (line != "timestamp,value") throw wrong("the columns must be timestamp,value");
      continue;
    }
    const std::size_t comma = line.find(',');
    if (comma == std::string::npos) throw wrong("needs a timestamp and a value");
    const auto at = time_of(std::string_view(line).substr(0, comma));
    if (!at) throw wrong("the timestamp is not YYYY-MM-DD hh:mm:ss");
    const auto value = value_of(std::string_view(line).substr(comma + 1));
    if (!value) throw wrong("the value is no number");
    out << line << fmt::format(",{:.10g}\n", detector.add(*at, *value));
  }
  if (number == 1) throw std::runtime_error(fmt::format("{}: is empty", from.string()));
  if (!in.eof()) throw std::runtime_error(fmt::format("{}: cannot be read", from.string()));
  if (!out.flush()) throw std::runtime_error(fmt::format("{}: cannot be written", to.string()));
}

int score_folder(const fs::path& given, const fs::path& out) {
  if (!fs::is_directory(given)) throw std::runtime_error(fmt::format("{}: is no folder", given.string()));
  // As the benchmark is laid out, streams are in `data`, beside their labels, and named from there.
  const bool whole = fs::is_directory(given / "data") && fs::is_directory(given / "labels");
  const fs::path data = whole ? given / "data" : given;
  std::vector<fs::path> streams;
  for (const auto& entry : fs::recursive_directory_iterator(data)) {
    if (entry.is_regular_file() && entry.path().extension() == ".csv") streams.push_back(entry.path());
  }
  if (streams.empty()) throw std::runtime_error(fmt::format("{}: holds no .csv", data.string()));
  std::sort(streams.begin(), streams.end());
  for (const fs::path& stream : streams) score_stream(stream, out / fs::relative(stream, data));
  fmt::print("{} streams scored into {}\n", streams.size(), out.string());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    fmt::print(stderr, "nab_scores DATA_DIR OUT_DIR\n");
    return 2;
  }
  try {
    return score_folder(argv[1], argv[2]);
  } catch (const std::exception& problem) {
    fmt::print(stderr, "nab_scores: {}\n", problem.what());
    return 2;
  }
}
