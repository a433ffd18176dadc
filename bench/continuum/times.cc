#include "bench/continuum/times.hpp"

#include <algorithm>

namespace covey::bench {
namespace {

constexpr size_t kQuantiles = 33;

constexpr uint32_t kResnet56Quiet[kQuantiles] = {
    1794, 1835, 1859, 1872, 1879, 1892, 1897, 1904, 1909, 1919, 1923,
    1930, 1934, 1938, 1943, 1947, 1956, 1964, 1972, 1979, 1987, 1996,
    2007, 2015, 2032, 2041, 2065, 2090, 2126, 2225, 2365, 2538, 4169};
constexpr uint32_t kResnet56Busy[kQuantiles] = {
    1788, 1850, 1868, 1873, 1879, 1889,  1898,  1906,  1911,  1921,  1927,
    1936, 1941, 1946, 1959, 1975, 1999,  2234,  3119,  4773,  5629,  5956,
    6015, 6058, 6820, 8026, 9223, 10006, 10282, 13047, 14615, 32609, 75683};
constexpr uint32_t kMobilenetQuiet[kQuantiles] = {
    4983, 5148, 5187, 5234, 5263, 5294, 5329, 5354, 5367, 5386, 5397,
    5420, 5438, 5457, 5479, 5497, 5508, 5537, 5550, 5571, 5597, 5620,
    5720, 5832, 5966, 6315, 6921, 7213, 7553, 7729, 7854, 7955, 13654};
constexpr uint32_t kMobilenetBusy[kQuantiles] = {
    4819,  5025,  5267,  7292,  8901,  8980,  9023,  9080,  9143,  9223,  9284,
    9545,  10271, 11631, 12749, 13028, 13090, 13137, 13207, 13264, 13373, 13642,
    14672, 15330, 16092, 17050, 17206, 17337, 17704, 19922, 21213, 24604, 54743};

}  // namespace

StoredTimes Resnet56Times() { return {kResnet56Quiet, kResnet56Busy}; }
StoredTimes MobilenetTimes() { return {kMobilenetQuiet, kMobilenetBusy}; }

std::vector<uint32_t> QuantilesIn(std::vector<uint32_t> us) {
  std::sort(us.begin(), us.end());
  std::vector<uint32_t> some;
  for (size_t i = 0; i < kQuantiles; ++i)
    some.push_back(us[i * (us.size() - 1) / (kQuantiles - 1)]);
  return some;
}

}  // namespace covey::bench
