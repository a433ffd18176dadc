// The two-phase switch of a pipeline from one way to the next.
#include <algorithm>

#include "core/host/diag_text.hpp"
#include "core/sha256.hpp"
#include "serve/space/coordinator.hpp"
#include "serve/space/switch_state.hpp"

namespace covey::serve {

using wire::node::Answer;
using wire::node::Order;
using wire::node::OrderKind;
using wire::node::Role;

namespace {

constexpr uint64_t kMs = 1'000'000;
constexpr uint64_t kFirstRetryNs = 2000 * kMs, kLongestRetryNs = 60'000 * kMs;

// The loops of a chunk are chosen for the board that will run it; the bytes are the same.
compiler::Target TargetOfKind(const std::string& kind) {
  if (kind == "m4" || kind == "m33") return compiler::Target::kCortexM;
  if (kind == "m55") return compiler::Target::kMve;
  if (kind == "rv32") return compiler::Target::kRv32;
  return compiler::Target::kAny;
}

uint32_t Microseconds(double seconds) {
  return static_cast<uint32_t>(std::clamp(seconds * 1e6 + 0.5, 0.0, 4e9));
}

}  // namespace

std::function<void(const Answer&)> Coordinator::Still(
    const Switch& change, std::function<void(Switch&, const Answer&)> then) {
  return [this, number = change.number, then = std::move(then)](const Answer& answer) {
    for (const auto& going : switches_)
      if (going->number == number && !going->over) return then(*going, answer);
  };
}

const Coordinator::Image* Coordinator::ImageOf(size_t pipeline, const Way::Hop& hop) {
  const SpaceMember* const member = Find(hop.member);
  const compiler::Target target =
      member == nullptr ? compiler::Target::kAny : TargetOfKind(member->kind);
  const ImageKey key{pipeline, hop.first, hop.end, target};
  if (const auto found = images_.find(key); found != images_.end()) return &found->second;
  DiagText diag;
  const auto graph = compiler::ChunkGraph(pipelines_[pipeline].graph, hop.first, hop.end, diag);
  if (!graph.ok()) return nullptr;
  auto bytes = compiler::CompilePrepared(*graph, diag, {.target = target});
  if (!bytes.ok()) {
    Note("trouble", diag.Text());
    return nullptr;
  }
  Image image{*std::move(bytes), {}};
  image.digest = Sha256Of(image.bytes);
  return &images_.emplace(key, std::move(image)).first->second;
}

void Coordinator::StartSwitch(size_t pipeline, const Way& next) {
  auto change = std::make_unique<Switch>();
  change->number = ++next_switch_;
  change->pipeline = pipeline;
  change->next = next;
  change->next.route = epoch_;
  switches_.push_back(std::move(change));
  SendImages(*switches_.back());
}

void Coordinator::SendImages(Switch& change) {
  change.waiting = 1;
  for (const Way::Hop& hop : change.next.chunks) {
    const SpaceMember* const member = Find(hop.member);
    const Image* const image = ImageOf(change.pipeline, hop);
    if (member == nullptr || image == nullptr) return Fail(change, "no image for " + hop.member);
    ++change.waiting;
    const auto went =
        Still(change, [this, where = hop.member](Switch& still, const Answer& answer) {
          if (answer.code != Code::kOk && still.trouble.empty())
            still.trouble = where + " did not take its chunk: " + CodeName(answer.code);
          if (--still.waiting == 0) PrepareStages(still);
        });
    desk_.SendImage(member->mac, image->digest, image->bytes,
                    [went](Code code) { went(Answer{.code = code}); });
  }
  if (--change.waiting == 0) PrepareStages(change);
}

// Hop 0 is the source, then the chunks, then the target.
wire::node::Stage Coordinator::StageOf(const Switch& change, size_t hop) const {
  const Way& way = change.next;
  const SpacePipeline& pipeline = pipelines_[change.pipeline];
  const plan::LayerTable& model = pipeline.tenant.model;
  const auto bytes = [&](int cut) {
    return static_cast<uint32_t>(compiler::CutBytes(pipeline.graph, cut));
  };
  const auto mac = [&](const std::string& name) {
    const SpaceMember* const member = Find(name);
    return member == nullptr ? wire::node::kNobody : member->mac;
  };
  wire::node::Stage stage{.pipeline = static_cast<uint16_t>(change.pipeline),
                          .route = way.route,
                          .hop = static_cast<uint8_t>(hop),
                          .window = change.window > 0 ? change.window : pipeline.window};
  if (hop == 0) {
    stage.role = Role::kSource;
    stage.next = mac(way.chunks.front().member);
    stage.in_bytes = stage.out_bytes = bytes(0);
    stage.interval_us = way.rate_hz > 0 ? Microseconds(1 / (way.rate_hz * pipeline.pace)) : 0;
    stage.limit = pipeline.requests;
    stage.give_up_ms = pipeline.give_up_ms;
    stage.seed = pipeline.seed;
    return stage;
  }
  if (hop == way.chunks.size() + 1) {
    stage.role = Role::kTarget;
    stage.next = mac(way.source.member);
    stage.in_bytes = stage.out_bytes = bytes(model.size());
    return stage;
  }
  const Way::Hop& chunk = way.chunks[hop - 1];
  const SpaceMember* const member = Find(chunk.member);
  stage.next = mac(hop == way.chunks.size() ? way.target.member : way.chunks[hop].member);
  stage.in_bytes = bytes(chunk.first);
  stage.out_bytes = bytes(chunk.end);
  if (member == nullptr) return stage;
  const plan::Part part = DeviceOf(*member).part;
  double seconds = 0;
  for (int l = chunk.first; l < chunk.end; ++l)
    seconds += plan::LayerSeconds(part, model.layers[static_cast<size_t>(l)]).value_or(0);
  const auto words = [&](int cut) {
    return static_cast<double>(model.cuts[static_cast<size_t>(cut)].words);
  };
  stage.compute_us = Microseconds(seconds);
  stage.load_us = Microseconds(part.load_s_per_word * words(chunk.first));
  stage.unload_us = Microseconds(part.load_s_per_word * words(chunk.end));
  return stage;
}

void Coordinator::PrepareStages(Switch& change) {
  if (!change.trouble.empty()) return Fail(change, change.trouble);
  const Way& way = change.next;
  const size_t hops = way.chunks.size() + 2;
  change.waiting = static_cast<int>(hops);
  change.short_of_room = false;
  for (size_t i = hops; i-- > 0;) {
    const Way::Hop& hop = i == 0 ? way.source : i == hops - 1 ? way.target : way.chunks[i - 1];
    const SpaceMember* const member = Find(hop.member);
    wire::node::Stage stage = StageOf(change, i);
    if (stage.role == Role::kChunk) {
      const Image* const image = ImageOf(change.pipeline, hop);
      if (image != nullptr) stage.image = image->digest;
    }
    const auto answered =
        Still(change, [this, where = hop.member](Switch& still, const Answer& answer) {
          const uint8_t window =
              still.window > 0 ? still.window : pipelines_[still.pipeline].window;
          if (answer.code == Code::kResourceExhausted && (!still.room_made || window > 2)) {
            still.short_of_room = true;
          } else if (answer.code != Code::kOk && still.trouble.empty()) {
            still.trouble = where + " refused its stage: " + CodeName(answer.code);
            if (answer.code == Code::kResourceExhausted)
              still.trouble += ", it needs " + std::to_string(answer.values[0]) +
                               " B more and has " + std::to_string(answer.values[1]) + " B";
          }
          if (--still.waiting > 0) return;
          if (!still.trouble.empty()) return Fail(still, still.trouble);
          if (still.short_of_room) return MakeRoom(still);
          Drain(still, [this](Switch& drained) { Commit(drained); });
        });
    if (member == nullptr) {
      answered(Answer{.code = Code::kUnavailable});
      return;
    }
    desk_.Ask(member->mac, {.kind = OrderKind::kPrepare, .stage = stage}, answered);
  }
}

// Old and new do not fit together: the old way ends first.
void Coordinator::MakeRoom(Switch& change) {
  if (change.room_made) {
    const uint8_t window = change.window > 0 ? change.window : pipelines_[change.pipeline].window;
    change.window = window / 2;
    return PrepareStages(change);
  }
  change.room_made = true;
  Note("trouble",
       pipelines_[change.pipeline].tenant.name + ": the old chunks go first, for want of room");
  Drain(change, [this](Switch& drained) {
    drained.waiting = static_cast<int>(members_.size());
    for (const auto& [name, member] : members_) {
      desk_.Ask(member.mac,
                {.kind = OrderKind::kRelease,
                 .pipeline = static_cast<uint16_t>(drained.pipeline),
                 .route = drained.next.route},
                Still(drained, [this](Switch& still, const Answer&) {
                  if (--still.waiting == 0) PrepareStages(still);
                }));
    }
  });
}

// The old source admits no more; `then` when nothing is in flight, or nothing will come.
void Coordinator::Drain(Switch& change, std::function<void(Switch&)> then) {
  const Way& now = ways_[change.pipeline];
  const SpaceMember* const source = Find(now.source.member);
  // A node of it that left, and be it that it is back, has lost what was with it.
  bool whole = !dirty_[change.pipeline] && now.placed() && source != nullptr &&
               Find(now.target.member) != nullptr;
  for (const Way::Hop& hop : now.chunks) whole = whole && Find(hop.member) != nullptr;
  if (!whole) return then(change);  // Commit starts what is in flight again on the new way.
  if (change.drain_until_ns == 0)
    change.drain_until_ns = now_ns_ + pipelines_[change.pipeline].give_up_ms * kMs;
  desk_.Ask(source->mac,
            {.kind = OrderKind::kDrain, .pipeline = static_cast<uint16_t>(change.pipeline)},
            Still(change, [this, then](Switch& still, const Answer& answer) {
              const bool empty = answer.code != Code::kOk || answer.values[0] == 0;
              if (empty || now_ns_ >= still.drain_until_ns) return then(still);
              Drain(still, then);
            }));
}

void Coordinator::Commit(Switch& change) {
  const SpaceMember* const source = Find(change.next.source.member);
  if (source == nullptr) return Fail(change, "its source left");
  const Way& now = ways_[change.pipeline];
  // Another target does not know what the old one has delivered: what is in flight fails.
  const bool moved =
      target_lost_[change.pipeline] || (now.placed() && now.target != change.next.target);
  dirty_[change.pipeline] = true;  // until the answer is here
  desk_.Ask(source->mac,
            {.kind = OrderKind::kCommit,
             .pipeline = static_cast<uint16_t>(change.pipeline),
             .route = change.next.route,
             .flag = static_cast<uint8_t>(moved ? 1 : 0)},
            Still(change, [this](Switch& still, const Answer& answer) {
              if (answer.code != Code::kOk)
                return Fail(still,
                            std::string("its source did not switch: ") + CodeName(answer.code));
              dirty_[still.pipeline] = target_lost_[still.pipeline] = false;
              retry_wait_ns_ = 0;
              ways_[still.pipeline] = still.next;
              refused_[still.pipeline].clear();
              ReleaseOld(still);
            }));
}

void Coordinator::ReleaseOld(Switch& change) {
  change.over = true;
  for (const auto& [name, member] : members_) {
    desk_.Ask(member.mac,
              {.kind = OrderKind::kRelease,
               .pipeline = static_cast<uint16_t>(change.pipeline),
               .route = change.next.route},
              [](const Answer&) {});
  }
}

void Coordinator::Fail(Switch& change, const std::string& why) {
  change.over = true;
  refused_[change.pipeline] = why;
  Note("trouble", pipelines_[change.pipeline].tenant.name + ": " + why);
  dirty_[change.pipeline] = true;
  // If a node left, its leave brings the next plan, and what is in flight goes on with that.
  if (changed_) return;
  Stop(change.pipeline);
  retry_wait_ns_ = std::clamp(2 * retry_wait_ns_, kFirstRetryNs, kLongestRetryNs);
  retry_ns_ = now_ns_ + retry_wait_ns_;
}

// A pipeline without a way: its source is told, and with it who asked.
void Coordinator::Stop(size_t pipeline) {
  ways_[pipeline] = {};
  for (const auto& [name, member] : members_) {
    desk_.Ask(member.mac,
              {.kind = OrderKind::kRelease,
               .pipeline = static_cast<uint16_t>(pipeline),
               .route = epoch_ + 1},
              [](const Answer&) {});
  }
}

void Coordinator::SetPace(size_t pipeline, double rate_hz) {
  if (ways_[pipeline].rate_hz == rate_hz) return;
  ways_[pipeline].rate_hz = rate_hz;
  Switch same{.pipeline = pipeline, .next = ways_[pipeline]};
  const SpaceMember* const source = Find(same.next.source.member);
  if (source == nullptr) return;
  desk_.Ask(source->mac, {.kind = OrderKind::kPrepare, .stage = StageOf(same, 0)},
            [](const Answer&) {});
}

void Coordinator::Finish() {
  std::erase_if(switches_, [](const auto& change) { return change->over; });
  if (switchovers_.kept().empty() || !switches_.empty() || changed_) return;
  Switchover& last = switchovers_.kept().back();
  if (last.done) return;
  last.done = true;
  last.in_force_ns = now_ns_;
  last.image_bytes = desk_.image_bytes_sent() - image_bytes_before_;
  image_bytes_before_ = desk_.image_bytes_sent();
  Note("in force", "epoch " + std::to_string(last.epoch) + ", " + std::to_string(last.image_bytes) +
                       " B of chunks travelled");
}

void Coordinator::Count(size_t pipeline, Role role, std::function<void(const Answer&)> done) {
  const Way& way = ways_[pipeline];
  const Way::Hop& hop = role == Role::kSource ? way.source : way.target;
  const SpaceMember* const member = Find(hop.member);
  if (member == nullptr) return done(Answer{.code = Code::kUnavailable});
  desk_.Ask(member->mac,
            {.kind = OrderKind::kCount,
             .pipeline = static_cast<uint16_t>(pipeline),
             .flag = static_cast<uint8_t>(role)},
            std::move(done));
}

}  // namespace covey::serve
