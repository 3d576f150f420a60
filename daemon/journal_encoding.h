// How bytes rest in a store: checked, and packed where that pays. The format is in journal.md.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tightrope::daemon {

// The numbers that a row's bytes belong to, such as its sequence: covered by the checksum, so that bytes
// found under another key are not taken for this one's.
using RowKey = std::initializer_list<std::uint64_t>;

// Keeps the memory of the compressor between calls. One thread at a time.
class JournalPacker {
 public:
  JournalPacker();
  ~JournalPacker();
  std::string pack(std::string_view bytes, RowKey key);

 private:
  struct Deflater;
  std::unique_ptr<Deflater> deflater_;
};

// Nothing when the bytes are not what pack() made for this key.
std::optional<std::string> unpack(std::string_view stored, RowKey key);

}  // namespace tightrope::daemon
