#include "collectors/field_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace tightrope::collectors {
namespace {

using ::testing::ElementsAre;

constexpr std::string_view kDocument = R"({
  "rows": [{"id": 1, "tags": ["a", "b"]}, {"id": 2, "tags": []}],
  "actions": [{"action_type": "click", "value": "5"}, {"action_type": "pay/now", "value": "2"}],
  "by_account": {"77": {"used": 3}, "78": {"used": 9}},
  "a/b": {"m~n": true}, "*": "star", "": "nameless"
})";

class FieldPathTest : public ::testing::Test {
 protected:
  std::unique_ptr<JsonTree> tree = std::get<std::unique_ptr<JsonTree>>(JsonTree::parse(kDocument));

  static FieldPath path(std::string_view text) { return std::get<FieldPath>(FieldPath::compile(text)); }
  std::string at(std::string_view text) const {
    const JsonValue value = path(text).find(tree->root());
    if (!value) return "none";
    return value.is_scalar() ? std::string(value.text()) : "nested";
  }
  std::vector<std::string> all(std::string_view text) const {
    std::vector<std::string> texts;
    for (const auto& found : path(text).find_all(tree->root())) texts.emplace_back(found.value.text());
    return texts;
  }
};

TEST_F(FieldPathTest, LeadsLikeAJsonPointer) {
  EXPECT_EQ(at("/rows/1/id"), "2");
  EXPECT_EQ(at("/rows/2/id"), "none");
  EXPECT_EQ(at("/rows/-1/id"), "none");
  EXPECT_EQ(at("/a~1b/m~0n"), "true");
  EXPECT_EQ(at("/"), "nameless");
  EXPECT_EQ(at(""), "nested");
}

TEST_F(FieldPathTest, WithoutASlashItIsTheNameOfAMember) {
  EXPECT_EQ(at("a/b"), "nested");
  EXPECT_EQ(at("*"), "star");
  EXPECT_EQ(at("rows/0"), "none");
}

TEST_F(FieldPathTest, AStarIsEveryElementAndEveryMember) {
  EXPECT_THAT(all("/rows/*/id"), ElementsAre("1", "2"));
  EXPECT_THAT(all("/rows/*/tags/*"), ElementsAre("a", "b"));
  EXPECT_THAT(all("/by_account/*/used"), ElementsAre("3", "9"));
  EXPECT_THAT(all("/nowhere/*/used"), ElementsAre());
  EXPECT_EQ(at("/rows/*/tags/1"), "b");
}

TEST_F(FieldPathTest, TheHolderIsWhatTheLastStarMet) {
  const auto found = path("/rows/*/tags/*").find_all(tree->root());
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].holder.text(), "a") << "the last star is that of the tags";
  const auto lists = path("/rows/*/tags").find_all(tree->root());
  ASSERT_EQ(lists.size(), 2u);
  EXPECT_EQ(lists[1].holder.member("id").text(), "2");
}

TEST_F(FieldPathTest, AnElementIsChosenByAMember) {
  EXPECT_EQ(at("/actions[action_type=click]/value"), "5");
  EXPECT_EQ(at("/actions[action_type=pay/now]/value"), "2") << "a slash within the brackets parts nothing";
  EXPECT_EQ(at("/actions[action_type=none]/value"), "none");
  EXPECT_EQ(at("/by_account[used=3]"), "none") << "only of arrays";
}

TEST_F(FieldPathTest, ACaretIsTheHolderAndADollarTheAnswer) {
  EXPECT_EQ(path("^/id").base(), FieldPath::Base::holder);
  EXPECT_EQ(path("$/id").base(), FieldPath::Base::answer);
  EXPECT_EQ(path("/id").base(), FieldPath::Base::record);
  EXPECT_EQ(path("^id").base(), FieldPath::Base::record) << "a name";
}

TEST_F(FieldPathTest, BracketsHaveToClose) {
  EXPECT_EQ(std::get<std::string>(FieldPath::compile("/actions[a=b/value")),
            "\"/actions[a=b/value\" has a [ without its ]");
}

}  // namespace
}  // namespace tightrope::collectors
