#include "collectors/address_rules.h"

#include <gtest/gtest.h>

namespace tightrope::collectors {
namespace {

TEST(AddressRulesTest, AddressesOfTheInternetArePublic) {
  for (const char* address : {"8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "100.63.255.255",
                              "100.128.0.0", "192.169.0.1", "223.255.255.255", "2606:4700:4700::1111",
                              "2a00:1450:4001:81b::200e", "2002:808:808::1", "64:ff9b::8.8.8.8"}) {
    EXPECT_TRUE(is_public_address(address)) << address;
  }
}

TEST(AddressRulesTest, AddressesOfOwnNetworksAreNot) {
  for (const char* address : {"0.0.0.0",
                              "10.1.2.3",
                              "100.64.0.1",
                              "127.0.0.1",
                              "127.255.255.254",
                              "169.254.169.254",
                              "172.16.0.1",
                              "172.31.255.255",
                              "192.168.1.1",
                              "192.0.0.8",
                              "198.18.0.1",
                              "224.0.0.1",
                              "239.255.255.255",
                              "240.0.0.1",
                              "255.255.255.255",
                              "::",
                              "::1",
                              "::127.0.0.1",
                              "::ffff:8.8.8.8",
                              "::ffff:127.0.0.1",
                              "fe80::1",
                              "fe80::1%eth0",
                              "fc00::1",
                              "fd12:3456::1",
                              "fec0::1",
                              "ff02::1",
                              "2001:db8::1",
                              "2001::1",
                              "2002:7f00:1::",
                              "2002:a00:1::",
                              "64:ff9b::10.0.0.1",
                              "100::1"}) {
    EXPECT_FALSE(is_public_address(address)) << address;
  }
}

TEST(AddressRulesTest, WhatIsNoAddressIsNotPublic) {
  for (const char* text : {"", "localhost", "8.8.8", "8.8.8.8.8", "0x7f000001", ":::", "%eth0"}) {
    EXPECT_FALSE(is_public_address(text)) << text;
  }
}

}  // namespace
}  // namespace tightrope::collectors
