#include "collectors/json_tree.h"

#include <gtest/gtest.h>

namespace tightrope::collectors {
namespace {

std::unique_ptr<JsonTree> parse(std::string_view text) {
  auto parsed = JsonTree::parse(text);
  if (auto* problem = std::get_if<std::string>(&parsed)) throw std::runtime_error(*problem);
  return std::get<std::unique_ptr<JsonTree>>(std::move(parsed));
}

TEST(JsonTreeTest, PointersLeadToValues) {
  const auto tree = parse(R"( {"a":{"b/c":[10,{"x~y":"z"}]},"":1,"n":null,"t":true} )");
  const JsonValue root = tree->root();
  EXPECT_EQ(root.at("/a/b~1c/0").text(), "10");
  EXPECT_EQ(root.at("/a/b~1c/1/x~0y").text(), "z");
  EXPECT_EQ(root.at("/").text(), "1");
  EXPECT_EQ(root.at("/n").kind(), JsonKind::null);
  EXPECT_EQ(root.at("/t").text(), "true");
  EXPECT_EQ(root.at("").kind(), JsonKind::object);
  for (const char* nowhere :
       {"/b", "/a/b", "/a/b~1c/2", "/a/b~1c/x", "/a/b~1c/-1", "/t/x", "a", "/a/b~1c/0/0"}) {
    EXPECT_FALSE(root.at(nowhere)) << nowhere;
  }
}

TEST(JsonTreeTest, NumbersKeepTheirDigits) {
  const auto tree = parse(R"([9223372036854775809123, 12.10, -1.5e-7, 0])");
  JsonValue value = tree->root().first();
  for (const char* expected : {"9223372036854775809123", "12.10", "-1.5e-7", "0"}) {
    ASSERT_TRUE(value);
    EXPECT_EQ(value.text(), expected);
    value = value.next();
  }
  EXPECT_FALSE(value);
}

TEST(JsonTreeTest, StringsAreUnescaped) {
  const auto tree = parse(R"({"k\u00e9y":"a\n\"b\" \ud83d\ude00"})");
  EXPECT_EQ(tree->root().first().key(), "kéy");
  EXPECT_EQ(tree->root().first().text(), "a\n\"b\" 😀");
}

TEST(JsonTreeTest, MembersAndElementsFollowEachOther) {
  const auto tree = parse(R"([[1,[2]],{},[],{"a":[],"b":3}])");
  std::string kinds;
  for (JsonValue v = tree->root().first(); v; v = v.next()) kinds += v.kind() == JsonKind::array ? 'a' : 'o';
  EXPECT_EQ(kinds, "aoao");
  EXPECT_EQ(tree->root().at("/3/b").text(), "3");
  EXPECT_FALSE(tree->root().at("/1").first());
}

TEST(JsonTreeTest, MistakesAnywhereAreFound) {
  for (const char* text :
       {"",          "   ",        "{",       "[1,2",      "{\"a\":1}}", "[1] 2", "[01]",
        "[1.]",      "[nul]",      "[truth]", "{\"a\" 1}", "{\"a\":1,}", "[1,]",  "{a:1}",
        "[\"\\x\"]", "[\"\xff\"]", "7",       "\"text\"",  "null",       "[1 2]", "{\"a\":1 \"b\":2}"}) {
    EXPECT_TRUE(std::holds_alternative<std::string>(JsonTree::parse(text))) << text;
  }
}

TEST(JsonTreeTest, DepthIsBounded) {
  EXPECT_TRUE(std::holds_alternative<std::unique_ptr<JsonTree>>(
      JsonTree::parse(std::string(60, '[') + std::string(60, ']'))));
  EXPECT_EQ(std::get<std::string>(JsonTree::parse(std::string(100, '[') + std::string(100, ']'))),
            "nested deeper than 64 levels");
}

TEST(JsonTreeTest, AByteOrderMarkIsPassedOver) {
  EXPECT_TRUE(parse("\xef\xbb\xbf{\"a\":1}")->root().member("a"));
}

TEST(JsonTreeTest, PeekingFindsATextWithoutATree) {
  EXPECT_EQ(peek_text(R"({"x":[1,{"source":"no"}],"source":"shop"})", "source").text, "shop");
  EXPECT_EQ(peek_text(R"({"x":1})", "source").problem, "\"source\" is missing");
  EXPECT_EQ(peek_text(R"({"source":5})", "source").problem, "source: not a text");
  EXPECT_EQ(peek_text("[1]", "source").problem, "not a JSON object");
  EXPECT_EQ(peek_text("", "source").problem.substr(0, 9), "not JSON:");
  EXPECT_FALSE(peek_text("{\"source", "source").text);
}

}  // namespace
}  // namespace tightrope::collectors
