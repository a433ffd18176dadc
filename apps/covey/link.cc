// covey link: a slower, less reliable link between a client and an agent, in user space.
#include <pthread.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <iostream>
#include <memory>

#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/table.hpp"
#include "apps/covey/place/target.hpp"
#include "serve/link/link_proxy.hpp"

namespace covey::app {
namespace {

struct Options {
  std::string preset = "wifi", listen = "127.0.0.1:0", to;
  double up_mbit = 0, down_mbit = 0, delay_ms = -1, jitter_ms = -1, loss_percent = -1;
  std::vector<std::string> outages, slow;
  uint64_t seed = 1;
  bool json = false, list = false;
};

Error Usage(const std::string& words) { return {3, words}; }

// "10-15": seconds from the start; "10-15:8" for slow times, eight times slower.
Expected<plan::LinkEvent> ParseEvent(const std::string& text, bool out) {
  plan::LinkEvent event{.out = out};
  int end = 0;
  const int found = out ? std::sscanf(text.c_str(), "%lf-%lf%n", &event.from_s, &event.to_s, &end)
                        : std::sscanf(text.c_str(), "%lf-%lf:%lf%n", &event.from_s, &event.to_s,
                                      &event.slower, &end);
  const bool whole = found == (out ? 2 : 3) && static_cast<size_t>(end) == text.size();
  if (whole && event.from_s >= 0 && event.to_s > event.from_s && event.slower >= 1 &&
      event.to_s < 1e7 && event.slower < 1e6)
    return event;
  return Usage((out ? "--outage: found '" : "--slow: found '") + text + "', expected " +
               (out ? "FROM-TO in seconds" : "FROM-TO:TIMES"));
}

Expected<serve::LinkProxyConfig> Settle(const Options& options) {
  const plan::LinkShape* const preset = plan::FindLinkShape(options.preset);
  if (preset == nullptr)
    return Usage("--preset: found '" + options.preset +
                 "', expected wired, wifi, wifi-crowded, ble or lte");
  serve::LinkProxyConfig config{.shape = *preset, .seed = options.seed};
  if (options.up_mbit > 0) config.shape.up_bit_s = options.up_mbit * 1e6;
  if (options.down_mbit > 0) config.shape.down_bit_s = options.down_mbit * 1e6;
  if (options.delay_ms >= 0) config.shape.delay_s = options.delay_ms / 1e3;
  if (options.jitter_ms >= 0) config.shape.jitter_s = options.jitter_ms / 1e3;
  if (options.loss_percent >= 0) config.shape.loss = options.loss_percent / 100;
  const auto listen = ParseHostPort("--listen", options.listen, true);
  if (!listen) return listen.error();
  const auto to = ParseHostPort("--to", options.to);
  if (!to) return to.error();
  config.host = listen.value().host, config.port = listen.value().port;
  config.to_host = to.value().host, config.to_port = to.value().port;
  for (const bool out : {true, false}) {
    for (const std::string& text : out ? options.outages : options.slow) {
      const auto event = ParseEvent(text, out);
      if (!event) return event.error();
      config.events.push_back(event.value());
    }
  }
  return config;
}

int List(const Options& options) {
  Table table({"preset", ">up Mbit/s", ">down Mbit/s", ">delay ms", ">jitter ms", ">loss %"});
  Json json = Json::array();
  for (const plan::LinkShape& shape : plan::LinkPresets()) {
    table.Add({shape.name, Fixed(shape.up_bit_s / 1e6, 1), Fixed(shape.down_bit_s / 1e6, 1),
               Fixed(shape.delay_s * 1e3, 1), Fixed(shape.jitter_s * 1e3, 1),
               Fixed(shape.loss * 100, 2)});
    json.push_back({{"name", shape.name},
                    {"up_bit_s", shape.up_bit_s},
                    {"down_bit_s", shape.down_bit_s},
                    {"delay_s", shape.delay_s},
                    {"jitter_s", shape.jitter_s},
                    {"loss", shape.loss}});
  }
  if (options.json) {
    PrintJson(std::cout, {{"presets", json}});
  } else {
    std::cout << table.Text();
  }
  return kDone;
}

int Link(const Options& options) {
  if (options.list) return List(options);
  const auto config = Settle(options);
  if (!config) {
    PrintFailure(config.error(), options.json);
    return kUsage;
  }
  sigset_t signals;
  (void)sigemptyset(&signals);
  (void)sigaddset(&signals, SIGTERM);
  (void)sigaddset(&signals, SIGINT);
  (void)pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  serve::LinkProxy proxy(config.value());
  DiagText diag;
  const Status started = proxy.Start(diag);
  if (!started.ok()) return Fail(Explain("link", started, diag), options.json);
  const HostPort address{config.value().host, proxy.port()};
  if (options.json) {
    std::cout << Json{{"event", "listening"}, {"address", address.text()}}.dump() << std::endl;
  } else {
    std::cout << "covey link listening on " << address.text() << ", " << config.value().shape.name
              << " to " << options.to << std::endl;
  }
  int signal = 0;
  (void)sigwait(&signals, &signal);
  proxy.Stop();
  const serve::LinkTraffic traffic = proxy.traffic();
  if (options.json) {
    std::cout << Json{{"event", "stopped"},
                      {"connections", traffic.connections},
                      {"up_bytes", traffic.up_bytes},
                      {"down_bytes", traffic.down_bytes}}
                     .dump()
              << std::endl;
  } else {
    std::cout << traffic.connections << " connections, " << traffic.up_bytes << " bytes up, "
              << traffic.down_bytes << " down" << std::endl;
  }
  return kDone;
}

}  // namespace

void AddLink(CLI::App& app, Chosen& chosen) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "link", "Put a slower, less reliable link between a client and an agent (TCP, user space)");
  command->add_option("--preset", options->preset,
                      "wired, wifi (default), wifi-crowded, ble or lte; --list shows them");
  command->add_option("--listen", options->listen, "where clients connect (default 127.0.0.1:0)");
  command->add_option("--to", options->to, "the agent, HOST:PORT");
  command->add_option("--up", options->up_mbit, "Mbit/s from the client")
      ->check(NumberFrom(0.001, 1e6));
  command->add_option("--down", options->down_mbit, "Mbit/s to the client")
      ->check(NumberFrom(0.001, 1e6));
  command->add_option("--delay", options->delay_ms, "ms one way")->check(NumberFrom(0, 60e3));
  command->add_option("--jitter", options->jitter_ms, "ms, mean of an exponential, each way")
      ->check(NumberFrom(0, 60e3));
  command->add_option("--loss", options->loss_percent, "% of packets, each costs 200 ms or more")
      ->check(NumberFrom(0, 99));
  command->add_option("--outage", options->outages, "FROM-TO seconds from the start; may repeat");
  command->add_option("--slow", options->slow, "FROM-TO:TIMES, so many times slower; may repeat");
  command->add_option("--seed", options->seed, "of jitter and loss (default 1)")
      ->check(WholeNumber());
  command->add_flag("--list", options->list, "print the presets");
  command->add_flag("--json", options->json, "print JSON");
  command->footer(
      "Examples:\n"
      "  covey link --preset wifi --listen 127.0.0.1:7701 --to 127.0.0.1:7700\n"
      "  covey link --preset lte --loss 1 --outage 20-40 --to edge.local:7700\n"
      "  covey link --list");
  command->callback([=, &chosen] { chosen = [=] { return Link(*options); }; });
}

}  // namespace covey::app
