#include "tests/vendors/zip_file.h"

#include <zlib.h>

#include <cstdint>
#include <initializer_list>

#include "tests/support/deflated.h"

namespace tightrope::vendors {
namespace {

struct Number {
  std::uint64_t value;
  int bytes;
};

// Little-endian numbers, one after the other.
std::string packed_numbers(std::initializer_list<Number> numbers) {
  std::string out;
  for (const Number& number : numbers) {
    for (int i = 0; i < number.bytes; ++i) out += static_cast<char>(number.value >> (8 * i) & 0xff);
  }
  return out;
}

}  // namespace

std::string zip_file(std::string_view name, std::string_view bytes) {
  const std::string data = testing::deflated(bytes, testing::Packing::raw);
  const std::uint64_t crc =
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()), static_cast<uInt>(bytes.size()));
  constexpr std::uint64_t kVersion = 20, kUtf8 = 0x800, kDeflated = 8, kTime = 0, kDate = 0x5a6b;
  const std::initializer_list<Number> common{
      {kVersion, 2}, {kUtf8, 2},       {kDeflated, 2},    {kTime, 2},       {kDate, 2},
      {crc, 4},      {data.size(), 4}, {bytes.size(), 4}, {name.size(), 2}, {0, 2}};
  std::string out = packed_numbers({{0x04034b50, 4}}) + packed_numbers(common) + std::string(name) + data;
  const std::size_t directory = out.size();
  // No comment, disk 0, no attributes, at offset 0.
  out += packed_numbers({{0x02014b50, 4}, {kVersion, 2}}) + packed_numbers(common) +
         packed_numbers({{0, 2}, {0, 2}, {0, 2}, {0, 4}, {0, 4}}) + std::string(name);
  const std::size_t size = out.size() - directory;
  out += packed_numbers({{0x06054b50, 4}, {0, 2}, {0, 2}, {1, 2}, {1, 2}, {size, 4}, {directory, 4}, {0, 2}});
  return out;
}

}  // namespace tightrope::vendors
