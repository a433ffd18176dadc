#include "micro/node/store.hpp"

#include "core/sha256.hpp"

namespace covey::micro {

Store::Image* Store::Find(const Digest& digest) {
  for (Image& image : images_)
    if (!image.bytes.empty() && image.digest == digest) return &image;
  return nullptr;
}

// Complete or not: what nobody holds may go.
Store::Image* Store::Oldest() {
  Image* oldest = nullptr;
  for (Image& image : images_) {
    if (image.bytes.empty() || image.holders > 0) continue;
    if (oldest == nullptr || image.used < oldest->used) oldest = &image;
  }
  return oldest;
}

void Store::Remove(Image& image) {
  pool_.Give(image.bytes);
  image = {};
}

std::span<std::byte> Store::MakeRoom(uint32_t bytes) {
  if (bytes > pool_.size()) return {};
  while (true) {
    bool record = false;
    for (const Image& image : images_) record = record || image.bytes.empty();
    const std::span<std::byte> room = record ? pool_.Take(bytes) : std::span<std::byte>();
    if (!room.empty()) return room;
    Image* const oldest = Oldest();
    if (oldest == nullptr) return {};
    Remove(*oldest);
  }
}

Result<uint32_t> Store::Offer(const Digest& digest, uint32_t bytes) {
  if (Image* const known = Find(digest); known != nullptr) {
    if (known->bytes.size() != bytes)
      return Status(Code::kInvalidArgument, "store: an image of that digest has another size");
    known->used = ++turn_;
    return known->have;
  }
  const std::span<std::byte> room = MakeRoom(bytes);
  if (room.empty()) return Status(Code::kResourceExhausted, "store: no room for the image");
  for (Image& image : images_) {
    if (!image.bytes.empty()) continue;
    image = {.digest = digest, .bytes = room, .used = ++turn_};
    break;
  }
  return 0U;
}

Result<uint32_t> Store::Append(const Digest& digest, uint32_t offset,
                               std::span<const std::byte> block) {
  Image* const image = Find(digest);
  if (image == nullptr) return Status(Code::kNotFound, "store: the image was not offered");
  image->used = ++turn_;
  // A block that came before, or one behind a gap: say what is here.
  if (image->complete || offset != image->have) return image->have;
  if (block.size() > image->bytes.size() - offset)
    return Status(Code::kOutOfRange, "store: a block runs past its image");
  __builtin_memcpy(image->bytes.data() + offset, block.data(), block.size());
  image->have += static_cast<uint32_t>(block.size());
  if (image->have < image->bytes.size()) return image->have;
  if (Sha256Of(image->bytes) != digest) {
    Remove(*image);
    return Status(Code::kDataLoss, "store: the image's bytes are not what its digest says");
  }
  image->complete = true;
  return image->have;
}

Result<std::span<const std::byte>> Store::Hold(const Digest& digest) {
  Image* const image = Find(digest);
  if (image == nullptr || !image->complete)
    return Status(Code::kNotFound, "store: the image is not here");
  ++image->holders;
  image->used = ++turn_;
  return std::span<const std::byte>(image->bytes);
}

void Store::Drop(const Digest& digest) {
  Image* const image = Find(digest);
  if (image != nullptr && image->holders > 0) --image->holders;
}

Status Store::Forget(const Digest& digest) {
  Image* const image = Find(digest);
  if (image == nullptr) return OkStatus();
  if (image->holders > 0) return Status(Code::kFailedPrecondition, "store: the image is in use");
  Remove(*image);
  return OkStatus();
}

int Store::images() const {
  int count = 0;
  for (const Image& image : images_) count += image.complete ? 1 : 0;
  return count;
}

}  // namespace covey::micro
