// OrderDesk sends orders to nodes and repeats each until its answer comes; images go block by
// block.
//
//   desk.Ask(mac, {.kind = OrderKind::kDrain, .pipeline = 2}, [](const Answer& answer) { ... });
//   desk.SendImage(mac, digest, bytes, [](Code code) { ... });
//   desk.Take(mac, answer);   desk.Turn(now_ns);   // until next_ns()
//   desk.Drop(mac);           // it left: what was asked of it is answered kUnavailable
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "core/status.hpp"
#include "micro/node/node.hpp"
#include "wire/node/messages.hpp"

namespace covey::serve {

class OrderDesk {
 public:
  using Mac = wire::node::Mac;
  using Answer = wire::node::Answer;
  using Order = wire::node::Order;
  using Done = std::function<void(const Answer&)>;
  using Ended = std::function<void(Code code)>;

  OrderDesk(const Mac& mac, uint32_t boot, micro::FramePort& port)
      : mac_(mac), boot_(boot), port_(port) {}

  void SetEpoch(uint32_t epoch) { epoch_ = epoch; }
  void Ask(const Mac& to, const Order& order, Done done);
  // `bytes` must outlive the sending. One image to one node goes once, whoever asks for it.
  void SendImage(const Mac& to, const wire::node::ImageDigest& digest,
                 std::span<const std::byte> bytes, Ended ended);
  void Take(const Mac& from, const Answer& answer);
  void Turn(uint64_t now_ns);
  uint64_t next_ns() const;
  void Drop(const Mac& to);
  // What was asked and is not answered yet is asked no more, but for releases.
  void Forget();
  uint64_t image_bytes_sent() const { return image_bytes_sent_; }

 private:
  struct Open {
    Mac to{};
    Order order{};
    std::vector<std::byte> block;
    Done done;
    uint64_t again_ns = 0, wait_ns = 0;
  };
  struct Upload {
    Mac to{};
    wire::node::ImageDigest digest{};
    std::span<const std::byte> bytes;
    uint32_t have = 0, next = 0, flying = 0;
    bool gap = false;
    std::vector<Ended> ended;
  };
  using UploadKey = std::pair<Mac, wire::node::ImageDigest>;

  void Send(Open& open);
  void Fill(const UploadKey& key);
  void BlockAnswered(const UploadKey& key, uint32_t offset, const Answer& answer);
  void EndUpload(const UploadKey& key, Code code);

  Mac mac_{};
  uint32_t boot_ = 0;
  micro::FramePort& port_;
  uint32_t epoch_ = 0, seq_ = 0;
  uint64_t now_ns_ = 0, image_bytes_sent_ = 0;
  std::map<uint32_t, Open> open_;
  std::map<UploadKey, Upload> uploads_;
};

}  // namespace covey::serve
