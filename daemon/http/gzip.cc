#include "daemon/http/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

namespace tightrope::daemon::http {
namespace {

constexpr int kGzipWindow = 15 + 16;  // zlib's way to ask for a gzip header
constexpr std::size_t kStep = 64 << 10;

// zlib counts bytes in unsigned int.
uInt clamp(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

void set_input(z_stream& stream, std::string_view part) {
  // zlib's interface predates const; it does not write to its input.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));
  stream.avail_in = clamp(part.size());
}

struct Inflater {
  Inflater() {
    if (inflateInit2(&stream, kGzipWindow) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  z_stream stream{};
};

struct Deflater {
  Deflater() {
    if (deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  ~Deflater() { deflateEnd(&stream); }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  z_stream stream{};
};

}  // namespace

Gunzipped gunzip(std::string_view compressed, std::size_t most_bytes) {
  Gunzipped result;
  Inflater inflater;
  z_stream& stream = inflater.stream;
  std::size_t filled = 0;
  int status = Z_OK;
  set_input(stream, compressed);
  std::string_view rest = compressed.substr(stream.avail_in);
  while (true) {
    if (filled == result.bytes.size()) {
      if (filled > most_bytes) {
        result = Gunzipped{.bytes = {}, .failure = GunzipFailure::too_large};
        return result;
      }
      // One byte beyond the limit is enough to know.
      result.bytes.resize(std::min(most_bytes + 1, std::max(kStep, filled * 2)));
    }
    if (stream.avail_in == 0 && !rest.empty()) {
      set_input(stream, rest);
      rest.remove_prefix(stream.avail_in);
    }
    stream.next_out = reinterpret_cast<Bytef*>(result.bytes.data() + filled);
    stream.avail_out = clamp(result.bytes.size() - filled);
    const uInt room = stream.avail_out;
    status = inflate(&stream, Z_NO_FLUSH);
    filled += room - stream.avail_out;
    if (status == Z_STREAM_END) {
      if (stream.avail_in == 0 && rest.empty()) break;
      if (inflateReset(&stream) != Z_OK) throw std::bad_alloc();  // gzip files may follow each other
    } else if (status != Z_OK) {
      result = Gunzipped{.bytes = {}, .failure = GunzipFailure::broken};
      return result;
    }
  }
  if (filled > most_bytes) {
    result = Gunzipped{.bytes = {}, .failure = GunzipFailure::too_large};
    return result;
  }
  result.bytes.resize(filled);
  return result;
}

std::string gzip(std::span<const std::string_view> parts) {
  Deflater deflater;
  z_stream& stream = deflater.stream;
  std::string out;
  std::size_t filled = 0;
  const auto run = [&](int flush) {
    int status = Z_OK;
    do {
      if (out.size() - filled < kStep) out.resize(std::max(out.size() * 2, kStep * 2));
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + filled);
      stream.avail_out = clamp(out.size() - filled);
      const uInt room = stream.avail_out;
      status = deflate(&stream, flush);
      filled += room - stream.avail_out;
    } while (stream.avail_in > 0 || (flush == Z_FINISH && status != Z_STREAM_END));
  };
  for (std::string_view part : parts) {
    while (!part.empty()) {
      set_input(stream, part);
      part.remove_prefix(stream.avail_in);
      run(Z_NO_FLUSH);
    }
  }
  run(Z_FINISH);
  out.resize(filled);
  return out;
}

}  // namespace tightrope::daemon::http
