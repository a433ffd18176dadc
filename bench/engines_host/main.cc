// The host's int8 engine beside ONNX Runtime's, on the same int8 networks: same weights, same
// scales, one thread each, call by call in turns, so that both meet the same machine.
//
//   bench_engines_host [--calls N] [--check] [--ref] [--avx2] [MODEL ...]
//
// Without MODEL: ResNet-8 of $COVEY_DATA (if it is there) and MobileNetV2 with random weights. A
// MODEL is a quantised .tflite. ONNX Runtime gets the network as QDQ ONNX (qdq_onnx.hpp), once with
// int8 and once with uint8 activations; the faster counts. --check: exit 1 unless Covey's median is
// below it on every network. --ref: the reference loops too, which are slow. --avx2: both engines
// without AVX-512, AMX and AVX-VNNI (cpu_mask.hpp).
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>

#include "compiler/compile.hpp"
#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "core/host/temp_dir.hpp"
#include "cpu_mask.hpp"
#include "kernels/host/host_kernels.hpp"
#include "mobilenetv2.hpp"
#include "qdq_onnx.hpp"
#include "serve/backends/int8/int8_backend.hpp"
#include "serve/backends/onnx/onnx_backend.hpp"

namespace covey::bench {
namespace {

[[noreturn]] void Fail(const DiagText& diag, const Status& status) {
  std::fprintf(stderr, "bench_engines_host: %s\n%s\n", status.message(), diag.Text().c_str());
  std::exit(1);
}

template <typename T>
T Must(Result<T> result, const DiagText& diag) {
  if (!result.ok()) Fail(diag, result.status());
  return *std::move(result);
}

struct Row {
  const char* name;
  std::unique_ptr<serve::Model> model;
  std::vector<HostTensor> inputs, outputs = {};
  std::vector<double> us = {};

  void Call() {
    DiagText diag;
    const auto begin = std::chrono::steady_clock::now();
    const Status status = model->Run(inputs, outputs, diag);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - begin;
    if (!status.ok()) Fail(diag, status);
    us.push_back(took.count());
  }
  double Quantile(double q) {
    const auto at =
        us.begin() + static_cast<std::ptrdiff_t>(q * static_cast<double>(us.size() - 1));
    std::nth_element(us.begin(), at, us.end());
    return *at;
  }
};

// One pseudo-random picture: (N, H, W, C) int8 for us, (N, C, H, W) int8 or uint8 for ONNX Runtime.
HostTensor Picture(const serve::TensorInfo& info, const std::vector<int32_t>& nhwc) {
  HostTensor tensor{info.name, info.type, info.dims, {}};
  size_t count = 1;
  for (const int32_t dim : nhwc) count *= static_cast<size_t>(dim);
  tensor.data.resize(count);
  const bool planar = info.dims != nhwc;
  const auto channels = nhwc.size() == 4 ? static_cast<size_t>(nhwc[3]) : 1;
  uint32_t state = 0x9E3779B9;
  for (size_t i = 0; i < count; ++i) {
    state ^= state << 13, state ^= state >> 17, state ^= state << 5;
    const size_t pixel = i / channels, channel = i % channels;
    const size_t at = planar ? channel * (count / channels) + pixel : i;
    const bool is_unsigned = info.type == ElementType::kUint8;
    tensor.data[at] = static_cast<std::byte>((state & 0xFF) ^ (is_unsigned ? 0x80 : 0));
  }
  return tensor;
}

Row OursOf(const char* name, std::span<const std::byte> image,
           const kernels::HostKernels& kernels) {
  DiagText diag;
  Row row{name, Must(serve::LoadImage(image, diag, kernels), diag), {}};
  row.inputs = {Picture(row.model->inputs()[0], row.model->inputs()[0].dims)};
  return row;
}

Row TheirsOf(const char* name, const compiler::Graph& graph, Signs signs,
             const std::vector<int32_t>& nhwc) {
  DiagText diag;
  const std::string bytes = Must(QdqOnnx(graph, signs, diag), diag);
  const TempDir folder("covey-bench");
  if (!folder.Write("model.onnx", bytes)) {
    Fail(diag, Status(Code::kUnavailable, "no temporary file"));
  }
  auto backend = Must(serve::MakeOnnxBackend({.threads = 1}, diag), diag);
  Row row{name, Must(backend->Load(folder.path() / "model.onnx", diag), diag), {}};
  row.inputs = {Picture(row.model->inputs()[0], nhwc)};
  return row;
}

// The largest difference of two outputs, in steps, and how many bytes differ.
void PrintAgreement(const Row& ours, const Row& theirs) {
  const auto& a = ours.outputs[0].data;
  const auto& b = theirs.outputs[0].data;
  const bool is_unsigned = theirs.outputs[0].type == ElementType::kUint8;
  int most = 0;
  size_t differ = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
    const int mine = static_cast<int8_t>(a[i]);
    const int other =
        static_cast<int8_t>(b[i] ^ std::byte{is_unsigned ? uint8_t{0x80} : uint8_t{0}});
    most = std::max(most, std::abs(mine - other));
    differ += mine != other;
  }
  std::printf("  %s: %zu of %zu output bytes differ from ours, by %d steps at most\n", theirs.name,
              differ, a.size(), most);
}

// The best of those up to `name`, or of all.
size_t Kernels(const char* name) {
  const auto all = kernels::AllHostKernels();
  for (size_t i = 0; i < all.size(); ++i)
    if (name != nullptr && std::strcmp(all[i].name, name) == 0) return i;
  return all.size() - 1;
}

bool Compare(const compiler::Graph& graph, int calls, bool ref, size_t best) {
  DiagText diag;
  const auto image = Must(compiler::Compile(graph, diag), diag);
  std::vector<Row> rows;
  const auto all = kernels::AllHostKernels();
  rows.push_back(OursOf("covey", image, all[best]));
  const auto nhwc = rows[0].inputs[0].dims;
  rows.push_back(TheirsOf("ONNX Runtime, int8", graph, Signs::kSigned, nhwc));
  rows.push_back(TheirsOf("ONNX Runtime, uint8", graph, Signs::kUnsigned, nhwc));
  // What a processor without the best instructions would run.
  for (size_t i = ref ? 0 : 1; i < best; ++i) rows.push_back(OursOf(all[i].name, image, all[i]));
  const int warm_up = std::max(10, calls / 10);
  for (int i = 0; i < calls + warm_up; ++i) {
    if (i == warm_up)
      for (Row& row : rows) row.us.clear();
    for (Row& row : rows) row.Call();
  }
  std::printf("\n%s, %.2f M multiplications, %d calls each, microseconds\n", graph.name.c_str(),
              static_cast<double>(compiler::Summarise(graph).macs) / 1e6, calls);
  std::printf("  %-20s %10s %10s %10s\n", "", "minimum", "median", "p90");
  for (Row& row : rows)
    std::printf("  %-20s %10.1f %10.1f %10.1f\n", row.name, row.Quantile(0), row.Quantile(0.5),
                row.Quantile(0.9));
  const double median = std::min(rows[1].Quantile(0.5), rows[2].Quantile(0.5));
  const double minimum = std::min(rows[1].Quantile(0), rows[2].Quantile(0));
  std::printf("  covey / ONNX Runtime: %.2f of the median, %.2f of the minimum\n",
              rows[0].Quantile(0.5) / median, rows[0].Quantile(0) / minimum);
  PrintAgreement(rows[0], rows[1]);
  PrintAgreement(rows[0], rows[2]);
  return rows[0].Quantile(0.5) < median;
}

compiler::Graph Import(const std::filesystem::path& path) {
  DiagText diag;
  return Must(compiler::ImportFile(path, diag), diag);
}

}  // namespace
}  // namespace covey::bench

int main(int argc, char** argv) {
  using namespace covey;
  int calls = 300;
  bool check = false, ref = false, avx2 = false;
  std::vector<compiler::Graph> graphs;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--check") == 0) {
      check = true;
    } else if (std::strcmp(argv[i], "--ref") == 0) {
      ref = true;
    } else if (std::strcmp(argv[i], "--avx2") == 0) {
      avx2 = true;
    } else if (std::strcmp(argv[i], "--calls") == 0 && i + 1 < argc && std::atoi(argv[i + 1]) > 0) {
      calls = std::atoi(argv[++i]);
    } else if (argv[i][0] == '-') {
      std::fprintf(
          stderr, "usage: bench_engines_host [--calls N] [--check] [--ref] [--avx2] [MODEL ...]\n");
      return 2;
    } else {
      graphs.push_back(bench::Import(argv[i]));
    }
  }
  if (graphs.empty()) {
    const auto data = DataDir();
    if (data)
      graphs.push_back(bench::Import(*data / "mlperf_tiny/models/pretrainedResnet_quant.tflite"));
    else
      std::printf("COVEY_DATA: no ResNet-8\n");
    graphs.push_back(bench::MobileNetV2(1));
  }
  if (avx2 && !bench::HideAvx512()) {
    std::fprintf(stderr, "bench_engines_host: --avx2: this machine cannot hide AVX-512\n");
    return 1;
  }
  const size_t best = bench::Kernels(avx2 ? "avx2" : nullptr);
  std::printf("kernels: %s\n", kernels::AllHostKernels()[best].name);
  bool faster = true;
  for (const compiler::Graph& graph : graphs)
    faster = bench::Compare(graph, calls, ref, best) && faster;
  return check && !faster ? 1 : 0;
}
