#include "daemon/journal_encoding.h"

#include <zlib.h>

#include <array>
#include <new>

namespace tightrope::daemon {
namespace {

// Byte 0 says how the rest is stored, bytes 1 to 4 are a CRC-32, and for deflated bytes 5 to 8 are their full
// size; all little-endian. See journal.md: these values are on disk.
enum Form : char { kPlain = 0, kDeflated = 1 };
constexpr std::size_t kChecksumAt = 1;
constexpr std::size_t kPlainHeader = 5;
constexpr std::size_t kDeflatedHeader = 9;
// Shorter ones gain little.
constexpr std::size_t kLeastDeflated = 512;
// zlib counts in 32 bits; larger values are stored plain.
constexpr std::size_t kMostDeflated = 256u << 20;
// The fastest. Batches of figures shrink to about a half at 70 MB/s; level 6 saves 1 % more and takes five
// times as long.
constexpr int kLevel = 1;

void put32(char* at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<char>((value >> (8 * i)) & 0xFF);
}

std::uint32_t get32(const char* at) {
  std::uint32_t value = 0;
  for (int i = 0; i < 4; ++i)
    value |= static_cast<std::uint32_t>(static_cast<unsigned char>(at[i])) << (8 * i);
  return value;
}

// Over the key, the form, and everything behind the checksum.
std::uint32_t checksum(std::string_view stored, RowKey key) {
  uLong crc = crc32(0, nullptr, 0);
  for (const std::uint64_t number : key) {
    std::array<Bytef, 8> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<Bytef>((number >> (8 * i)) & 0xFF);
    crc = crc32(crc, bytes.data(), static_cast<uInt>(bytes.size()));
  }
  const auto* bytes = reinterpret_cast<const Bytef*>(stored.data());
  crc = crc32(crc, bytes, 1);
  crc = crc32_z(crc, bytes + kPlainHeader, stored.size() - kPlainHeader);
  return static_cast<std::uint32_t>(crc);
}

}  // namespace

struct JournalPacker::Deflater {
  Deflater() {
    if (deflateInit2(&stream, kLevel, Z_DEFLATED, -MAX_WBITS, MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
      throw std::bad_alloc();  // its only cause with these constants
    }
  }
  ~Deflater() { deflateEnd(&stream); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // False when it does not fit into `room`: then it would not pay.
  bool deflate_into(std::string_view bytes, char* out, std::size_t room, std::size_t& size) {
    deflateReset(&stream);
    // zlib does not write to its input, but its older interface does not say so.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(out);
    stream.avail_out = static_cast<uInt>(room);
    if (deflate(&stream, Z_FINISH) != Z_STREAM_END) return false;
    size = room - stream.avail_out;
    return true;
  }

  z_stream stream{};
};

JournalPacker::JournalPacker() : deflater_(std::make_unique<Deflater>()) {}
JournalPacker::~JournalPacker() = default;

std::string JournalPacker::pack(std::string_view bytes, RowKey key) {
  std::string stored;
  if (bytes.size() >= kLeastDeflated && bytes.size() <= kMostDeflated) {
    const std::size_t room = bytes.size() - bytes.size() / 8;
    stored.resize(kDeflatedHeader + room);
    std::size_t size = 0;
    if (deflater_->deflate_into(bytes, stored.data() + kDeflatedHeader, room, size)) {
      stored.resize(kDeflatedHeader + size);
      stored[0] = kDeflated;
      put32(stored.data() + kPlainHeader, static_cast<std::uint32_t>(bytes.size()));
      put32(stored.data() + kChecksumAt, checksum(stored, key));
      return stored;
    }
    stored.clear();
  }
  stored.reserve(kPlainHeader + bytes.size());
  stored.assign(kPlainHeader, '\0');
  stored.append(bytes);
  put32(stored.data() + kChecksumAt, checksum(stored, key));
  return stored;
}

std::optional<std::string> unpack(std::string_view stored, RowKey key) {
  if (stored.size() < kPlainHeader || get32(stored.data() + kChecksumAt) != checksum(stored, key))
    return std::nullopt;
  if (stored[0] == kPlain) return std::string(stored.substr(kPlainHeader));
  if (stored[0] != kDeflated || stored.size() < kDeflatedHeader) return std::nullopt;
  const std::uint32_t full_size = get32(stored.data() + kPlainHeader);
  if (full_size > kMostDeflated) return std::nullopt;
  const std::string_view deflated = stored.substr(kDeflatedHeader);
  std::string bytes(full_size, '\0');
  z_stream stream{};
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(deflated.data()));
  stream.avail_in = static_cast<uInt>(deflated.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) throw std::bad_alloc();
  const int end = inflate(&stream, Z_FINISH);
  const bool whole = end == Z_STREAM_END && stream.avail_out == 0 && stream.avail_in == 0;
  inflateEnd(&stream);
  if (!whole) return std::nullopt;
  return bytes;
}

}  // namespace tightrope::daemon
