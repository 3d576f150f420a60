// A detector of anomalies as bytes, and from them.
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <vector>

#include "rules/anomaly.h"

namespace tightrope::rules {

// One list for both directions, in the order of the bytes.
template <class Self, class Fields>
void AnomalyDetector::each_field(Self& self, Fields& fields) {
  const auto mean_square = [&](auto& square) {
    fields.square(square.value);
    fields.count(square.count);
  };
  fields.count(self.count_);
  fields.time(self.last_at_);
  fields.whole(self.step_);
  fields.count(self.votes_);
  fields.number(self.mean_);
  fields.square(self.variance_);
  mean_square(self.steps_);
  for (auto& drift : self.drifts_) fields.number(drift);
  fields.size(self.slots_, kMostSlots);
  for (auto& slot : self.slots_) {
    fields.number(slot.mean);
    fields.count(slot.seen);
  }
  mean_square(self.slot_misses_);
  for (auto& value : self.latest_) fields.number(value);
  fields.count(self.repeats_);
  fields.count(self.run_);
  fields.size(self.shapes_, kMostShapes);
  for (auto& shape : self.shapes_) {
    for (auto& number : shape.at) fields.number(number);
    fields.number(shape.uses);
  }
  for (auto& usual : self.usual_) mean_square(usual);
  for (auto& bin : self.bins_) fields.count(bin);
  fields.count(self.ranked_);
  fields.number(self.strangest_);
  fields.number(self.alarm_);
  fields.count(self.since_alarm_);
  fields.count(self.rest_);
}

namespace {

struct FieldsOut {
  ByteWriter& out;

  void number(double value) { out.fixed64(value); }
  void square(double value) { out.fixed64(value); }
  void count(std::uint64_t value) { out.varint(value); }
  void whole(std::int64_t value) { out.signed_varint(value); }
  void time(Timestamp value) { out.signed_varint(value.time_since_epoch().count()); }
  template <class T>
  void size(const std::vector<T>& list, std::size_t) {
    out.varint(list.size());
  }
};

struct FieldsIn {
  ByteReader& in;
  double largest;
  Duration farthest;

  void number(double& value) {
    value = in.fixed64();
    if (!(std::abs(value) <= largest)) in.fail();
  }
  void square(double& value) {
    value = in.fixed64();
    if (!(value >= 0 && value <= 4 * largest * largest)) in.fail();
  }
  template <class T>
  void count(T& value) {
    value = static_cast<T>(in.varint_up_to(std::numeric_limits<T>::max()));
  }
  void whole(std::int64_t& value) { value = in.signed_varint(); }
  void time(Timestamp& value) {
    value = Timestamp(Duration(in.signed_varint_in(-farthest.count(), farthest.count())));
  }
  template <class T>
  void size(std::vector<T>& list, std::size_t most) {
    list.resize(static_cast<std::size_t>(in.varint_up_to(most)));
  }
};

}  // namespace

void AnomalyDetector::save(ByteWriter& out) const {
  FieldsOut fields{out};
  each_field(*this, fields);
}

std::optional<AnomalyDetector> AnomalyDetector::load(ByteReader& in) {
  AnomalyDetector made;
  FieldsIn fields{in, kLargest, kFarthest};
  each_field(made, fields);
  // A detector with slots has a step to divide the day by.
  if (!made.slots_.empty() && made.step_ <= 0) in.fail();
  if (!in.ok()) return std::nullopt;
  return made;
}

}  // namespace tightrope::rules
