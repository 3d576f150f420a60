#include "daemon/sample_text.h"

#include <prometheus/metric_family.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstring>

#include "daemon/utf8.h"

namespace tightrope::daemon {
namespace {

// Small for a family of few samples, large where there are many.
constexpr std::size_t kFirstBlock = 4 << 10;
constexpr std::size_t kLargestBlock = 512 << 10;
constexpr std::size_t kLongestValue = 32;

std::string_view type_name(prometheus::MetricType type, MetricsFormat format) {
  switch (type) {
    case prometheus::MetricType::Counter:
      return "counter";
    case prometheus::MetricType::Gauge:
      return "gauge";
    case prometheus::MetricType::Summary:
      return "summary";
    case prometheus::MetricType::Histogram:
      return "histogram";
    case prometheus::MetricType::Untyped:
      break;
  }
  return format == MetricsFormat::openmetrics ? "unknown" : "untyped";
}

using Labels = std::vector<prometheus::ClientMetric::Label>;

// With braces and a space after them, as SampleText::sample wants them.
std::string label_text(const Labels& labels, std::string_view extra_name = {},
                       std::string_view extra_value = {}) {
  std::string text;
  for (const auto& label : labels) {
    text += text.empty() ? '{' : ',';
    append_label(text, label.name, label.value);
  }
  if (!extra_name.empty()) {
    text += text.empty() ? '{' : ',';
    append_label(text, extra_name, extra_value);
  }
  text += text.empty() ? " " : "} ";
  return text;
}

// A bound as a label, with a decimal point also where it is whole: OpenMetrics demands it, and the series
// should not have two names.
std::string bound_text(double bound) {
  char digits[kLongestValue];
  std::string text(digits, write_value(digits, bound));
  if (text.find_first_of(".eIN") == std::string::npos) text += ".0";
  return text;
}

void write_histogram(SampleText& out, const std::string& name, const prometheus::ClientMetric& metric) {
  const auto& histogram = metric.histogram;
  for (const auto& bucket : histogram.bucket) {
    out.sample(name + "_bucket", label_text(metric.label, "le", bound_text(bucket.upper_bound)),
               static_cast<double>(bucket.cumulative_count));
  }
  const std::string labels = label_text(metric.label);
  out.sample(name + "_sum", labels, histogram.sample_sum);
  out.sample(name + "_count", labels, static_cast<double>(histogram.sample_count));
}

void write_summary(SampleText& out, const std::string& name, const prometheus::ClientMetric& metric) {
  for (const auto& quantile : metric.summary.quantile) {
    out.sample(name, label_text(metric.label, "quantile", bound_text(quantile.quantile)), quantile.value);
  }
  const std::string labels = label_text(metric.label);
  out.sample(name + "_sum", labels, metric.summary.sample_sum);
  out.sample(name + "_count", labels, static_cast<double>(metric.summary.sample_count));
}

void write_metric(SampleText& out, const prometheus::MetricFamily& family,
                  const prometheus::ClientMetric& metric) {
  switch (family.type) {
    case prometheus::MetricType::Counter:
      out.sample(family.name, label_text(metric.label), metric.counter.value);
      return;
    case prometheus::MetricType::Gauge:
      out.sample(family.name, label_text(metric.label), metric.gauge.value);
      return;
    case prometheus::MetricType::Untyped:
      out.sample(family.name, label_text(metric.label), metric.untyped.value);
      return;
    case prometheus::MetricType::Summary:
      write_summary(out, family.name, metric);
      return;
    case prometheus::MetricType::Histogram:
      write_histogram(out, family.name, metric);
      return;
  }
}

}  // namespace

char* SampleText::reserve(std::size_t size) {
  if (!blocks_.empty()) {
    const Block& block = blocks_[current_];
    if (block.capacity - block.used >= size) return block.bytes.get() + block.used;
    if (block.used > 0) ++current_;
  }
  // A free block that is too small is replaced: it was made for shorter lines.
  if (current_ == blocks_.size()) blocks_.emplace_back();
  Block& block = blocks_[current_];
  if (block.capacity < size) {
    const std::size_t doubled = std::clamp(size_, kFirstBlock, kLargestBlock);
    block.capacity = std::max(size, doubled);
    block.bytes = std::make_unique_for_overwrite<char[]>(block.capacity);
  }
  block.used = 0;
  return block.bytes.get();
}

void SampleText::commit(std::size_t size) noexcept {
  Block& block = blocks_[current_];
  assert(block.capacity - block.used >= size);
  block.used += size;
  size_ += size;
}

void SampleText::append(std::string_view text) {
  if (text.empty()) return;
  std::memcpy(reserve(text.size()), text.data(), text.size());
  commit(text.size());
}

void SampleText::sample(std::string_view name, std::string_view labels, double value) {
  char* const begin = reserve(name.size() + labels.size() + kLongestValue + 1);
  char* out = begin;
  std::memcpy(out, name.data(), name.size());
  out += name.size();
  std::memcpy(out, labels.data(), labels.size());
  out = write_value(out + labels.size(), value);
  *out++ = '\n';
  commit(static_cast<std::size_t>(out - begin));
}

void SampleText::clear() noexcept {
  for (Block& block : blocks_) block.used = 0;
  current_ = 0;
  size_ = 0;
}

void SampleText::parts(std::vector<std::string_view>& out) const {
  for (const Block& block : blocks_) {
    if (block.used > 0) out.emplace_back(block.bytes.get(), block.used);
  }
}

char* write_value(char* out, double value) noexcept {
  const auto literal = [out](std::string_view text) {
    std::memcpy(out, text.data(), text.size());
    return out + text.size();
  };
  if (std::isnan(value)) return literal("NaN");
  if (std::isinf(value)) return literal(value > 0 ? "+Inf" : "-Inf");
  return std::to_chars(out, out + kLongestValue, value).ptr;
}

void append_label(std::string& out, std::string_view name, std::string_view value) {
  out.append(name).append("=\"");
  std::size_t begin = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c != '\\' && c != '"' && c != '\n') continue;
    append_utf8(out, value.substr(begin, i - begin));
    out += '\\';
    out += c == '\n' ? 'n' : c;
    begin = i + 1;
  }
  append_utf8(out, value.substr(begin));
  out += '"';
}

std::string family_header(std::string_view name, std::string_view help, std::string_view type,
                          MetricsFormat format) {
  std::string text = "# HELP ";
  text.append(name).append(" ");
  for (const char c : help) {
    if (c == '\n') {
      text += "\\n";
    } else {
      if (c == '\\' || (c == '"' && format == MetricsFormat::openmetrics)) text += '\\';
      text += c;
    }
  }
  text.append("\n# TYPE ").append(name).append(" ").append(type).append("\n");
  return text;
}

void write_families(SampleText& out, const std::vector<prometheus::MetricFamily>& families,
                    MetricsFormat format) {
  constexpr std::string_view kTotal = "_total";
  for (const prometheus::MetricFamily& family : families) {
    std::string_view name = family.name;
    // OpenMetrics names a counter's family without the ending of its samples.
    const bool counter = family.type == prometheus::MetricType::Counter;
    if (format == MetricsFormat::openmetrics && counter && name.ends_with(kTotal))
      name.remove_suffix(kTotal.size());
    out.append(family_header(name, family.help, type_name(family.type, format), format));
    for (const prometheus::ClientMetric& metric : family.metric) write_metric(out, family, metric);
  }
}

}  // namespace tightrope::daemon
