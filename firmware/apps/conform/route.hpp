// What deciding costs on this board: instructions of Router::Decide and of learning from an answer,
// the most over many requests of every kind, and the router's bytes.
//
//   conform route=1      {"places":3,"decide":1900,"mean":1300,"learn":1200,"state":824}
#pragma once

namespace covey::board {

void MeasureRouting();

}  // namespace covey::board
