#include "collectors/csv_reader.h"

#include <fmt/core.h>

#include <algorithm>

namespace tightrope::collectors {

void CsvReader::feed(std::string_view text) {
  if (position_ > 0) {
    text_.erase(0, position_);
    position_ = 0;
  }
  text_.append(text);
}

CsvReader::Step CsvReader::next() {
  if (failed_) return Step::error;
  if (position_ == text_.size()) return finished_ ? Step::end : Step::more;
  pieces_.clear();
  unescaped_.clear();
  breaks_ = 0;
  record_line_ = next_line_;
  std::size_t at = position_;
  switch (scan_record(at)) {
    case Scan::more:
      if (text_.size() - position_ <= limits_.most_record_bytes) return Step::more;
      fail(record_line_,
           fmt::format("a row of more than {} bytes: is a quote not closed?", limits_.most_record_bytes));
      return Step::error;
    case Scan::failed:
      return Step::error;
    case Scan::done:
      break;
  }
  fields_.clear();
  for (const Piece& piece : pieces_) {
    const std::string& from = piece.unescaped ? unescaped_ : text_;
    fields_.push_back(std::string_view(from).substr(piece.begin, piece.length));
  }
  position_ = at;
  next_line_ += breaks_;
  return Step::record;
}

bool CsvReader::blank() const noexcept {
  return std::all_of(fields_.begin(), fields_.end(), [](std::string_view field) {
    return field.find_first_not_of(" \t") == std::string_view::npos;
  });
}

CsvReader::Scan CsvReader::scan_record(std::size_t& at) {
  for (;;) {
    if (pieces_.size() == limits_.most_fields) {
      return fail(record_line_, fmt::format("more than {} fields", limits_.most_fields));
    }
    if (at - position_ > limits_.most_record_bytes) {
      return fail(record_line_, fmt::format("a row of more than {} bytes", limits_.most_record_bytes));
    }
    if (at < text_.size() && text_[at] == '"') {
      const Scan quoted = scan_quoted(at);
      if (quoted != Scan::done) return quoted;
    } else {
      scan_plain(at);
    }
    bool ended = false;
    const Scan line_break = scan_line_break(at, ended);
    if (line_break != Scan::done || ended) return line_break;
    if (at == text_.size()) return finished_ ? Scan::done : Scan::more;
    if (text_[at] != delimiter_) {
      return fail(record_line_ + breaks_,
                  fmt::format("text after the closing quote of field {}", pieces_.size()));
    }
    ++at;
  }
}

void CsvReader::scan_plain(std::size_t& at) {
  const std::size_t begin = at;
  const char* const text = text_.data();
  const std::size_t size = text_.size();
  while (at < size && text[at] != delimiter_ && text[at] != '\n' && text[at] != '\r') ++at;
  pieces_.push_back({begin, at - begin, false});
}

CsvReader::Scan CsvReader::scan_quoted(std::size_t& at) {
  const std::uint64_t line = record_line_ + breaks_;
  const std::size_t begin = unescaped_.size();
  ++at;
  for (;;) {
    const std::size_t run = at;
    while (at < text_.size() && text_[at] != '"') {
      // CR LF counts once, at its LF; a CR alone counts too.
      const bool lone_cr = text_[at] == '\r' && at + 1 < text_.size() && text_[at + 1] != '\n';
      if (text_[at] == '\n' || lone_cr) ++breaks_;
      ++at;
    }
    unescaped_.append(text_, run, at - run);
    if (at == text_.size()) {
      return finished_ ? fail(line, fmt::format("the quote of field {} is never closed", pieces_.size() + 1))
                       : Scan::more;
    }
    ++at;
    if (at == text_.size() && !finished_) return Scan::more;  // a doubled quote, perhaps
    if (at == text_.size() || text_[at] != '"') break;
    unescaped_ += '"';
    ++at;
  }
  pieces_.push_back({begin, unescaped_.size() - begin, true});
  while (at < text_.size() && text_[at] == ' ') ++at;
  return Scan::done;
}

CsvReader::Scan CsvReader::scan_line_break(std::size_t& at, bool& ended) {
  ended = false;
  if (at == text_.size()) return finished_ ? Scan::done : Scan::more;
  if (text_[at] == '\r') {
    if (at + 1 == text_.size() && !finished_) return Scan::more;  // CR LF, perhaps
    at += at + 1 < text_.size() && text_[at + 1] == '\n' ? 2 : 1;
    ended = true;
  } else if (text_[at] == '\n') {
    ++at;
    ended = true;
  }
  if (ended) ++breaks_;
  return Scan::done;
}

CsvReader::Scan CsvReader::fail(std::uint64_t line, std::string_view problem) {
  failed_ = true;
  error_ = fmt::format("line {}: {}", line, problem);
  return Scan::failed;
}

char hinted_delimiter(std::string_view text) noexcept {
  constexpr std::string_view kHint = "sep=";
  const std::size_t end = text.find_first_of("\r\n");
  std::string_view line = text.substr(0, end);
  if (line.size() >= 2 && line.front() == '"' && line.back() == '"') line = line.substr(1, line.size() - 2);
  if (end == std::string_view::npos || line.size() != kHint.size() + 1) return '\0';
  for (std::size_t i = 0; i < kHint.size(); ++i) {
    const char c = line[i] >= 'A' && line[i] <= 'Z' ? static_cast<char>(line[i] - 'A' + 'a') : line[i];
    if (c != kHint[i]) return '\0';
  }
  constexpr std::string_view kDelimiters = ",;\t|:^~ ";
  return kDelimiters.find(line.back()) != std::string_view::npos ? line.back() : '\0';
}

char sniff_delimiter(std::string_view sample, int header_row) {
  constexpr int kRowsBelow = 20;
  char best = ',';
  std::size_t best_score = 1;
  for (const char delimiter : {',', ';', '\t', '|'}) {
    CsvReader reader(delimiter);
    reader.feed(sample);
    std::size_t columns = 0;
    bool even = true;
    for (int row = 1; row <= header_row + kRowsBelow && reader.next() == CsvReader::Step::record; ++row) {
      if (row < header_row || (row > header_row && reader.blank())) continue;
      if (row == header_row) columns = reader.fields().size();
      even = even && reader.fields().size() == columns;
    }
    // An even table beats any uneven one: "a;b" with decimal commas below has commas in plenty.
    const std::size_t score = columns < 2 ? 0 : columns + (even ? 1'000'000 : 0);
    if (score > best_score) {
      best_score = score;
      best = delimiter;
    }
  }
  return best;
}

}  // namespace tightrope::collectors
