// Samples as scrapers read them: Prometheus text 0.0.4 and OpenMetrics 1.0.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace prometheus {
struct MetricFamily;
}

namespace tightrope::daemon {

enum class MetricsFormat { text, openmetrics };  // Prometheus text 0.0.4, OpenMetrics 1.0.0

// Text that only grows at its end, in blocks: nothing is copied while it grows, and a block is used again
// after clear(). Moved and not copied.
class SampleText {
 public:
  // Room for `size` bytes, side by side, that commit() may then take.
  char* reserve(std::size_t size);
  void commit(std::size_t size) noexcept;
  void append(std::string_view text);
  // `name`, `labels` (with braces, or empty; ending in a space), the value and a line break.
  void sample(std::string_view name, std::string_view labels, double value);
  void clear() noexcept;  // keeps the memory

  bool empty() const noexcept { return size_ == 0; }
  std::size_t size() const noexcept { return size_; }
  // Appends the blocks in order; borrowed until the text next changes.
  void parts(std::vector<std::string_view>& out) const;

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t capacity = 0;
    std::size_t used = 0;
  };
  std::vector<Block> blocks_;
  std::size_t current_ = 0;  // the block written to; those after it are free
  std::size_t size_ = 0;
};

// A double as both formats write it: shortest decimal that reads back the same, NaN, +Inf, -Inf. Into 32
// bytes or more; returns the end.
char* write_value(char* out, double value) noexcept;

// name="value" with backslashes, quotes and line breaks escaped, and nothing that is not UTF-8.
void append_label(std::string& out, std::string_view name, std::string_view value);

// The lines that begin a family.
std::string family_header(std::string_view name, std::string_view help, std::string_view type,
                          MetricsFormat format);

// Families of prometheus-cpp's registry. Its own serializer writes "Nan" and does not escape help texts.
void write_families(SampleText& out, const std::vector<prometheus::MetricFamily>& families,
                    MetricsFormat format);

}  // namespace tightrope::daemon
