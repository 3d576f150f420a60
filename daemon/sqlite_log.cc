#include "daemon/sqlite_log.h"

#include <algorithm>
#include <array>
#include <bit>
#include <fstream>
#include <span>
#include <utility>
#include <vector>

namespace tightrope::daemon {
namespace {

using Bytes = std::span<const unsigned char>;

constexpr std::size_t kHeaderBytes = 32;       // of the log
constexpr std::size_t kFrameHeaderBytes = 24;  // before each page
constexpr std::uint32_t kMagic = 0x377F0682;   // its lowest bit: sums are over big-endian words
constexpr std::uint32_t kVersion = 3'007'000;

std::uint32_t big_endian(Bytes bytes, std::size_t at) noexcept {
  return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
         std::uint32_t{bytes[at + 2]} << 8 | std::uint32_t{bytes[at + 3]};
}
std::uint32_t little_endian(Bytes bytes, std::size_t at) noexcept {
  return std::uint32_t{bytes[at + 3]} << 24 | std::uint32_t{bytes[at + 2]} << 16 |
         std::uint32_t{bytes[at + 1]} << 8 | std::uint32_t{bytes[at]};
}

// The log's running checksum: that of a frame goes on from that of the frame before.
struct Checksum {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  friend bool operator==(const Checksum&, const Checksum&) = default;

  static Checksum stored(Bytes bytes, std::size_t at) noexcept {
    return {big_endian(bytes, at), big_endian(bytes, at + 4)};
  }
  // REQUIRES: a multiple of 8 bytes.
  void add(Bytes bytes, bool of_big_endian) noexcept {
    for (std::size_t at = 0; at < bytes.size(); at += 8) {
      first += (of_big_endian ? big_endian(bytes, at) : little_endian(bytes, at)) + second;
      second += (of_big_endian ? big_endian(bytes, at + 4) : little_endian(bytes, at + 4)) + first;
    }
  }
};

struct Header {
  bool valid = false;
  bool of_big_endian = false;
  std::size_t page_bytes = 0;
  Checksum salts;  // two numbers, new each time that the log is begun anew
  Checksum sum;
};

Header read_header(Bytes bytes) {
  Header header;
  const std::uint32_t magic = big_endian(bytes, 0);
  header.of_big_endian = (magic & 1) != 0;
  header.page_bytes = big_endian(bytes, 8);
  header.salts = Checksum::stored(bytes, 16);
  header.sum = Checksum::stored(bytes, 24);
  Checksum sum;
  sum.add(bytes.first(24), header.of_big_endian);
  header.valid = (magic & ~1u) == kMagic && big_endian(bytes, 4) == kVersion && sum == header.sum &&
                 std::has_single_bit(header.page_bytes) && header.page_bytes >= 512 &&
                 header.page_bytes <= 65'536;
  return header;
}

bool read_into(std::ifstream& file, std::vector<unsigned char>& bytes) {
  file.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  return static_cast<std::size_t>(file.gcount()) == bytes.size();
}

// The frames of one log, one after another.
class FrameWalk {
 public:
  explicit FrameWalk(const Header& header) : header_(header), before_(header.sum), computed_(header.sum) {}

  void take(Bytes frame) {
    const std::uint64_t offset = kHeaderBytes + frames_ * frame.size();
    ++frames_;
    const bool of_this_log = Checksum::stored(frame, 8) == header_.salts;
    const Checksum stored = Checksum::stored(frame, 16);
    Checksum sum = sum_after(before_, frame);
    bool follows = of_this_log && sum == stored;
    if (of_this_log && !follows && computed_ != before_) {
      // Was it the checksum of the frame before that is damaged?
      sum = sum_after(computed_, frame);
      follows = sum == stored;
    }
    computed_ = sum;
    before_ = stored;
    const bool ends_commit = big_endian(frame, 4) != 0;
    const bool ended_commit = std::exchange(doubtful_commit_, ends_commit && !of_this_log);
    if (!broken_ && follows) return;
    if (!broken_) broken_ = offset;
    if (!follows) commits_ = 0;  // whatever comes next may follow from this one
    if (follows && ended_commit) ++commits_;
    if (of_this_log && ends_commit) ++commits_;
    most_commits_ = std::max(most_commits_, commits_);
  }

  std::optional<LogDamage> damage() const {
    if (!broken_ || most_commits_ < 2) return std::nullopt;
    return LogDamage{.offset = *broken_, .commits = most_commits_};
  }

 private:
  Checksum sum_after(Checksum sum, Bytes frame) const noexcept {
    sum.add(frame.first(8), header_.of_big_endian);
    sum.add(frame.subspan(kFrameHeaderBytes), header_.of_big_endian);
    return sum;
  }

  const Header& header_;
  Checksum before_;    // as it stands in the frame before, right or wrong
  Checksum computed_;  // what it should be there
  std::uint64_t frames_ = 0;
  std::optional<std::uint64_t> broken_;  // where the first one is that does not follow
  bool doubtful_commit_ = false;         // the frame before would end one, if it were of this log
  std::uint64_t commits_ = 0;            // in the present run of frames that follow from one another
  std::uint64_t most_commits_ = 0;
};

// Whether the first frame tells that this header, which does not match its checksum, was that of its log.
bool header_of(const Header& header, Bytes frame) {
  const Checksum salts = Checksum::stored(frame, 8);
  const bool empty = header.salts == Checksum{};
  return empty ? salts != Checksum{}
               : salts.first == header.salts.first || salts.second == header.salts.second;
}

}  // namespace

std::optional<LogDamage> find_log_damage(const std::string& log_path) {
  std::ifstream file(log_path, std::ios::binary);
  std::vector<unsigned char> begin(kHeaderBytes);
  if (!file || !read_into(file, begin)) return std::nullopt;
  const Header header = read_header(begin);
  if (!header.valid) {
    std::vector<unsigned char> frame(kFrameHeaderBytes);
    if (!read_into(file, frame) || !header_of(header, frame)) return std::nullopt;
    return LogDamage{.offset = 0, .commits = 0};
  }
  FrameWalk walk(header);
  std::vector<unsigned char> frame(kFrameHeaderBytes + header.page_bytes);
  while (read_into(file, frame)) walk.take(frame);
  const auto damage = walk.damage();
  if (!damage) return std::nullopt;
  // Begun anew by another process while it was read: what was read is of two logs.
  std::ifstream again(log_path, std::ios::binary);
  std::vector<unsigned char> now(kHeaderBytes);
  if (!again || !read_into(again, now) || now != begin) return std::nullopt;
  return damage;
}

}  // namespace tightrope::daemon
