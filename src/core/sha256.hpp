// Sha256 hashes bytes as FIPS 180-4 says; it runs at compile time too.
//
//   Sha256 hash;
//   hash.Update(header);
//   hash.Update(body);
//   std::array<std::byte, 32> digest = hash.Finish();
//
// Memory: 104 bytes of state, no table but the 64 round constants. Not for secrets: it wipes
// nothing.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace covey {

inline constexpr size_t kSha256Bytes = 32;
using Sha256Digest = std::array<std::byte, kSha256Bytes>;

namespace sha256_detail {
// First 32 bits of the fractional parts of the cube roots of the first 64 primes.
inline constexpr uint32_t kRound[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};
}  // namespace sha256_detail

class Sha256 {
 public:
  constexpr void Update(std::span<const std::byte> bytes) {
    for (std::byte byte : bytes) {
      block_[length_++ % kBlock] = byte;
      if (length_ % kBlock == 0) Compress();
    }
  }

  // The digest of everything so far; the object is used up.
  constexpr Sha256Digest Finish() {
    const uint64_t bits = length_ * 8;
    constexpr std::byte kOne[1] = {std::byte{0x80}};
    constexpr std::byte kZero[1] = {std::byte{0}};
    Update(kOne);
    while (length_ % kBlock != kBlock - 8) Update(kZero);
    std::byte tail[8] = {};
    for (int i = 0; i < 8; ++i) tail[i] = static_cast<std::byte>(bits >> (56 - 8 * i) & 0xFF);
    Update(tail);
    Sha256Digest digest{};
    for (size_t i = 0; i < kSha256Bytes; ++i)
      digest[i] = static_cast<std::byte>(state_[i / 4] >> (24 - 8 * (i % 4)) & 0xFF);
    return digest;
  }

 private:
  static constexpr size_t kBlock = 64;

  constexpr uint32_t Word(int i) const {
    uint32_t word = 0;
    for (int k = 0; k < 4; ++k) word = word << 8 | static_cast<uint32_t>(block_[4 * i + k]);
    return word;
  }

  // The message schedule of word t, kept in a ring of 16 to save 192 bytes of stack.
  static constexpr uint32_t Schedule(uint32_t* w, int t) {
    const uint32_t a = w[(t + 1) & 15];
    const uint32_t b = w[(t + 14) & 15];
    const uint32_t s0 = std::rotr(a, 7) ^ std::rotr(a, 18) ^ (a >> 3);
    const uint32_t s1 = std::rotr(b, 17) ^ std::rotr(b, 19) ^ (b >> 10);
    return w[t & 15] += s0 + w[(t + 9) & 15] + s1;
  }

  constexpr void Compress() {
    uint32_t w[16] = {};
    for (int i = 0; i < 16; ++i) w[i] = Word(i);
    auto [a, b, c, d, e, f, g, h] = state_;
    for (int t = 0; t < 64; ++t) {
      const uint32_t word = t < 16 ? w[t] : Schedule(w, t);
      const uint32_t s1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
      const uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + sha256_detail::kRound[t] + word;
      const uint32_t s0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
      const uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
      h = g, g = f, f = e, e = d + t1, d = c, c = b, b = a, a = t1 + t2;
    }
    const uint32_t add[8] = {a, b, c, d, e, f, g, h};
    for (int i = 0; i < 8; ++i) state_[i] += add[i];
  }

  std::array<uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<std::byte, kBlock> block_{};
  uint64_t length_ = 0;
};

// The digest of one run of bytes.
Sha256Digest Sha256Of(std::span<const std::byte> bytes);

}  // namespace covey
