#include "collectors/text_decoder.h"

#include <fmt/core.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

namespace tightrope::collectors {
namespace {

constexpr char32_t kReplacement = 0xfffd;

void append_utf8(std::string& text, char32_t c) {
  const auto byte = [](char32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
  if (c < 0x80) {
    text += byte(c);
  } else if (c < 0x800) {
    text += byte(0xc0 | (c >> 6));
    text += byte(0x80 | (c & 0x3f));
  } else if (c < 0x10000) {
    text += byte(0xe0 | (c >> 12));
    text += byte(0x80 | ((c >> 6) & 0x3f));
    text += byte(0x80 | (c & 0x3f));
  } else {
    text += byte(0xf0 | (c >> 18));
    text += byte(0x80 | ((c >> 12) & 0x3f));
    text += byte(0x80 | ((c >> 6) & 0x3f));
    text += byte(0x80 | (c & 0x3f));
  }
}

}  // namespace

// Several gzip members one after the other are one text, as gzip itself has it.
class TextDecoder::Gunzip {
 public:
  Gunzip() {
    if (inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc();  // 16: a gzip header, not a zlib one
  }
  ~Gunzip() { inflateEnd(&stream_); }
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  // Hands each unpacked piece to `sink`, which says what is wrong with it, if anything.
  template <class Sink>
  std::optional<std::string> feed(std::string_view bytes, Sink sink) {
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));  // zlib does not write there
    stream_.avail_in = static_cast<uInt>(bytes.size());
    do {
      if (ended_ && stream_.avail_in > 0) {
        if (*stream_.next_in == 0) {  // padding, as tapes and some servers leave it
          ++stream_.next_in;
          --stream_.avail_in;
          continue;
        }
        if (inflateReset(&stream_) != Z_OK) return "the gzip data is damaged";
        ended_ = false;
      }
      stream_.next_out = reinterpret_cast<Bytef*>(out_.data());
      stream_.avail_out = static_cast<uInt>(out_.size());
      const int outcome = inflate(&stream_, Z_NO_FLUSH);
      if (outcome != Z_OK && outcome != Z_STREAM_END && outcome != Z_BUF_ERROR)
        return "the gzip data is damaged";
      ended_ = outcome == Z_STREAM_END;
      const std::string_view piece(out_.data(), out_.size() - stream_.avail_out);
      if (auto problem = sink(piece)) return problem;
    } while (stream_.avail_in > 0 || stream_.avail_out == 0);
    return std::nullopt;
  }
  bool ended() const noexcept { return ended_; }

 private:
  z_stream stream_{};
  bool ended_ = false;
  std::array<char, 64 << 10> out_;
};

TextDecoder::TextDecoder(std::uint64_t most_bytes) : most_bytes_(most_bytes) {}
TextDecoder::~TextDecoder() = default;

std::optional<std::string> TextDecoder::feed(std::string_view bytes, std::string& text) {
  if (!packing_known_) {
    first_bytes_.append(bytes);
    if (first_bytes_.size() < 4) return std::nullopt;
    packing_known_ = true;
    if (first_bytes_.starts_with("\x1f\x8b")) gunzip_ = std::make_unique<Gunzip>();
    if (first_bytes_.starts_with("PK\x03\x04")) return "a ZIP archive, where text or gzip is expected";
    const std::string all = std::move(first_bytes_);
    return feed(all, text);
  }
  if (!gunzip_) return take_unpacked(bytes, text);
  constexpr std::size_t kMostAtOnce = 1 << 30;  // zlib counts in 32 bits
  for (; !bytes.empty(); bytes.remove_prefix(std::min(bytes.size(), kMostAtOnce))) {
    auto problem = gunzip_->feed(bytes.substr(0, kMostAtOnce),
                                 [&](std::string_view piece) { return take_unpacked(piece, text); });
    if (problem) return problem;
  }
  return std::nullopt;
}

std::optional<std::string> TextDecoder::finish(std::string& text) {
  if (!packing_known_) {
    packing_known_ = true;
    const std::string all = std::move(first_bytes_);
    if (auto problem = take_unpacked(all, text)) return problem;
  }
  if (gunzip_ && !gunzip_->ended()) return "the gzip data is cut short";
  decode(text, true);
  return std::nullopt;
}

std::optional<std::string> TextDecoder::take_unpacked(std::string_view bytes, std::string& text) {
  unpacked_bytes_ += bytes.size();
  if (unpacked_bytes_ > most_bytes_) return fmt::format("more than {} bytes after unpacking", most_bytes_);
  if (encoding_ == Encoding::utf8) {
    text.append(bytes);
    return std::nullopt;
  }
  undecoded_.append(bytes);
  decode(text, false);
  return std::nullopt;
}

void TextDecoder::decode(std::string& text, bool last) {
  if (encoding_ == Encoding::unknown) {
    if (undecoded_.size() < 3 && !last) return;
    std::size_t mark = 2;
    if (undecoded_.starts_with("\xff\xfe")) {
      encoding_ = Encoding::utf16_little;
    } else if (undecoded_.starts_with("\xfe\xff")) {
      encoding_ = Encoding::utf16_big;
    } else {
      encoding_ = Encoding::utf8;
      mark = undecoded_.starts_with("\xef\xbb\xbf") ? 3 : 0;
    }
    undecoded_.erase(0, mark);
  }
  if (encoding_ == Encoding::utf8) {
    text.append(undecoded_);
    undecoded_.clear();
  } else {
    decode_utf16(text);
    if (last && (!undecoded_.empty() || high_surrogate_ != 0)) append_utf8(text, kReplacement);
  }
}

void TextDecoder::decode_utf16(std::string& text) {
  std::size_t at = 0;
  for (; at + 1 < undecoded_.size(); at += 2) {
    const char32_t first = static_cast<unsigned char>(undecoded_[at]);
    const char32_t second = static_cast<unsigned char>(undecoded_[at + 1]);
    const char32_t unit = encoding_ == Encoding::utf16_little ? first | (second << 8) : second | (first << 8);
    const bool is_low = unit >= 0xdc00 && unit < 0xe000;
    if (high_surrogate_ != 0) {
      const char32_t high = high_surrogate_;
      high_surrogate_ = 0;
      if (is_low) {
        append_utf8(text, 0x10000 + ((high - 0xd800) << 10) + (unit - 0xdc00));
        continue;
      }
      append_utf8(text, kReplacement);
    }
    if (unit >= 0xd800 && unit < 0xdc00) {
      high_surrogate_ = unit;
    } else {
      append_utf8(text, is_low ? kReplacement : unit);
    }
  }
  undecoded_.erase(0, at);
}

}  // namespace tightrope::collectors
