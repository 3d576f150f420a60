// Includes, globs and the limits on files.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "config/configuration.h"
#include "tests/config/scratch_folder.h"

namespace tightrope::config {
namespace {

std::string told(const Loaded& loaded) {
  return format(loaded.errors);
}

std::string client(std::string_view name) {
  return fmt::format("clients:\n  - name: {}\n", name);
}

TEST(IncludeTest, GlobsAreReadInTheOrderOfTheirNames) {
  const ScratchFolder folder;
  folder.write("clients/b.yaml", client("beta"));
  folder.write("clients/a.yaml", client("alpha"));
  folder.write("clients/c.txt", client("gamma"));
  const auto loaded = load(folder.write("main.yaml", "include: [clients/*.yaml]\n" + client("first")));
  ASSERT_TRUE(loaded.configuration) << told(loaded);
  EXPECT_EQ(told(loaded), "");
  std::string names;
  for (const auto& each : loaded.configuration->clients) names += each.strategy.client + " ";
  EXPECT_EQ(names, "first alpha beta ");
  EXPECT_EQ(loaded.configuration->files.size(), 3u);
}

TEST(IncludeTest, PathsStartAtTheIncludingFile) {
  const ScratchFolder folder;
  folder.write("a/inner.yaml", "include: b/deeper.yaml\n");
  folder.write("a/b/deeper.yaml", client("acme"));
  const auto loaded = load(folder.write("main.yaml", "include: a/inner.yaml\n"));
  ASSERT_TRUE(loaded.configuration) << told(loaded);
  EXPECT_NE(loaded.configuration->find_client("acme"), nullptr);
}

TEST(IncludeTest, AFileMetByTwoWaysIsReadOnce) {
  const ScratchFolder folder;
  folder.write("a.yaml", client("acme"));
  const auto loaded = load(folder.write("main.yaml", "include: [a.yaml, '*a.yaml', ./a.yaml]\n"));
  ASSERT_TRUE(loaded.configuration) << told(loaded);
  EXPECT_EQ(loaded.configuration->clients.size(), 1u);
}

TEST(IncludeTest, AnIncludedFileMayBeEmpty) {
  const ScratchFolder folder;
  folder.write("a.yaml", "");
  folder.write("b.yaml", "# none yet\n");
  const auto loaded = load(folder.write("main.yaml", "include: [a.yaml, b.yaml]\n" + client("acme")));
  EXPECT_TRUE(loaded.configuration);
  EXPECT_EQ(told(loaded), "");
}

TEST(EmptyFileTest, NoClientsIsAWishOnlyWhenItIsWritten) {
  const ScratchFolder folder;
  EXPECT_FALSE(load(folder.write("none.yaml", "")).configuration);
  EXPECT_FALSE(load(folder.write("null.yaml", "null\n")).configuration);
  EXPECT_TRUE(load(folder.write("wish.yaml", "clients: []\n")).configuration);
}

TEST(IncludeTest, AGlobThatMatchesTheFileItselfIsACircle) {
  const ScratchFolder folder;
  const auto loaded = load(folder.write("main.yaml", "include: ['*.yaml']\n" + client("acme")));
  EXPECT_FALSE(loaded.configuration);
  EXPECT_NE(told(loaded).find("includes itself"), std::string::npos);
}

TEST(IncludeTest, SixteenDeepIsReadAndSeventeenIsNot) {
  const ScratchFolder folder;
  folder.write("17.yaml", client("acme"));
  for (int i = 16; i >= 0; --i)
    folder.write(fmt::format("{}.yaml", i), fmt::format("include: [{}.yaml]\n", i + 1));
  const auto shallow = load(folder.path() + "/1.yaml");
  EXPECT_TRUE(shallow.configuration) << told(shallow);
  const auto deep = load(folder.path() + "/0.yaml");
  EXPECT_FALSE(deep.configuration);
  EXPECT_NE(told(deep).find("16.yaml:1:11: error: include[0]: files include each other more than 16 deep"),
            std::string::npos)
      << told(deep);
}

TEST(LimitsTest, AFileOfMoreThanOneMebibyteIsRefused) {
  const ScratchFolder folder;
  const std::string good =
      client("acme") + "#" + std::string((1u << 20) - client("acme").size() - 2, 'x') + "\n";
  ASSERT_EQ(good.size(), 1u << 20);
  EXPECT_TRUE(load(folder.write("good.yaml", good)).configuration);
  const auto file = folder.write("large.yaml", good + "\n");
  EXPECT_EQ(told(load(file)), fmt::format("{}: error: \"{}\" is larger than 1MiB\n", file, file));
}

TEST(LimitsTest, AllFilesTogetherAreBounded) {
  const ScratchFolder folder;
  for (int i = 10; i < 27; ++i)
    folder.write(fmt::format("parts/{}.yaml", i), "#" + std::string(1'000'000, 'x') + "\n");
  const auto loaded = load(folder.write("main.yaml", "include: [parts/*.yaml]\n" + client("acme")));
  EXPECT_FALSE(loaded.configuration);
  ASSERT_EQ(loaded.errors.size(), 1u);
  EXPECT_EQ(loaded.errors[0].problem, "the files are larger than 16MiB together");
}

TEST(LimitsTest, AFolderOrAPipeIsNotAFile) {
  const ScratchFolder folder;
  EXPECT_NE(told(load(folder.path())).find("is not a regular file"), std::string::npos);
  EXPECT_NE(told(load("/dev/null")).find("is not a regular file"), std::string::npos);
}

TEST(LimitsTest, AnAliasBombCostsNothing) {
  const ScratchFolder folder;
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 30; ++i) {
    bomb += fmt::format("a{0}: &a{0} [*a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}, *a{1}]\n", i,
                        i - 1);
  }
  const auto loaded = load(folder.write("bomb.yaml", bomb));
  EXPECT_FALSE(loaded.configuration);
  ASSERT_EQ(loaded.errors.size(), 1u) << told(loaded);
  EXPECT_EQ(loaded.errors[0].where.line, 1);
  EXPECT_NE(loaded.errors[0].problem.find("anchors and aliases"), std::string::npos);
}

TEST(LimitsTest, DeepNestingIsRefusedBeforeItIsFollowed) {
  const ScratchFolder folder;
  for (const char* opening : {"[", "{a: ", "- "}) {
    std::string text = "kpis: ";
    if (std::string(opening) == "- ") text += "\n";
    for (int i = 0; i < 20'000; ++i) text += opening;
    const auto loaded = load(folder.write("deep.yaml", text));
    EXPECT_FALSE(loaded.configuration);
    EXPECT_FALSE(loaded.errors.empty());
  }
}

TEST(LimitsTest, TooManyValuesAreRefused) {
  const ScratchFolder folder;
  std::string text = "kpis: [";
  for (int i = 0; i < 200'001; ++i) text += "a,";
  const auto loaded = load(folder.write("many.yaml", text + "a]\n"));
  EXPECT_NE(told(loaded).find("more than 200000 values in one file"), std::string::npos);
}

TEST(BytesTest, NulAndBrokenUtf8AreRefusedWithTheirPlace) {
  const ScratchFolder folder;
  const auto problem = [&](std::string_view text) { return load(folder.write("a.yaml", text)).errors.at(0); };
  using namespace std::string_view_literals;
  EXPECT_EQ(problem("kpis: []\n# \0\n"sv).problem, "byte 0x00 is not UTF-8 text");
  EXPECT_EQ(problem("kpis: []\n# \0\n"sv).where.line, 2);
  EXPECT_EQ(problem("# \xC3("sv).where.column, 3);
  EXPECT_EQ(problem("# \xED\xA0\x80"sv).problem, "byte 0xed is not UTF-8 text");
  EXPECT_EQ(problem("# \xC0\x80"sv).problem, "byte 0xc0 is not UTF-8 text");
}

TEST(BytesTest, ByteOrderMarkAndCarriageReturnsChangeNoPlace) {
  const ScratchFolder folder;
  const auto errors = load(folder.write("a.yaml",
                                        "\xEF\xBB\xBF"
                                        "kpi: []\r\nclients: [{name: acme}]\r\n"))
                          .errors;
  ASSERT_EQ(errors.size(), 1u);
  EXPECT_EQ(errors[0].where.column, 1);
  EXPECT_EQ(errors[0].line, "kpi: []");
}

}  // namespace
}  // namespace tightrope::config
