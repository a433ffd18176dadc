#include "apps/covey/space/svg.hpp"

#include <algorithm>
#include <array>

#include "apps/covey/html/html.hpp"
#include "apps/covey/io/table.hpp"
#include "plan/place/explain.hpp"

namespace covey::app {
namespace {

using plan::UnitKind;

constexpr double kLeft = 190, kWide = 860, kLane = 16, kGap = 14, kTop = 40;
constexpr std::array kColours = {"#0072b2", "#c04f00", "#00795a", "#a64d87", "#8a6d00",
                                 "#3b7fb5", "#5b5b5b", "#7a3b1e", "#4b3fa0", "#2f6b2a"};

struct Box {
  int unit = 0, tenant = 0;
  double from = 0, to = 0;
  std::string words;
};
struct Message {
  int sender = 0, receiver = 0, tenant = 0;
  double at = 0;
};

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

// The first letters of what is too long for its room, by characters.
std::string Short(const std::string& text, size_t most) {
  size_t characters = 0, end = 0;
  for (; end < text.size() && characters <= most; ++end)
    characters += (static_cast<unsigned char>(text[end]) & 0xC0U) != 0x80U;
  return characters <= most ? text : text.substr(0, end - 1) + "…";
}

std::string ColourOf(int tenant) { return kColours[static_cast<size_t>(tenant) % kColours.size()]; }

// Names of devices and their three lanes.
std::string Lanes(const plan::Space& space) {
  constexpr std::array kLanes = {"accelerator", "cpu", "radio"};
  std::string svg;
  for (int d = 0; d < space.size(); ++d) {
    const double y = RowOf(d * plan::kUnitKinds);
    svg += "<text x=\"8\" y=\"" + N(y + 11) + "\" font-weight=\"bold\">" +
           Escaped(Short(space.devices[d].name, 15)) + "<title>" + Escaped(space.devices[d].name) +
           "</title></text>\n";
    for (int lane = 0; lane < 3; ++lane) {
      svg += "<rect x=\"" + N(kLeft) + "\" y=\"" + N(y + lane * kLane) + "\" width=\"" + N(kWide) +
             "\" height=\"" + N(kLane - 2) + "\" fill=\"#f2f2f2\"/><text x=\"" + N(kLeft - 6) +
             "\" y=\"" + N(y + lane * kLane + 11) +
             "\" text-anchor=\"end\" font-size=\"10\" fill=\"#555\">" + kLanes[lane] + "</text>\n";
    }
  }
  return svg;
}

std::string TimeAxis(double end_s, double scale, double bottom) {
  std::string svg;
  const double step = end_s > 0 ? StepFor(end_s, 5) : 1;
  for (int tick = 0; tick * step <= end_s * (1 + 1e-9); ++tick) {
    const double x = kLeft + tick * step * scale;
    svg += "<line x1=\"" + N(x) + "\" x2=\"" + N(x) + "\" y1=\"" + N(kTop - 6) + "\" y2=\"" +
           N(bottom - kGap) + "\" stroke=\"#ccc\"/><text x=\"" + N(x) + "\" y=\"" + N(bottom + 4) +
           "\" text-anchor=\"middle\">" + (tick == 0 ? "0" : plan::SecondsText(tick * step)) +
           "</text>\n";
  }
  return svg;
}

// A task, with its words where they fit.
std::string Task(const Box& box, double scale) {
  const double wide = std::max(0.7, (box.to - box.from) * scale), x = kLeft + box.from * scale;
  std::string svg = "<rect x=\"" + N(x) + "\" y=\"" + N(RowOf(box.unit)) + "\" width=\"" + N(wide) +
                    "\" height=\"" + N(kLane - 2) + "\" fill=\"" + ColourOf(box.tenant) +
                    "\"><title>" + Escaped(box.words) + ", " +
                    plan::SecondsText(box.to - box.from) + "</title></rect>\n";
  if (6.4 * static_cast<double>(box.words.size()) < wide - 6)
    svg += "<text x=\"" + N(x + 4) + "\" y=\"" + N(RowOf(box.unit) + 11) +
           "\" fill=\"#fff\" pointer-events=\"none\">" + Escaped(box.words) + "</text>\n";
  return svg;
}

}  // namespace

std::string PlanSvg(const plan::Space& space, const plan::Answer& answer) {
  const Timeline line(space, answer);
  const double scale = line.end() > 0 ? kWide / line.end() : 0;
  const double bottom = kTop + space.size() * (3 * kLane + kGap);
  const double high = bottom + 40 + 18 * static_cast<double>(answer.pipelines.size());
  const std::string wide = N(kLeft + kWide + 40);
  std::string svg =
      "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 " + wide + " " + N(high) +
      "\" width=\"" + wide + "\" height=\"" + N(high) +
      "\" style=\"max-width:100%;height:auto\" font-family=\"sans-serif\" font-size=\"11\">\n" +
      "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n<text x=\"8\" y=\"20\">" +
      Escaped(answer.policy) + ": one inference of each pipeline; " +
      (answer.placed ? plan::Digits(1 / answer.objective_s) + " rounds a second when they overlap"
                     : "nothing placed") +
      "</text>\n" + Lanes(space) + TimeAxis(line.end(), scale, bottom);
  for (const Box& box : line.boxes()) svg += Task(box, scale);
  for (const Message& message : line.messages()) {
    const std::string x = N(kLeft + message.at * scale);
    svg += "<line x1=\"" + x + "\" x2=\"" + x + "\" y1=\"" + N(RowOf(message.sender) + kLane / 2) +
           "\" y2=\"" + N(RowOf(message.receiver) + kLane / 2) + "\" stroke=\"" +
           ColourOf(message.tenant) + "\" stroke-dasharray=\"3 2\"/>\n";
  }
  double y = bottom + 28;
  for (const plan::PipelineAnswer& pipeline : answer.pipelines) {
    svg += "<rect x=\"" + N(kLeft) + "\" y=\"" + N(y - 10) +
           "\" width=\"12\" height=\"12\" fill=\"" + ColourOf(pipeline.tenant) + "\"/><text x=\"" +
           N(kLeft + 18) + "\" y=\"" + N(y) + "\">" + Escaped(space.tenants[pipeline.tenant].name) +
           ": " + plan::Digits(pipeline.rate_hz) + " Hz</text>\n";
    y += 18;
  }
  return svg + "</svg>\n";
}

}  // namespace covey::app
