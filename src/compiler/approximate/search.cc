#include <algorithm>
#include <string>

#include "compiler/approximate/explorer.hpp"
#include "compiler/report.hpp"

namespace covey::compiler {
namespace {

class NoDiag final : public Diag {
 public:
  void Report(const Finding&) override {}
};

// Tries recipes and keeps the best. Nothing: the limits do not hold the network.
class Search {
 public:
  Search(Explorer& explorer, double most_loss, Diag& diag)
      : explorer_(explorer), most_loss_(most_loss), diag_(diag) {}

  Result<Found> Run() {
    COVEY_TRY(Start());
    for (const double channels : kChannels) {
      COVEY_TRY_ASSIGN(const bool keeps, Narrowed(channels));
      if (!keeps) break;
    }
    COVEY_TRY(Tuned());
    COVEY_TRY(Int4());
    COVEY_TRY(Int16());
    COVEY_TRY(AsCode());
    if (!best_) {
      return Refuse(diag_, {Code::kResourceExhausted, "approximate: the limits are not kept"},
                    "flash and RAM", "nothing that was tried keeps them within the loss");
    }
    COVEY_TRY_ASSIGN(Tried best, explorer_.Try(best_->recipe, diag_));
    return Found{std::move(best), std::move(points_)};
  }

 private:
  // Parts of the instructions that channels are to save, by the study's estimate.
  static constexpr double kChannels[] = {0, 0.05, 0.1, 0.16, 0.22, 0.3, 0.4};
  // Tuning brings back about so much; it takes its time, so that only what loses at most that much
  // more without it is tried, a few times; what lost the least is always worth one.
  static constexpr double kTuningGains[] = {0.008, 0.004};
  static constexpr double kTuningLeast = 0.0015;
  static constexpr size_t kMostTunings = 5;
  // What int16 may bring back, and how many designs are tried for it.
  static constexpr double kInt16Gains = 0.01;
  static constexpr size_t kMostInt16 = 6;

  // False if this much is too much even for tuning.
  Result<bool> Narrowed(double channels) {
    COVEY_TRY_ASSIGN(const std::optional<Point> narrow, Try(Ours(channels, 0)));
    const bool tunes = explorer_.tunes();
    if (channels > 0 && narrow && narrow->loss > most_loss_ + (tunes ? kTuningGains[0] : 0))
      return false;
    if (channels > 0 && narrow && narrow->instructions == last_) return true;  // none went
    if (narrow) last_ = narrow->instructions;
    if (!narrow || narrow->loss <= most_loss_) COVEY_TRY(Forms(channels, most_loss_));
    if (!tunes) return true;
    for (const double gain : kTuningGains)
      if (!narrow || narrow->loss <= most_loss_ + gain)
        COVEY_TRY(Forms(channels, most_loss_ + gain));
    return true;
  }

  // What lost a little too much, tuned, from the cheapest on until one keeps the loss. Each that
  // does not asks for one that lost half as much to begin with.
  Status Tuned() {
    if (!explorer_.tunes()) return OkStatus();
    std::vector<Point> close = points_;
    std::sort(close.begin(), close.end(),
              [](const Point& a, const Point& b) { return a.cost < b.cost; });
    double over = kTuningGains[0];
    size_t tunings = 0;
    for (const Point& point : close) {
      if (tunings == kMostTunings || (best_ && best_->cost <= point.cost)) break;
      if (point.recipe.tuned || point.loss - most_loss_ > over) continue;
      Recipe recipe = point.recipe;
      recipe.tuned = true;
      ++tunings;
      COVEY_TRY_ASSIGN(const std::optional<Point> tuned, Try(recipe));
      if (tuned && tuned->loss <= most_loss_) break;
      over = std::max((point.loss - most_loss_) / 2, kTuningLeast);
    }
    return OkStatus();
  }

  // Where flash is short, fewer bits for weights may leave room for faster loops.
  Status Int4() {
    if (!explorer_.limits_flash()) return OkStatus();
    Recipe recipe = Ours(0, 0);
    if (best_ && best_->recipe.policy == Policy::kOurs) recipe = best_->recipe;
    for (const double part : {0.25, 0.5, 0.75, 1.0}) {
      recipe.int4 = part;
      COVEY_TRY_ASSIGN(const std::optional<Point> point, Try(recipe));
      if (point && point->loss > most_loss_) break;
    }
    return OkStatus();
  }

  // The exact network; where all int8 loses too much against the float one, as few tensors as int16
  // as keep the loss.
  Status Start() {
    COVEY_TRY(Try({}).status());
    double loss = explorer_.exact().loss;
    while (loss > most_loss_ && explorer_.knows_floats() && int16_ < explorer_.precisions()) {
      ++int16_;
      COVEY_TRY_ASSIGN(std::optional<Point> point, Try(Ours(0, 0)));
      if (!point) {  // flash is short
        Recipe small = Ours(0, 0);
        small.int4 = 1;
        COVEY_TRY_ASSIGN(point, Try(small));
      }
      if (!point) break;
      loss = point->loss;
    }
    return OkStatus();
  }

  // What lost a little too much, with more of its tensors as int16, from the cheapest on.
  Status Int16() {
    std::vector<Point> close = points_;
    std::sort(close.begin(), close.end(),
              [](const Point& a, const Point& b) { return a.cost < b.cost; });
    size_t tries = 0;
    for (const Point& point : close) {
      if (best_ && best_->cost <= point.cost) break;
      if (point.loss - most_loss_ > kInt16Gains || point.recipe.policy != Policy::kOurs) continue;
      for (int more = 1; int16_ + more <= explorer_.precisions(); ++more) {
        if (++tries > kMostInt16) return OkStatus();
        Recipe recipe = point.recipe;
        recipe.int16 = int16_ + more;
        COVEY_TRY_ASSIGN(const std::optional<Point> wide, Try(recipe));
        if (wide && (wide->loss <= most_loss_ || (best_ && wide->cost >= best_->cost))) break;
      }
    }
    return OkStatus();
  }

  // The best, with weights as code where that pays.
  Status AsCode() {
    if (!explorer_.unpacks()) return OkStatus();
    Recipe recipe = best_ ? best_->recipe : Recipe();
    recipe.compact = false, recipe.code = AsCode::kWhereItPays;
    return TryOne(recipe).status();
  }

  Recipe Ours(double channels, double forms) const {
    Recipe recipe;
    recipe.int16 = int16_;
    recipe.policy = Policy::kOurs, recipe.channels = channels, recipe.forms = forms;
    return recipe;
  }

  Result<std::optional<Point>> Try(const Recipe& recipe) {
    const Result<std::optional<Point>> point = TryOne(recipe);
    if (!point.ok() || !explorer_.TriesCompact() || recipe.compact ||
        recipe.policy == Policy::kExact)
      return point;
    Recipe small = recipe;
    small.compact = true;
    const Result<std::optional<Point>> compact = TryOne(small);
    const bool better = compact.ok() && compact->has_value() &&
                        (!point->has_value() || (*compact)->cost < (*point)->cost);
    return better || !compact.ok() ? compact : point;
  }

  Result<std::optional<Point>> TryOne(const Recipe& recipe) {
    NoDiag quiet;
    Result<Point> point = explorer_.PointOf(recipe, quiet);
    if (point.status().code() == Code::kResourceExhausted) return std::optional<Point>();
    if (!point.ok()) point = explorer_.PointOf(recipe, diag_);  // for its words
    COVEY_TRY(point.status());
    points_.push_back(*point);
    if (point->loss <= most_loss_ && (!best_ || point->cost < best_->cost)) best_ = *point;
    return std::optional<Point>(*point);
  }

  // The largest saving by forms that keeps the loss. Upwards first: much is rarely removed.
  Status Forms(double channels, double most_loss) {
    constexpr double kStep = 0.015;
    int low = 0, high = 32, step = 6;
    while (high - low > 1) {
      const int at = std::min(low + step, high - 1);
      COVEY_TRY_ASSIGN(const std::optional<Point> point, Try(Ours(channels, at * kStep)));
      (!point || point->loss <= most_loss ? low : high) = at;
      step = std::clamp((high - low) / 2, 1, step);
    }
    return OkStatus();
  }

  Explorer& explorer_;
  const double most_loss_;
  Diag& diag_;
  std::optional<Point> best_;
  std::vector<Point> points_;
  int int16_ = 0;  // tensors that every design has as int16
  int64_t last_ = -1;
};

}  // namespace

Result<Found> FindBest(Explorer& explorer, double most_loss, Diag& diag) {
  return Search(explorer, most_loss, diag).Run();
}

}  // namespace covey::compiler
