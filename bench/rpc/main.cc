// Prints what the wire costs: the time of one call over each way, above that of the model called
// directly.
//
//   bench_rpc [--requests N] [--json]
//
// Server and client are threads of this process, on loopback. The ways take turns in rounds of 50
// calls, so that a change of the machine's load meets all of them; the first round warms up and is
// not counted.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <stdexcept>

#include "bench/rpc/echo.hpp"
#include "bench/rpc/way.hpp"

namespace covey::bench {
namespace {

constexpr int kRound = 50;
constexpr size_t kRequestBytes[] = {1024, 150528};

struct Row {
  std::unique_ptr<Way> way;
  std::vector<double> us;
  double At(double quantile) const {
    return us[static_cast<size_t>(quantile * static_cast<double>(us.size() - 1))];
  }
};

std::vector<Row> MakeWays(size_t bytes) {
  std::vector<Row> rows;
  rows.push_back({MakeDirect(bytes), {}});
  rows.push_back({MakeFloor(), {}});
  rows.push_back({MakeAgent(bytes), {}});
#ifdef COVEY_HAVE_GRPC
  rows.push_back({MakeGrpc(), {}});
#endif
  return rows;
}

void CallRound(Row& row, std::span<const std::byte> request, std::span<const std::byte> expected,
               int calls, bool counts) {
  std::vector<std::byte> reply;
  for (int i = 0; i < calls; ++i) {
    const auto start = std::chrono::steady_clock::now();
    row.way->Call(request, reply);
    const std::chrono::duration<double, std::micro> took = std::chrono::steady_clock::now() - start;
    if (!std::equal(reply.begin(), reply.end(), expected.begin(), expected.end())) {
      throw std::runtime_error(std::string(row.way->name()) + ": another reply than the model's");
    }
    if (counts) row.us.push_back(took.count());
  }
}

std::vector<Row> Measure(size_t bytes, int requests) {
  std::vector<std::byte> request(bytes), expected(kReplyBytes);
  for (size_t i = 0; i < bytes; ++i) request[i] = static_cast<std::byte>(i * 131);
  Answer(request, expected);
  std::vector<Row> rows = MakeWays(bytes);
  for (Row& row : rows) CallRound(row, request, expected, kRound, false);
  for (int done = 0; done < requests; done += kRound) {
    for (Row& row : rows) {
      CallRound(row, request, expected, std::min(kRound, requests - done), true);
    }
  }
  for (Row& row : rows) std::sort(row.us.begin(), row.us.end());
  return rows;
}

void PrintTable(size_t bytes, const std::vector<Row>& rows) {
  std::printf("\nrequest %zu bytes, reply %zu bytes, microseconds\n", bytes, kReplyBytes);
  std::printf("  %-18s %9s %9s %9s %10s\n", "way", "median", "p99", "added", "x floor");
  const double direct = rows[0].At(0.5), floor = rows[1].At(0.5) - direct;
  for (const Row& row : rows) {
    const double added = row.At(0.5) - direct;
    std::printf("  %-18s %9.1f %9.1f %9.1f %10.2f\n", row.way->name(), row.At(0.5), row.At(0.99),
                added, added / floor);
  }
}

void PrintJson(size_t bytes, const std::vector<Row>& rows, bool last) {
  std::printf("  {\"request_bytes\": %zu, \"reply_bytes\": %zu, \"ways\": [", bytes, kReplyBytes);
  for (const Row& row : rows) {
    std::printf(
        "%s\n    {\"way\": \"%s\", \"median_us\": %.1f, \"p99_us\": %.1f, \"added_us\": %.1f}",
        &row == rows.data() ? "" : ",", row.way->name(), row.At(0.5), row.At(0.99),
        row.At(0.5) - rows[0].At(0.5));
  }
  std::printf("]}%s\n", last ? "" : ",");
}

int Main(int argc, char** argv) {
  CLI::App app("What the wire costs, above a direct call of the model");
  int requests = 2000;
  bool json = false;
  app.add_option("--requests", requests, "calls of each way and size")
      ->check(CLI::Range(1, 1000000));
  app.add_flag("--json", json, "figures as JSON");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error);
    return code == 0 ? 0 : 2;
  }
#ifndef COVEY_HAVE_GRPC
  std::fprintf(stderr, "built without gRPC (tools/setup bench, then configure again)\n");
#endif
  if (json) std::printf("[\n");
  for (const size_t bytes : kRequestBytes) {
    const std::vector<Row> rows = Measure(bytes, requests);
    if (json) {
      PrintJson(bytes, rows, bytes == kRequestBytes[1]);
    } else {
      PrintTable(bytes, rows);
    }
  }
  if (json) std::printf("]\n");
  return 0;
}

}  // namespace
}  // namespace covey::bench

int main(int argc, char** argv) {
  try {
    return covey::bench::Main(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_rpc: %s\n", error.what());
    return 1;
  }
}
