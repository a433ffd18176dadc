// Status says how a call ended, in two words: a code that tells the caller what to do next, and a
// literal that says why.
//
//   Status Load(std::span<const std::byte> bytes) {
//     if (bytes.size() < 64) return Status(Code::kDataLoss, "image: shorter than its header");
//     COVEY_TRY(CheckDigest(bytes)); COVEY_TRY_ASSIGN(auto header, ReadHeader(bytes));
//     return OkStatus();
//   }
//
// Memory: no allocation; the message must be a string literal (or live as long as the program).
// Errors: codes are gRPC's numbers and cross the wire unchanged. Words for people (file, tensor,
// numbers) go to a Diag.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

namespace covey {

enum class Code : uint32_t {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,   // the caller's request is wrong: change it
  kDeadlineExceeded = 4,  // too late: the answer may still have been computed
  kNotFound = 5,          // no such model, file or node
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,   // a limit (memory, size, queue): ask for less or later
  kFailedPrecondition = 9,  // the thing is not in the state this call needs
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,  // known, but not supported here
  kInternal = 13,       // our bug
  kUnavailable = 14,    // try again, here or elsewhere
  kDataLoss = 15,       // bytes are damaged
  kUnauthenticated = 16,
};
inline constexpr uint32_t kCodeCount = 17;

// Canonical upper-case name, for example "DEADLINE_EXCEEDED"; "UNKNOWN" for a number that is no
// code.
const char* CodeName(Code code);

class [[nodiscard]] Status {
 public:
  constexpr Status() = default;
  constexpr Status(Code code, const char* message) : code_(code), message_(message) {}
  constexpr bool ok() const { return code_ == Code::kOk; }
  constexpr Code code() const { return code_; }
  constexpr const char* message() const { return message_; }

 private:
  Code code_ = Code::kOk;
  const char* message_ = "";
};

constexpr Status OkStatus() { return {}; }

// Either a value or the Status that says why there is none.
template <typename T>
class [[nodiscard]] Result {
 public:
  constexpr Result(Status status)
      : status_(status) {}  // NOLINT: implicit, so that `return status;` reads well
  constexpr Result(T value) : value_(static_cast<T&&>(value)) {}  // NOLINT
  constexpr bool ok() const { return value_.has_value(); }
  constexpr Status status() const { return status_; }
  constexpr T& operator*() & { return *value_; }
  constexpr const T& operator*() const& { return *value_; }
  constexpr T&& operator*() && { return static_cast<T&&>(*value_); }
  constexpr T* operator->() { return &*value_; }
  constexpr const T* operator->() const { return &*value_; }

 private:
  Status status_;
  std::optional<T> value_;
};

}  // namespace covey

#define COVEY_CONCAT_(a, b) a##b
#define COVEY_CONCAT(a, b) COVEY_CONCAT_(a, b)

// Passes a failed Status (or the Status of a failed Result) on to the caller.
#define COVEY_TRY(expression)                                                                    \
  do {                                                                                           \
    if (::covey::Status covey_status_ = (expression); !covey_status_.ok()) return covey_status_; \
  } while (0)

// COVEY_TRY_ASSIGN(auto plan, Place(fleet)): the value of a Result, or return its Status.
#define COVEY_TRY_ASSIGN(declaration, expression) \
  COVEY_TRY_ASSIGN_(COVEY_CONCAT(covey_result_, __LINE__), declaration, expression)
#define COVEY_TRY_ASSIGN_(result, declaration, expression) \
  auto result = (expression);                              \
  if (!result.ok()) return result.status();                \
  declaration = *static_cast<decltype(result)&&>(result)
