#include "kernels/ref/jpeg_scan.hpp"

#include "kernels/ref/jpeg_cosines.hpp"
#include "kernels/ref/jpeg_huffman.hpp"

namespace covey::kernels::ref {
namespace {

// The next bits of the stream, zeros past a marker or its end.
class Bits {
 public:
  explicit Bits(JpegStream& stream) : stream_(stream) {}

  // A symbol; -1: no code begins so.
  int32_t Symbol(const HuffmanTable& table, const uint8_t* symbols) {
    if (count_ < 16) Fill();
    const uint32_t look = table.look[next_ >> 24];
    if (look != 0) {
      Drop(static_cast<int32_t>(look >> 8));
      return static_cast<int32_t>(look & 0xFF);
    }
    const auto code = static_cast<int32_t>(next_ >> 16);
    for (int i = 0; i < 8; ++i) {
      if (code >= table.end[i]) continue;
      Drop(9 + i);
      return symbols[(code >> (7 - i)) + table.first[i]];
    }
    return -1;
  }
  // A number of `size` bits, 1 to 11; those that begin with 0 are negative.
  int32_t Number(int32_t size) {
    if (count_ < size) Fill();
    const auto bits = static_cast<int32_t>(next_ >> (32 - size));
    const bool negative = (next_ >> 31) == 0;
    Drop(size);
    return negative ? bits + 1 - (1 << size) : bits;
  }
  // More was read than there was.
  bool Overran() const { return count_ < made_up_; }
  // To the marker that has to follow within the byte; false if more stands before it.
  bool Align() {
    const bool whole = count_ - made_up_ < 8;
    next_ = 0, count_ = made_up_ = 0;
    return whole;
  }

 private:
  void Drop(int32_t bits) { next_ <<= bits, count_ -= bits; }
  void Fill() {
    for (; count_ <= 24; count_ += 8) {
      uint32_t byte = 0;
      if (!Next(byte)) made_up_ += 8;
      next_ |= byte << (24 - count_);
    }
  }
  bool Next(uint32_t& byte) {
    if (!stream_.Has(1)) return false;
    byte = stream_.bytes[stream_.at];
    if (byte != 0xFF) {
      ++stream_.at;
      return true;
    }
    if (stream_.Has(2) && stream_.bytes[stream_.at + 1] == 0) {
      stream_.at += 2;
      return true;
    }
    byte = 0;
    return false;
  }

  JpegStream& stream_;
  uint32_t next_ = 0;  // from the highest bit on
  int32_t count_ = 0, made_up_ = 0;
};

class Scan {
 public:
  Scan(JpegStream& stream, JpegState& state, const JpegPixels& to)
      : stream_(stream), state_(state), to_(to), bits_(stream) {}

  JpegFault Run() {
    // Of one component alone, blocks stand row by row, without those that only fill up.
    const bool alone = state_.scanned == 1;
    const JpegComponent& first = state_.component[state_.scan[0]];
    const int32_t rows = alone ? Blocks(first.height) : Blocks(state_.height, state_.v);
    const int32_t columns = alone ? Blocks(first.width) : Blocks(state_.width, state_.h);
    int32_t left = state_.restart_interval, restarts = 0;
    for (int32_t y = 0; y < rows; ++y) {
      for (int32_t x = 0; x < columns; ++x) {
        if (state_.restart_interval != 0 && left-- == 0) {
          if (!Restart(restarts++)) return JpegFault::kRestart;
          left = state_.restart_interval - 1;
        }
        const JpegFault fault = Unit(y, x, alone);
        if (fault != JpegFault::kNone) return fault;
      }
    }
    return bits_.Align() ? JpegFault::kNone : JpegFault::kMarker;
  }

 private:
  static int32_t Blocks(int32_t samples, int32_t factor = 1) {
    return (samples + 8 * factor - 1) / (8 * factor);
  }

  bool Restart(int32_t number) {
    if (!bits_.Align() || !stream_.Has(2) || stream_.bytes[stream_.at] != 0xFF ||
        stream_.bytes[stream_.at + 1] != 0xD0 + (number & 7))
      return false;
    stream_.at += 2;
    for (JpegComponent& component : state_.component) component.last_dc = 0;
    return true;
  }

  // The blocks of one unit of the scan.
  JpegFault Unit(int32_t y, int32_t x, bool alone) {
    for (int32_t i = 0; i < state_.scanned; ++i) {
      const int32_t c = state_.scan[i];
      JpegComponent& component = state_.component[c];
      const int32_t h = alone ? 1 : component.h, v = alone ? 1 : component.v;
      for (int32_t block = 0; block < h * v; ++block) {
        uint32_t columns = 0;
        const JpegFault fault = Block(component, columns);
        if (fault != JpegFault::kNone) return fault;
        Write(c, 8 * (y * v + block / h), 8 * (x * h + block % h), columns);
      }
    }
    return JpegFault::kNone;
  }

  const uint8_t* Symbols(const HuffmanTable& table) const {
    return table.symbols < 0 ? StandardCodes(-1 - table.symbols).data() + 16
                             : stream_.bytes + table.symbols;
  }

  // Coefficients times their steps.
  JpegFault Block(JpegComponent& component, uint32_t& columns) {
    int32_t* const to = state_.block;
    __builtin_memset(to, 0, sizeof state_.block);
    const uint16_t* const steps = state_.steps[component.steps];
    const HuffmanTable& dc = state_.huffman[component.dc];
    const int32_t size = bits_.Symbol(dc, Symbols(dc));
    if (size < 0) return JpegFault::kCode;
    if (size > 0) component.last_dc += bits_.Number(size);
    if (component.last_dc < -32768 || component.last_dc > 32767) return JpegFault::kCoefficient;
    to[0] = Scaled(component.last_dc, steps[0]);

    const HuffmanTable& ac = state_.huffman[component.ac];
    const uint8_t* const symbols = Symbols(ac);
    for (int32_t k = 1; k < 64; ++k) {
      const int32_t symbol = bits_.Symbol(ac, symbols);
      if (symbol < 0) return JpegFault::kCode;
      if (symbol == 0) break;
      k += symbol >> 4;
      if (k > 63) return JpegFault::kCoefficient;
      if ((symbol & 15) == 0) continue;  // sixteen zeros
      const uint32_t place = kZigzag[k];
      to[place] = Scaled(bits_.Number(symbol & 15), steps[k]);
      if (place >= 8) columns |= 1U << (place & 7);
    }
    return bits_.Overran() ? JpegFault::kEndsEarly : JpegFault::kNone;
  }

  static int32_t Scaled(int32_t value, uint16_t step) {
    return static_cast<int32_t>(static_cast<uint32_t>(value) * step);
  }

  // Samples from (y, x) of component c on, as far as there are pixels for them.
  void Write(int32_t c, int32_t y, int32_t x, uint32_t columns) {
    const JpegComponent& component = state_.component[c];
    if (c >= to_.channels || y >= component.height || x >= component.width) return;
    uint8_t samples[64];
    InverseCosines(state_.block, columns, samples);
    const int32_t apart = state_.h / component.h * to_.channels;
    const int32_t row = state_.v / component.v * state_.width * to_.channels;
    uint8_t* to = to_.bytes + int64_t{y} * row + int64_t{x} * apart + c;
    const int32_t height = component.height - y < 8 ? component.height - y : 8;
    const int32_t width = component.width - x < 8 ? component.width - x : 8;
    for (int32_t i = 0; i < height; ++i, to += row)
      for (int32_t j = 0; j < width; ++j) to[j * apart] = samples[8 * i + j];
  }

  JpegStream& stream_;
  JpegState& state_;
  const JpegPixels& to_;
  Bits bits_;
};

}  // namespace

JpegFault DecodeScan(JpegStream& stream, JpegState& state, const JpegPixels& to) {
  return Scan(stream, state, to).Run();
}

}  // namespace covey::kernels::ref
