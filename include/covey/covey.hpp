// Covey on the host: one call that answers from the int8 engine in this process or from an agent,
// as configured.
//
//   covey::Session session = covey::Session::Open({}).value();
//   session.Load("digits", "digits.covey");                       // or .tflite, or int8 .onnx
//   session.SetPlace("agent tcp://edge.local:7700", "resnet56");  // or "local"; at any time
//   covey::Image cat = covey::Image::File("cat.jpg").value();
//   covey::Answer answer = session.Classify(cat).value();
//   std::cout << answer.classes[0].label << " from " << answer.place << '\n';
//
// The same calls as micro.h. Threads: a Session may be used from several threads; calls on one
// agent connection queue. Errors: an Error holds gRPC's code and words for people. No exception
// leaves these calls.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace covey {

struct Error {
  uint32_t code = 0;  // gRPC's numbers: 3 invalid argument, 4 deadline exceeded, 5 not found, 14
                      // unavailable ...
  std::string message;
};

// A value or an Error.
template <typename T>
class [[nodiscard]] Expected {
 public:
  Expected(T value) : state_(std::move(value)) {}      // NOLINT: implicit
  Expected(Error error) : state_(std::move(error)) {}  // NOLINT
  explicit operator bool() const { return state_.index() == 0; }
  bool has_value() const { return state_.index() == 0; }
  // Only if has_value().
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};
template <>
class [[nodiscard]] Expected<void> {
 public:
  Expected() = default;
  Expected(Error error) : error_(std::move(error)) {}  // NOLINT
  explicit operator bool() const { return !error_; }
  bool has_value() const { return !error_; }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

enum class ElementType : uint8_t {
  kNone = 0,
  kInt8 = 1,
  kUint8 = 2,
  kInt16 = 3,
  kInt32 = 4,
  kInt64 = 5,
  kFloat32 = 6,
  kBool = 7,
};

struct HostTensor {
  std::string name;
  ElementType type = ElementType::kNone;
  std::vector<int32_t> dims;
  std::vector<std::byte> data;  // little-endian, row-major
};

enum class ImageFormat : uint8_t { kRawRgb8 = 1, kRawGray8 = 2, kJpeg = 3, kPng = 4, kTensor = 5 };

struct Image {
  ImageFormat format = ImageFormat::kRawRgb8;
  uint32_t width = 0, height = 0;  // raw pixels
  std::vector<std::byte> bytes;

  // A JPEG or PNG file, told apart by its first bytes.
  static Expected<Image> File(const std::string& path);
  static Image RawRgb8(uint32_t width, uint32_t height, std::span<const std::byte> pixels);
  static Image Tensor(std::span<const std::byte> bytes);
};

struct ClassScore {
  uint32_t index = 0;
  float confidence = 0;  // softmax probability, 0..1
  std::string label;
};

struct Answer {
  std::vector<ClassScore> classes;  // Classify: most likely first
  std::vector<HostTensor> outputs;  // Infer
  std::string place;                // where it ran: "local", "agent tcp://host:port"
  std::string model;
  bool fell_back = false;              // asked for an agent, answered locally
  std::string fallback_reason;         // why, if it fell back
  std::chrono::nanoseconds latency{};  // of the whole call, measured here
  std::chrono::nanoseconds compute{};  // in the engine, as the place reports it
  // Why that place, and what the router expected of it (docs/guide/routing.md).
  std::string reason;
  std::chrono::nanoseconds expected{};  // 0: nothing was known
  double likely = 0;                    // to meet what was asked, 0..1
  double expected_accuracy = 0;         // 0..1
  std::vector<std::string> distrusts;   // what the router does not believe, in words
  // What went to the agent that answered; empty and 0 for a local answer. "file": the picture as it
  // came; "raw", "png", "jpeg:80:420" (`covey forms --help`); "tensor".
  std::string form;
  uint64_t sent_bytes = 0;  // of the whole request
  bool hedged = false;      // agent and local model worked on it at the same time
};

enum class Fallback { kLocal, kFail };

enum class Prefer { kLatency, kAccuracy, kEnergy };

// What a call asks of its place; `keep_answers` and `exact_only` hold at any, the rest at places that
// begin with "auto".
struct Sla {
  std::chrono::nanoseconds max_latency{};  // an answer by then is as wanted; 0: any time
  double min_accuracy = 0;                 // 0..1
  Prefer prefer = Prefer::kLatency;
  bool exact_only = false;  // no approximate variants; pictures are sent without loss
  bool never_late = false;  // an answer after max_latency is worth nothing
  // The local model may work beside an agent that is late; the first acceptable answer counts. At
  // most a quarter of a local run for each request is spent in vain; never where energy is preferred.
  bool hedge = false;
  // A picture is sent smaller only in a form that leaves at least this share of the answers as they
  // are, as `covey forms` measured it. 0..1
  double keep_answers = 0.99;
};

struct CallOptions {
  std::string model = {};               // empty: the place's model
  std::chrono::nanoseconds deadline{};  // 0: the session's default
  uint32_t top_k = 1;
  Fallback fallback = Fallback::kLocal;
  Sla sla = {};
};

struct SessionOptions {
  std::chrono::nanoseconds deadline = std::chrono::seconds(5);
  size_t max_message_bytes = 4U << 20;
};

struct ModelDescription {
  std::string name, backend;
  std::vector<std::string> inputs, outputs;  // "int8[1,32,32,3] scale 0.0039 zero -128"
};

class Session {
 public:
  static Expected<Session> Open(const SessionOptions& options);
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;
  ~Session();

  // Makes a model file answer to `name` at the local place. Where the file has variants, these are
  // "NAME#1", "NAME#2" ...; the places "auto ..." choose among them.
  Expected<void> Load(const std::string& name, const std::string& path);
  // "local", "agent tcp://HOST:PORT", or "auto" and up to three agents: "auto agent tcp://A:7700
  // agent tcp://B:7700", "auto local": then each call runs here or there, as its Sla asks. `model`
  // names the model there (empty keeps the name). Does not connect.
  Expected<void> SetPlace(const std::string& place, const std::string& model = "");
  std::string place() const;
  // What `covey eval` and `covey calibrate` measured of this session's models, for "auto". Without
  // it, time is learned from the first calls and the agent is taken to be a little more accurate.
  Expected<void> LoadProfiles(const std::string& path);

  Expected<Answer> Infer(std::span<const HostTensor> inputs, const CallOptions& options = {});
  Expected<Answer> Classify(const Image& image, const CallOptions& options = {});
  // A local model (empty: the one that Infer would take) forgets what it remembers from call to
  // call (lstm, svdf): call it where another sequence begins. An agent's models are not reset.
  Expected<void> Reset(const std::string& model = "");
  // What the current place offers.
  Expected<std::vector<ModelDescription>> Models();

 private:
  struct State;
  explicit Session(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace covey
