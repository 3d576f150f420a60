// `tightrope connectors`, and `tightrope check` of a connector file. TIGHTROPE_UPDATE_GOLDEN=1 rewrites the
// expected texts.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "golden_file.h"
#include "ran_command.h"
#include "tests/support/temporary_directory.h"

namespace tightrope::testing {
namespace {

TEST(ConnectorsCommandTest, ListsAllWithOneLineEach) {
  const Ran ran = tightrope({"connectors"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.err, "");
  expect_golden("connectors.txt", ran.out);
}

TEST(ConnectorsCommandTest, SaysWhatAVendorHasToKnow) {
  const Ran ran = tightrope({"connectors", "google_ads"});
  EXPECT_EQ(ran.code, 0);
  expect_golden("connectors_google_ads.txt", ran.out);
}

TEST(ConnectorsCommandTest, SaysWhatEachReportGives) {
  const Ran ran = tightrope({"connectors", "hubspot"});
  EXPECT_EQ(ran.code, 0);
  expect_golden("connectors_hubspot.txt", ran.out);
}

TEST(ConnectorsCommandTest, SaysWhatABuiltInKindHasToKnow) {
  const Ran ran = tightrope({"connectors", "csv"});
  EXPECT_EQ(ran.code, 0);
  expect_golden("connectors_csv.txt", ran.out);
}

TEST(ConnectorsCommandTest, SuggestsTheNearestName) {
  const Ran ran = tightrope({"connectors", "stripes"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.err, "tightrope: there is no connector \"stripes\"; did you mean \"stripe\"?\n");
}

TEST(ConnectorsCommandTest, AFileThatWasPrintedCanBeChangedAndTakesItsPlace) {
  const TemporaryDirectory folder;
  const Ran printed = tightrope({"connectors", "stripe", "--file"});
  ASSERT_EQ(printed.code, 0);
  std::string text = printed.out;
  text.replace(text.find("about: Stripe"), 13, "about: Ours");
  const std::string file = folder / "connectors/stripe.yaml";
  std::filesystem::create_directory(folder / "connectors");
  write_file(file, text);
  const Ran checked = tightrope({"check", file});
  EXPECT_EQ(checked.code, 0) << checked.err;
  EXPECT_EQ(checked.out, "1 file checked, ok\n");
  write_file(folder / "tightrope.yaml", "clients: []\n");
  const Ran listed = tightrope({"connectors", "--config.file", folder / "tightrope.yaml"});
  EXPECT_EQ(listed.code, 0) << listed.err;
  EXPECT_NE(listed.out.find("Ours"), std::string::npos) << listed.out;
  EXPECT_NE(listed.out.find("connectors/stripe.yaml)"), std::string::npos) << listed.out;
}

TEST(ConnectorsCommandTest, ABuiltInKindHasNoFile) {
  const Ran ran = tightrope({"connectors", "csv", "--file"});
  EXPECT_EQ(ran.code, 2);
  EXPECT_EQ(ran.err, "tightrope: csv is built in, and has no file\n");
}

TEST(ConnectorsCommandTest, CheckTellsMistakesOfAConnectorFile) {
  const TemporaryDirectory folder;
  const std::string file = folder / "shop.yaml";
  write_file(file, "connector: shop\nabout: A shop\nbase_url: https://api.example.com\nrecord: /data\n");
  const Ran ran = tightrope({"check", file});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("shop.yaml:4:1: error: record: unknown key \"record\""), std::string::npos)
      << ran.err;
  EXPECT_NE(ran.err.find("did you mean \"records\"?"), std::string::npos) << ran.err;
}

TEST(ConnectorsCommandTest, CheckTellsMistakesOfFilesBesideTheConfiguration) {
  const TemporaryDirectory folder;
  std::filesystem::create_directory(folder / "connectors");
  write_file(folder / "connectors/shop.yaml",
             "connector: shop\nabout: A shop\nbase_url: https://api.example.com\n");
  write_file(folder / "tightrope.yaml", "clients: []\n");
  const Ran ran = tightrope({"check", folder / "tightrope.yaml"});
  EXPECT_EQ(ran.code, 1);
  EXPECT_NE(ran.err.find("key \"request\" is missing"), std::string::npos) << ran.err;
}

TEST(ConnectorsCommandTest, TheSchemaOfConnectorFilesIsPrinted) {
  const Ran ran = tightrope({"schema", "--of=connector"});
  EXPECT_EQ(ran.code, 0);
  EXPECT_NE(ran.out.find("\"connector_file\""), std::string::npos);
}

}  // namespace
}  // namespace tightrope::testing
