#include "apps/covey/space/svg.hpp"

#include <algorithm>
#include <array>

#include "apps/covey/io/table.hpp"
#include "plan/place/explain.hpp"

namespace covey::app {
namespace {

using plan::UnitKind;

constexpr double kLeft = 110, kWide = 860, kLane = 16, kGap = 14, kTop = 40;
constexpr std::array kColours = {"#4477aa", "#ee6677", "#228833", "#ccbb44",
                                 "#66ccee", "#aa3377", "#999999", "#dd7733"};

struct Box {
  int unit = 0, tenant = 0;
  double from = 0, to = 0;
  std::string words;
};
struct Message {
  int sender = 0, receiver = 0, tenant = 0;
  double at = 0;
};

std::string Escaped(const std::string& text) {
  std::string out;
  for (char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// One inference of each route, each task as soon as its units are free.
class Timeline {
 public:
  Timeline(const plan::Space& space, const plan::Answer& answer)
      : space_(space), costs_(space), free_(plan::UnitCount(space), 0) {
    for (const plan::PipelineAnswer& pipeline : answer.pipelines) {
      for (const plan::Route& route : pipeline.routes) Run(route.plan);
    }
  }
  const std::vector<Box>& boxes() const { return boxes_; }
  const std::vector<Message>& messages() const { return messages_; }
  double end() const { return end_; }

 private:
  void Run(const plan::TenantPlan& plan) {
    const std::string& name = space_.tenants[plan.tenant].name;
    double now = 0;
    int from = plan.source;
    for (const plan::Chunk& chunk : plan.chunks) {
      now = Send(plan, from, chunk.device, chunk.first, now);
      const std::string words =
          name + " " + std::to_string(chunk.first) + "-" + std::to_string(chunk.end - 1);
      const double load = costs_.CpuSeconds(plan.tenant, chunk.device, chunk.first, chunk.end) / 2;
      now =
          Busy(plan.tenant, plan::UnitOf(chunk.device, UnitKind::kCpu), now, load, words + " load");
      now = Busy(plan.tenant, plan::UnitOf(chunk.device, UnitKind::kAccelerator), now,
                 costs_.Seconds(plan.tenant, chunk.device, chunk.first, chunk.end), words);
      now = Busy(plan.tenant, plan::UnitOf(chunk.device, UnitKind::kCpu), now, load,
                 words + " unload");
      from = chunk.device;
    }
    end_ = std::max(end_,
                    Send(plan, from, plan.target, space_.tenants[plan.tenant].model.size(), now));
  }

  double Busy(int tenant, int unit, double now, double seconds, const std::string& words) {
    if (seconds <= 0) return now;
    const double from = std::max(now, free_[unit]);
    free_[unit] = from + seconds;
    boxes_.push_back({unit, tenant, from, from + seconds, words});
    end_ = std::max(end_, from + seconds);
    return from + seconds;
  }

  double Send(const plan::TenantPlan& plan, int from, int to, int at, double now) {
    if (from == to) return now;
    const double seconds = costs_.HopSeconds(plan.tenant, at, from, to);
    const int sender = plan::UnitOf(from, UnitKind::kRadio);
    const bool duplex = space_.devices[to].full_duplex;
    const int receiver = plan::UnitOf(to, duplex ? UnitKind::kReceiver : UnitKind::kRadio);
    now = std::max({now, free_[sender], free_[receiver]});
    const std::string words = space_.tenants[plan.tenant].name + ": " +
                              std::to_string(space_.tenants[plan.tenant].model.cuts[at].bytes) +
                              " B to " + space_.devices[to].name;
    (void)Busy(plan.tenant, receiver, now, seconds, words);
    messages_.push_back({sender, receiver, plan.tenant, now + seconds / 2});
    return Busy(plan.tenant, sender, now, seconds, words);
  }

  const plan::Space& space_;
  plan::Costs costs_;
  std::vector<double> free_;
  std::vector<Box> boxes_;
  std::vector<Message> messages_;
  double end_ = 0;
};

double RowOf(int unit) {
  const int lane = std::min(unit % plan::kUnitKinds, 2);
  return kTop + unit / plan::kUnitKinds * (3 * kLane + kGap) + lane * kLane;
}

std::string N(double value) { return Fixed(value, 1); }

}  // namespace

std::string PlanSvg(const plan::Space& space, const plan::Answer& answer) {
  const Timeline line(space, answer);
  const double scale = line.end() > 0 ? kWide / line.end() : 0;
  const double bottom = kTop + space.size() * (3 * kLane + kGap);
  const double high = bottom + 40 + 18 * static_cast<double>(answer.pipelines.size());
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" + N(kLeft + kWide + 30) +
      "\" height=\"" + N(high) + "\" font-family=\"sans-serif\" font-size=\"11\">\n" +
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"10\" y=\"20\">" +
      Escaped(answer.policy) + ": one inference of each pipeline; " +
      (answer.placed ? plan::Digits(1 / answer.objective_s) + " rounds a second when they overlap"
                     : "nothing placed") +
      "</text>\n";
  constexpr std::array kLanes = {"accelerator", "cpu", "radio"};
  for (int d = 0; d < space.size(); ++d) {
    const double y = RowOf(d * plan::kUnitKinds);
    svg += "<text x=\"4\" y=\"" + N(y + 11) + "\" font-weight=\"bold\">" +
           Escaped(space.devices[d].name.substr(0, 14)) + "</text>\n";
    for (int lane = 0; lane < 3; ++lane) {
      svg += "<rect x=\"" + N(kLeft) + "\" y=\"" + N(y + lane * kLane) + "\" width=\"" + N(kWide) +
             "\" height=\"" + N(kLane - 2) + "\" fill=\"#f2f2f2\"/><text x=\"" + N(kLeft - 4) +
             "\" y=\"" + N(y + lane * kLane + 11) +
             "\" text-anchor=\"end\" font-size=\"8\" fill=\"#777\">" + kLanes[lane] + "</text>\n";
    }
  }
  for (const Box& box : line.boxes()) {
    svg += "<rect x=\"" + N(kLeft + box.from * scale) + "\" y=\"" + N(RowOf(box.unit)) +
           "\" width=\"" + N(std::max(0.7, (box.to - box.from) * scale)) + "\" height=\"" +
           N(kLane - 2) + "\" fill=\"" + kColours[box.tenant % kColours.size()] + "\"><title>" +
           Escaped(box.words) + ", " + plan::SecondsText(box.to - box.from) + "</title></rect>\n";
  }
  for (const Message& message : line.messages()) {
    const std::string x = N(kLeft + message.at * scale);
    svg += "<line x1=\"" + x + "\" x2=\"" + x + "\" y1=\"" + N(RowOf(message.sender) + kLane / 2) +
           "\" y2=\"" + N(RowOf(message.receiver) + kLane / 2) + "\" stroke=\"" +
           kColours[message.tenant % kColours.size()] + "\" stroke-dasharray=\"3 2\"/>\n";
  }
  for (int tick = 0; tick <= 4; ++tick) {
    const double x = kLeft + kWide * tick / 4;
    svg += "<line x1=\"" + N(x) + "\" x2=\"" + N(x) + "\" y1=\"" + N(kTop - 6) + "\" y2=\"" +
           N(bottom - kGap) + "\" stroke=\"#ddd\"/><text x=\"" + N(x) + "\" y=\"" + N(bottom + 4) +
           "\" text-anchor=\"middle\">" + plan::SecondsText(line.end() * tick / 4) + "</text>\n";
  }
  double y = bottom + 28;
  for (const plan::PipelineAnswer& pipeline : answer.pipelines) {
    svg += "<rect x=\"" + N(kLeft) + "\" y=\"" + N(y - 10) +
           "\" width=\"12\" height=\"12\" fill=\"" + kColours[pipeline.tenant % kColours.size()] +
           "\"/><text x=\"" + N(kLeft + 18) + "\" y=\"" + N(y) + "\">" +
           Escaped(space.tenants[pipeline.tenant].name) + ": " + plan::Digits(pipeline.rate_hz) +
           " Hz</text>\n";
    y += 18;
  }
  return svg + "</svg>\n";
}

}  // namespace covey::app
