// Store keeps chunk images by the SHA-256 of their bytes: each travels once, block by block, goes
// on where it stopped, and stays until its room is needed.
//
//   COVEY_TRY_ASSIGN(uint32_t have, store.Offer(digest, bytes));
//   COVEY_TRY_ASSIGN(have, store.Append(digest, have, block));     // until have == bytes
//   COVEY_TRY_ASSIGN(auto image, store.Hold(digest));              // and Drop(digest) later
//
// Memory: the span of the pool, and kMaxImages records. An image that nobody holds makes way for a
// new one, the one not used for longest first.
// Errors: kResourceExhausted (no room), kNotFound (not offered, or not complete), kDataLoss (all
// bytes are here and they are not what the digest says: the image is dropped).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/status.hpp"
#include "micro/node/pool.hpp"
#include "wire/node/messages.hpp"

namespace covey::micro {

class Store {
 public:
  static constexpr size_t kMaxImages = 24;
  using Digest = wire::node::ImageDigest;

  explicit Store(std::span<std::byte> flash) : pool_(flash) {}

  Result<uint32_t> Offer(const Digest& digest, uint32_t bytes);
  Result<uint32_t> Append(const Digest& digest, uint32_t offset, std::span<const std::byte> block);
  Result<std::span<const std::byte>> Hold(const Digest& digest);
  void Drop(const Digest& digest);
  Status Forget(const Digest& digest);  // kFailedPrecondition while it is held

  int images() const;  // complete ones
  const Pool& pool() const { return pool_; }

 private:
  struct Image {
    Digest digest{};
    std::span<std::byte> bytes{};
    uint32_t have = 0, holders = 0, used = 0;
    bool complete = false;
  };
  Image* Find(const Digest& digest);
  std::span<std::byte> MakeRoom(uint32_t bytes);
  Image* Oldest();
  void Remove(Image& image);

  Pool pool_;
  std::array<Image, kMaxImages> images_{};
  uint32_t turn_ = 0;
};

}  // namespace covey::micro
