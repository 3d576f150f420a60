// Archives as they come, and as they must not come; the fuzz target replays the same files.
#include "collectors/zip_archive.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace tightrope::collectors {
namespace {

constexpr const char* kReport = "Date,Campaign,Spend\n2026-11-20,brand,12.50\n";
constexpr std::uint64_t kMost = 1 << 20;

std::string archive(const std::string& name) {
  std::ifstream file(TIGHTROPE_SOURCE_DIR "/tests/fuzz/corpus/zip_fuzz/" + name, std::ios::binary);
  EXPECT_TRUE(file) << name;
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The content, or "error: TEXT".
std::string unpacked(const std::string& name, std::uint64_t most_bytes = kMost) {
  const auto result = unzip_single(archive(name), most_bytes);
  return result.index() == 0 ? std::get<0>(result) : "error: " + std::get<1>(result);
}

TEST(ZipArchiveTest, GivesTheOneFileWhateverItsName) {
  for (const char* name : {"deflated.zip", "stored.zip", "streamed.zip", "zip64.zip", "beside_a_folder.zip",
                           "not_utf8_name.zip"}) {
    EXPECT_EQ(unpacked(name), kReport) << name;
  }
  EXPECT_EQ(unpacked("empty_file.zip"), "");
}

TEST(ZipArchiveTest, OneFileIsExpected) {
  EXPECT_EQ(unpacked("two_files.zip"), "error: a ZIP archive with several files, where one is expected");
  EXPECT_EQ(unpacked("no_file.zip"), "error: a ZIP archive without a file");
  EXPECT_EQ(unpacked("folder_only.zip"), "error: a ZIP archive without a file");
}

TEST(ZipArchiveTest, SaysWhatCannotBeUnpacked) {
  EXPECT_EQ(unpacked("encrypted.zip"), "error: an encrypted ZIP archive");
  EXPECT_EQ(unpacked("unknown_method.zip"),
            "error: a ZIP archive with a compression that cannot be unpacked");
  EXPECT_EQ(unpacked("no_archive.zip"), "error: no ZIP archive");
  EXPECT_EQ(std::get<1>(unzip_single("", kMost)), "no ZIP archive: there is nothing in it");
}

TEST(ZipArchiveTest, DamageIsNoticed) {
  EXPECT_EQ(unpacked("wrong_checksum.zip"), "error: a damaged ZIP archive: the file's checksum is wrong");
  const std::string whole = archive("deflated.zip");
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(unzip_single(whole.substr(0, size), kMost).index(), 1u) << "cut after " << size << " bytes";
  }
}

TEST(ZipArchiveTest, NothingLargerThanAllowedComesOut) {
  EXPECT_EQ(unpacked("four_mebibytes.zip"), "error: a ZIP archive whose file is larger than 1048576 bytes");
  EXPECT_EQ(unpacked("four_mebibytes.zip", 4 << 20), std::string(4 << 20, '0'));
  EXPECT_EQ(unpacked("four_mebibytes.zip", (4 << 20) - 1),
            "error: a ZIP archive whose file is larger than 4194303 bytes");
  EXPECT_EQ(unpacked("says_much_has_little.zip"),
            "error: a ZIP archive whose file is larger than 1048576 bytes");
  EXPECT_TRUE(unpacked("says_little_has_much.zip").starts_with("error: ")) << "what it says is not believed";
  EXPECT_EQ(unpacked("deflated.zip", 3), "error: a ZIP archive whose file is larger than 3 bytes");
}

}  // namespace
}  // namespace tightrope::collectors
