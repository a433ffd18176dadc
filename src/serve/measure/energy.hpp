// The energy that a request costs the device: a model with stated numbers, never a measurement.
//
//   energy [uJ] = active [mW] x computing [ms] + waiting [mW] x waiting [ms]
//                 + send [nJ/byte] x bytes / 1000 + receive [nJ/byte] x bytes / 1000
//
//   EnergyUj({}, {.computing_ms = 100});                                   // answered here
//   EnergyUj({}, {.waiting_ms = 20, .sent_bytes = 3112, .received_bytes = 60});   // by an agent
//
// The numbers are assumptions: a microcontroller that draws 50 mW when it computes and 10 mW when
// it sleeps lightly, and a Wi-Fi radio of 600 mW sending and 300 mW receiving at 20 Mbit/s.
#pragma once

namespace covey::serve {

struct EnergyModel {
  double active_mw = 50, waiting_mw = 10;
  double send_nj_per_byte = 240, receive_nj_per_byte = 120;
};

struct EnergyUse {
  double computing_ms = 0, waiting_ms = 0, sent_bytes = 0, received_bytes = 0;
};

constexpr double EnergyUj(const EnergyModel& model, const EnergyUse& use) {
  return model.active_mw * use.computing_ms + model.waiting_mw * use.waiting_ms +
         (model.send_nj_per_byte * use.sent_bytes +
          model.receive_nj_per_byte * use.received_bytes) /
             1000;
}

}  // namespace covey::serve
