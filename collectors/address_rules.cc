#include "collectors/address_rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>

namespace tightrope::collectors {
namespace {

struct Block {
  std::uint32_t first;
  int bits;
};

constexpr std::uint32_t ip(unsigned a, unsigned b, unsigned c, unsigned d) noexcept {
  return (a << 24) | (b << 16) | (c << 8) | d;
}

// IANA's special-purpose registry, as far as it is not globally reachable, with multicast and the reserved
// rest.
constexpr std::array kNotPublic{
    Block{ip(0, 0, 0, 0), 8},      Block{ip(10, 0, 0, 0), 8},     Block{ip(100, 64, 0, 0), 10},
    Block{ip(127, 0, 0, 0), 8},    Block{ip(169, 254, 0, 0), 16}, Block{ip(172, 16, 0, 0), 12},
    Block{ip(192, 0, 0, 0), 24},   Block{ip(192, 0, 2, 0), 24},   Block{ip(192, 88, 99, 0), 24},
    Block{ip(192, 168, 0, 0), 16}, Block{ip(198, 18, 0, 0), 15},  Block{ip(198, 51, 100, 0), 24},
    Block{ip(203, 0, 113, 0), 24}, Block{ip(224, 0, 0, 0), 4},    Block{ip(240, 0, 0, 0), 4},
};

bool is_public_v4(std::uint32_t address) noexcept {
  for (const Block& block : kNotPublic) {
    if ((address >> (32 - block.bits)) == (block.first >> (32 - block.bits))) return false;
  }
  return true;
}

std::uint32_t v4_at(const unsigned char* bytes) noexcept {
  return ip(bytes[0], bytes[1], bytes[2], bytes[3]);
}

bool starts_with(const unsigned char* bytes, std::initializer_list<unsigned char> prefix) noexcept {
  for (const unsigned char expected : prefix) {
    if (*bytes++ != expected) return false;
  }
  return true;
}

bool is_public_v6(const in6_addr& address) noexcept {
  const unsigned char* bytes = address.s6_addr;
  if (starts_with(bytes, {0x00, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0}))
    return is_public_v4(v4_at(bytes + 12));
  if ((bytes[0] & 0xe0) != 0x20) return false;  // global unicast is 2000::/3, and nothing else is
  if (starts_with(bytes, {0x20, 0x01, 0x0d, 0xb8})) return false;  // documentation
  if (starts_with(bytes, {0x20, 0x01}) && bytes[2] < 0x02)
    return false;  // 2001::/23: Teredo, ORCHID and other protocols
  if (starts_with(bytes, {0x3f, 0xff}) && bytes[2] < 0x10) return false;        // documentation
  if (starts_with(bytes, {0x20, 0x02})) return is_public_v4(v4_at(bytes + 2));  // 6to4
  return true;
}

}  // namespace

bool is_public_address(const sockaddr& address) noexcept {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return is_public_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    return is_public_v6(v6.sin6_addr);
  }
  return false;
}

bool is_public_address(std::string_view address) noexcept {
  std::array<char, INET6_ADDRSTRLEN + 1> text{};
  address = address.substr(0, address.find('%'));  // a scope: "fe80::1%eth0"
  if (address.size() >= text.size()) return false;
  address.copy(text.data(), address.size());
  in_addr v4{};
  if (inet_pton(AF_INET, text.data(), &v4) == 1) return is_public_v4(ntohl(v4.s_addr));
  in6_addr v6{};
  return inet_pton(AF_INET6, text.data(), &v6) == 1 && is_public_v6(v6);
}

}  // namespace tightrope::collectors
