#include "wire/image/host/join.hpp"

#include <charconv>
#include <cstring>
#include <map>
#include <string>

#include "core/sha256.hpp"
#include "wire/image/variants.hpp"

namespace covey::wire {
namespace {

using Bytes = std::vector<std::byte>;

size_t Align(size_t offset) { return (offset + kImageAlign - 1) / kImageAlign * kImageAlign; }

// An image at the boundary that reading wants.
class Placed {
 public:
  explicit Placed(std::span<const std::byte> bytes) : words_(bytes.size() / kImageAlign + 1) {
    if (!bytes.empty()) std::memcpy(words_.data(), bytes.data(), bytes.size());
    bytes_ = std::as_bytes(std::span(words_)).first(bytes.size());
  }
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  struct alignas(kImageAlign) Word {
    std::byte bytes[kImageAlign];
  };
  std::vector<Word> words_;
  std::span<const std::byte> bytes_;
};

class Shared {
 public:
  uint32_t Add(std::span<const std::byte> constant) {
    const auto [place, fresh] = known_.try_emplace(
        std::string(reinterpret_cast<const char*>(constant.data()), constant.size()), 0U);
    if (fresh) {
      data_.resize(Align(data_.size()));
      place->second = static_cast<uint32_t>(data_.size());
      data_.insert(data_.end(), constant.begin(), constant.end());
    }
    return place->second;
  }
  const Bytes& data() const { return data_; }

 private:
  std::map<std::string, uint32_t> known_;
  Bytes data_;
};

// All of an image but its data, which goes to `shared`; offsets of constants are new.
Bytes HeadOf(const ImageView& view, Shared& shared) {
  const ImageHeader& header = view.header();
  const auto first = view.bytes().begin();
  Bytes head(first, first + header.strings_offset + header.strings_bytes);
  head.resize(Align(head.size()));
  const std::byte* const data = view.bytes().data() + header.data_offset;
  auto* const tensors = head.data() + header.tensors_offset;
  for (uint32_t i = 0; i < view.tensor_count(); ++i) {
    TensorRecord record = view.tensor(i);
    if (record.place != static_cast<uint8_t>(Place::kData) || IsBare(record)) continue;
    record.offset = shared.Add({data + record.offset, record.bytes});
    std::memcpy(tensors + i * sizeof(record), &record, sizeof(record));
  }
  ImageHeader made = header;
  if (header.pixel_table != kNone)
    made.pixel_table = shared.Add({data + header.pixel_table, size_t{header.pixel_channels} * 256});
  std::memcpy(head.data(), &made, sizeof(made));
  return head;
}

bool SameRim(const ImageView& a, const ImageView& b) {
  if (a.input_count() != b.input_count() || a.output_count() != b.output_count()) return false;
  const auto same = [&](uint16_t of_a, uint16_t of_b) {
    const TensorRecord &s = a.tensor(of_a), &t = b.tensor(of_b);
    return s.dtype == t.dtype && s.bytes == t.bytes && s.scale == t.scale &&
           s.zero_point == t.zero_point;
  };
  for (uint16_t i = 0; i < a.input_count(); ++i)
    if (!same(a.input_tensor(i), b.input_tensor(i))) return false;
  for (uint16_t i = 0; i < a.output_count(); ++i)
    if (!same(a.output_tensor(i), b.output_tensor(i))) return false;
  return true;
}

}  // namespace

Result<Bytes> JoinVariants(const std::vector<Bytes>& images, Diag& diag) {
  const auto refuse = [&](const char* problem, int64_t found, int64_t expected) {
    diag.Report({.subject = "variants",
                 .problem = problem,
                 .found = found,
                 .expected = expected,
                 .numbers = true});
    return Status(Code::kInvalidArgument, "image: variants do not fit together");
  };
  if (images.empty()) return refuse("there is no image", 0, 1);
  std::vector<Placed> placed(images.begin(), images.end());
  std::vector<ImageView> views;
  Shared shared;
  std::vector<Bytes> heads;
  for (const Placed& one : placed) {
    COVEY_TRY_ASSIGN(const ImageView view, ImageView::Read(one.bytes(), diag));
    views.push_back(view);
    if (!SameRim(views.front(), view))
      return refuse("an image's inputs or outputs differ from the first one's; its number",
                    static_cast<int64_t>(views.size()) - 1, 0);
    heads.push_back(HeadOf(view, shared));
  }
  Bytes file;
  std::vector<size_t> starts;
  for (const Bytes& head : heads) {
    starts.push_back(file.size());
    file.insert(file.end(), head.begin(), head.end());
  }
  const size_t data = file.size();
  file.insert(file.end(), shared.data().begin(), shared.data().end());
  file.resize(Align(file.size()));
  // From the last to the first: a digest covers those that follow.
  for (size_t i = starts.size(); i-- > 0;) {
    std::byte* const at = file.data() + starts[i];
    ImageHeader header;
    std::memcpy(&header, at, sizeof(header));
    header.data_offset = static_cast<uint32_t>(data - starts[i]);
    header.data_bytes = static_cast<uint32_t>(shared.data().size());
    header.total_bytes = static_cast<uint32_t>(file.size() - starts[i]);
    std::memset(header.digest, 0, sizeof(header.digest));
    std::memcpy(at, &header, sizeof(header));
    const Sha256Digest digest = Sha256Of({at, file.size() - starts[i]});
    std::memcpy(at + offsetof(ImageHeader, digest), digest.data(), digest.size());
  }
  return file;
}

Result<Bytes> ExtractVariant(std::span<const std::byte> file, uint32_t number, Diag& diag) {
  const Placed placed(file);
  COVEY_TRY_ASSIGN(const std::span<const std::byte> found,
                   FindVariant(placed.bytes(), number, diag));
  return JoinVariants({Bytes(found.begin(), found.end())}, diag);
}

VariantPath SplitVariantPath(const std::string& path) {
  constexpr std::string_view kMark = ".covey#";
  const size_t at = path.rfind(kMark);
  if (at == std::string::npos) return {path};
  const std::string_view digits = std::string_view(path).substr(at + kMark.size());
  uint32_t number = 0;
  const auto [end, error] = std::from_chars(digits.begin(), digits.end(), number);
  if (error != std::errc() || end != digits.end()) return {path};
  return {path.substr(0, at + kMark.size() - 1), number};
}

}  // namespace covey::wire
