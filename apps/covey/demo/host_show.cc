#include "apps/covey/demo/host_show.hpp"

#include <iostream>

#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/table.hpp"

namespace covey::app {
namespace {

Said SaidIn(const Answer& answer) {
  const double ms = static_cast<double>(answer.latency.count()) / 1e6;
  const ClassScore& best = answer.classes.front();
  return {true, best.index, static_cast<double>(best.confidence), ms, answer.fell_back};
}

Expected<std::vector<Said>> ClassifyAll(Session& session, const Material& material,
                                        std::ostream& out) {
  std::vector<Said> all;
  for (size_t i = 0; i < material.truth.size(); ++i) {
    const Image image = Image::RawRgb8(kPictureSide, kPictureSide, InterleavedPixels(material, i));
    const Expected<Answer> answer = session.Classify(image);
    if (!answer || answer.value().classes.empty()) {
      out << "  host | image " << i << ": error " << (answer ? "no class" : answer.error().message)
          << '\n';
      all.emplace_back();
      continue;
    }
    const ClassScore& best = answer.value().classes.front();
    out << "  host | image " << i << ": class " << best.index << " " << best.label << " confidence "
        << Fixed(static_cast<double>(best.confidence), 4) << " place " << answer.value().place
        << '\n';
    all.push_back(SaidIn(answer.value()));
  }
  return all;
}

}  // namespace

Expected<std::vector<Figures>> RunOnHost(const Material& material,
                                         std::span<const Probabilities> reference,
                                         uint16_t agent_port, std::ostream& out) {
  Expected<Session> session = Session::Open({});
  if (!session) return session.error();
  const Expected<void> loaded =
      session.value().Load(material.device_name, material.device_model.string());
  if (!loaded) return loaded.error();
  const Expected<void> here = session.value().SetPlace("local", material.device_name);
  if (!here) return here.error();
  const Expected<std::vector<Said>> local = ClassifyAll(session.value(), material, out);
  if (!local) return local.error();

  const std::string place = "agent tcp://127.0.0.1:" + std::to_string(agent_port);
  const Expected<void> there = session.value().SetPlace(place, material.full_name);
  if (!there) return there.error();
  out << "  host | place " << place << " model " << material.full_name << '\n';
  const Expected<std::vector<Said>> remote = ClassifyAll(session.value(), material, out);
  if (!remote) return remote.error();

  std::vector<Figures> places = {FiguresOf(local.value(), material.truth, reference),
                                 FiguresOf(remote.value(), material.truth, reference)};
  places[0].place = "local (host int8 engine)";
  places[0].model = material.device_name + " int8";
  places[1].place = "agent";
  places[1].model = material.full_name + " float32";
  for (Figures& figures : places) figures.latency_kind = "measured";
  return places;
}

}  // namespace covey::app
