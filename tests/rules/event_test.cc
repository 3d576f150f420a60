#include "rules/event.h"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace tightrope::rules {
namespace {

Timestamp ms(std::int64_t count) {
  return Timestamp(Duration(count));
}

ObservationBatch small_batch() {
  BatchBuilder builder("shop", ms(1'795'000'000'123));
  const std::uint32_t brand = builder.entity({{"search", "brand"}});
  const std::uint32_t client = builder.entity({});
  const std::uint32_t spend = builder.metric("spend");
  const std::uint32_t clicks = builder.metric("clicks");
  builder.add(brand, spend, Bucket{Day{20'777}}, *parse_amount("12.5"));
  builder.add(brand, clicks, Bucket{Day{20'777}}, Amount::missing());
  builder.add(client, spend, Bucket{Day{20'778}, 24}, Amount::from_micros(-1));
  return std::move(builder).take();
}

std::vector<Event> one_of_each() {
  return {
      Tick{ms(1'795'000'000'000)},
      small_batch(),
      Decision{ms(1), "0123456789abcdef", DecisionKind::later, "next week", "ann", ms(-5)},
      Decision{ms(2), "0123456789abcdef", DecisionKind::declined, "", "", std::nullopt},
      Acknowledgement{ms(3), "fedcba9876543210", "bob"},
      StrategyChange{ms(4), "client: acme\n"},
      SourceFindings{ms(5), "shop", {}},
      SourceFindings{ms(6),
                     "shop",
                     {{SourceFindingKind::schema_drift, {}, {Day{20'776}, Day{20'777}}, "Gone: \"cost\"."},
                      {SourceFindingKind::conversions_stopped,
                       {{"search", "brand"}},
                       {Day{20'770}, Day{20'777}},
                       "No conversions."}}},
  };
}

TEST(BatchBuilderTest, NamesStandOnceAndRowsPointAtThem) {
  BatchBuilder builder("shop", ms(5));
  EXPECT_EQ(builder.entity({{"search"}}), 0u);
  EXPECT_EQ(builder.entity({{"social"}}), 1u);
  EXPECT_EQ(builder.entity({{"search"}}), 0u);
  EXPECT_EQ(builder.metric("spend"), 0u);
  EXPECT_EQ(builder.metric("clicks"), 1u);
  EXPECT_EQ(builder.metric("spend"), 0u);
  builder.add(1, 0, Bucket{Day{9}, 3}, Amount::from_units(4));
  EXPECT_EQ(builder.size(), 1u);
  const ObservationBatch batch = std::move(builder).take();
  EXPECT_EQ(batch.source, "shop");
  EXPECT_EQ(batch.learnt, ms(5));
  EXPECT_EQ(batch.entities, (std::vector<Entity>{{{"search"}}, {{"social"}}}));
  EXPECT_EQ(batch.metrics, (std::vector<std::string>{"spend", "clicks"}));
  EXPECT_EQ(batch.rows,
            (std::vector<ObservationBatch::Row>{{1, 0, Bucket{Day{9}, 3}, Amount::from_units(4)}}));
}

TEST(EventTest, TimeIsWhenItWasMadeKnown) {
  const std::vector<Event> events = one_of_each();
  EXPECT_EQ(time_of(events[0]), ms(1'795'000'000'000));
  EXPECT_EQ(time_of(events[1]), ms(1'795'000'000'123));
  EXPECT_EQ(time_of(events[2]), ms(1));
  EXPECT_EQ(time_of(events[4]), ms(3));
  EXPECT_EQ(time_of(events[5]), ms(4));
  EXPECT_EQ(time_of(events[6]), ms(5));
}

TEST(EventTest, DecisionsAreWords) {
  for (const DecisionKind kind : {DecisionKind::did, DecisionKind::declined, DecisionKind::later}) {
    EXPECT_EQ(parse_decision(to_string(kind)), kind);
  }
  EXPECT_EQ(to_string(DecisionKind::did), "did");
  EXPECT_EQ(parse_decision("done"), std::nullopt);
}

TEST(EventTest, EachKindComesBack) {
  for (const Event& event : one_of_each()) {
    const std::optional<Event> decoded = decode(encode(event));
    ASSERT_TRUE(decoded.has_value()) << event.index();
    EXPECT_EQ(*decoded, event);
  }
}

// Bytes in journals: this test may grow and never change.
TEST(EventTest, FormatOfVersionOneStays) {
  EXPECT_EQ(encode(Tick{ms(300)}), std::string("\x01\x00\xd8\x04", 4));
  ObservationBatch batch;
  batch.source = "s";
  batch.learnt = ms(1);
  batch.entities = {{{"a", "b"}}, {}};
  batch.metrics = {"m"};
  batch.rows = {{0, 0, Bucket{Day{3}}, Amount::from_micros(2)}, {1, 0, Bucket{Day{3}, 5}, Amount::missing()}};
  EXPECT_EQ(encode(batch), std::string("\x01\x01\x01s\x02\x02\x02\x01"
                                       "a\x01"
                                       "b\x00\x01\x01m\x02"
                                       "\x00\x00\x06\x01\x05"
                                       "\x01\x00\x00\x0c\x00",
                                       26));
  EXPECT_EQ(encode(Decision{ms(1), "r", DecisionKind::later, "x", "y", ms(2)}),
            std::string("\x01\x02\x02\x01r\x02\x01x\x01y\x01\x04", 12));
  EXPECT_EQ(encode(Acknowledgement{ms(1), "a", "b"}), std::string("\x01\x03\x02\x01"
                                                                  "a\x01"
                                                                  "b",
                                                                  7));
  EXPECT_EQ(encode(StrategyChange{ms(1), "d"}), std::string("\x01\x04\x02\x01"
                                                            "d",
                                                            5));
  EXPECT_EQ(encode(SourceFindings{
                ms(1), "s", {{SourceFindingKind::empty_day, {{"a"}}, {Day{3}, Day{4}}, "t"}}}),
            std::string("\x01\x05\x02\x01s\x01\x03\x01\x01"
                        "a\x06\x08\x01t",
                        14));
}

TEST(EventTest, ARowOfADayTakesFewBytes) {
  BatchBuilder builder("shop", ms(0));
  const std::uint32_t entity = builder.entity({{"search", "brand"}});
  const std::uint32_t metric = builder.metric("clicks");
  for (int i = 0; i < 1000; ++i) {
    builder.add(entity, metric, Bucket{Day{20'000 + i}}, Amount::from_units(7));
  }
  EXPECT_LT(encode(std::move(builder).take()).size(), 1000u * 9);
}

TEST(EventTest, NoPartOfAnEventDecodes) {
  for (const Event& event : one_of_each()) {
    const std::string bytes = encode(event);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
      EXPECT_EQ(decode(std::string_view(bytes).substr(0, length)), std::nullopt)
          << event.index() << " " << length;
    }
    EXPECT_EQ(decode(bytes + '\0'), std::nullopt) << "bytes follow";
  }
}

TEST(EventTest, OtherVersionsAndKindsAreRefused) {
  std::string bytes = encode(Tick{ms(1)});
  bytes[0] = 2;
  EXPECT_EQ(decode(bytes), std::nullopt);
  bytes[0] = 1;
  bytes[1] = 5;
  EXPECT_EQ(decode(bytes), std::nullopt);
}

TEST(EventTest, WhatPointsNowhereIsRefused) {
  const auto refuses = [](const ObservationBatch& batch) { return !decode(encode(batch)).has_value(); };
  ObservationBatch batch = small_batch();
  ASSERT_FALSE(refuses(batch));
  batch.rows[0].entity = 2;
  EXPECT_TRUE(refuses(batch));
  batch = small_batch();
  batch.rows[2].metric = 2;
  EXPECT_TRUE(refuses(batch));
  batch = small_batch();
  batch.rows[0].bucket.hour = -2;
  EXPECT_TRUE(refuses(batch));
  batch.rows[0].bucket.hour = 48;
  EXPECT_TRUE(refuses(batch));
  batch = small_batch();
  batch.entities[0].path.assign(Dimensions::kMost + 1, "x");
  EXPECT_TRUE(refuses(batch));
  batch.entities[0].path = {"search", ""};
  EXPECT_TRUE(refuses(batch));
  std::string decision = encode(Decision{ms(0), "", DecisionKind::later, "", "", std::nullopt});
  decision[4] = 3;  // its kind
  EXPECT_EQ(decode(decision), std::nullopt);
}

TEST(EventTest, ExtremesOfEveryFieldComeBack) {
  constexpr auto kLeastDay = std::numeric_limits<std::int32_t>::min();
  constexpr auto kMostDay = std::numeric_limits<std::int32_t>::max();
  ObservationBatch batch;
  batch.learnt = Timestamp::min();
  batch.entities = {{}};
  batch.metrics = {""};
  batch.rows = {
      {0, 0, Bucket{Day{kLeastDay}, 47}, Amount::from_micros(std::numeric_limits<std::int64_t>::max())},
      {0, 0, Bucket{Day{kMostDay}}, Amount::from_micros(-std::numeric_limits<std::int64_t>::max())},
      {0, 0, Bucket{Day{kLeastDay}}, Amount::missing()}};
  EXPECT_EQ(decode(encode(batch)), Event(batch));
  EXPECT_EQ(decode(encode(Tick{Timestamp::max()})), Event(Tick{Timestamp::max()}));
}

std::string random_text(std::mt19937_64& random) {
  std::string text(random() % 12, ' ');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

Event random_event(std::mt19937_64& random) {
  const Timestamp time = ms(static_cast<std::int64_t>(random()) >> (random() % 40));
  switch (random() % 6) {
    case 0:
      return Tick{time};
    case 1:
      return Decision{
          time,
          random_text(random),
          static_cast<DecisionKind>(random() % 3),
          random_text(random),
          random_text(random),
          random() % 2 == 0 ? std::nullopt : std::optional(ms(static_cast<std::int64_t>(random())))};
    case 2:
      return Acknowledgement{time, random_text(random), random_text(random)};
    case 3:
      return StrategyChange{time, random_text(random)};
    case 4: {
      SourceFindings told{time, random_text(random), {}};
      for (std::size_t count = random() % 3; count > 0; --count) {
        SourceFinding& finding = told.findings.emplace_back();
        finding.kind = static_cast<SourceFindingKind>(random() % kSourceFindingKinds);
        if (random() % 2 == 0) finding.entity.set(random() % 4, random_text(random));
        finding.days.first = {static_cast<std::int32_t>(random())};
        finding.days.last = {static_cast<std::int32_t>(random())};
        finding.text = random_text(random);
      }
      return told;
    }
    default:
      break;
  }
  BatchBuilder builder(random_text(random), time);
  const std::size_t rows = random() % 20;
  for (std::size_t i = 0; i < rows; ++i) {
    Entity entity;
    for (std::size_t dimension = 0; dimension < random() % 5; ++dimension)
      entity.set(dimension, random_text(random));
    const Bucket bucket{Day{static_cast<std::int32_t>(random() % 40'000)},
                        static_cast<std::int8_t>(static_cast<int>(random() % 26) - 1)};
    const Amount value =
        random() % 5 == 0 ? Amount::missing()
                          : Amount::from_micros(static_cast<std::int64_t>(random()) >> (1 + random() % 60));
    const std::uint32_t index = builder.entity(entity);
    builder.add(index, builder.metric(random_text(random)), bucket, value);
  }
  return std::move(builder).take();
}

TEST(EventTest, RandomEventsComeBackAndRandomDamageIsRefusedOrIsAnotherEvent) {
  std::mt19937_64 random(42);
  int refused = 0;
  for (int i = 0; i < 3000; ++i) {
    const Event event = random_event(random);
    const std::string bytes = encode(event);
    ASSERT_EQ(decode(bytes), event) << i;
    for (int damage = 0; damage < 5; ++damage) {
      std::string damaged = bytes;
      damaged[random() % damaged.size()] = static_cast<char>(random());
      const std::optional<Event> decoded = decode(damaged);
      refused += decoded ? 0 : 1;
      // One event has one spelling: whatever decodes, encodes to the very same bytes.
      if (decoded) {
        ASSERT_EQ(encode(*decoded), damaged) << i;
      }
    }
  }
  EXPECT_GT(refused, 1000);
}

TEST(EventTest, RandomBytesDoNotHarm) {
  std::mt19937_64 random(43);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 60, ' ');
    for (char& c : bytes) c = static_cast<char>(random());
    if (bytes.size() > 1) {
      bytes[0] = 1;
      bytes[1] = static_cast<char>(random() % 5);
    }
    const std::optional<Event> decoded = decode(bytes);
    if (decoded) {
      ASSERT_EQ(encode(*decoded), bytes);
    }
  }
}

}  // namespace
}  // namespace tightrope::rules
