#include "apps/covey/place/fit.hpp"

#include "apps/covey/io/fail.hpp"
#include "serve/board/board.hpp"
#include "serve/board/room.hpp"

namespace covey::app {
namespace {

Expected<serve::BoardRoom> RoomBeside(const std::string& board, const std::string& firmware) {
  DiagText diag;
  const std::string name = "board " + board;
  const auto elf = serve::FindFirmware(board, firmware, diag);
  if (!elf.ok()) return Explain(name, elf.status(), diag);
  const auto room = serve::RoomOf(*elf, diag);
  if (!room.ok()) return Explain(name, room.status(), diag);
  return *room;
}

// False for what has no image, too.
bool Fits(const ModelFile& model, const serve::BoardRoom& room) {
  if (model.image.empty()) return false;
  NoDiag quiet;  // the caller asks again, and says it
  const auto image = wire::ImageView::Read(model.image.span(), quiet);
  return image.ok() && serve::CheckRoom(*image, room, quiet).ok();
}

}  // namespace

Expected<ModelFile> LoadForBoard(const std::string& path, const std::string& board,
                                 const std::string& firmware) {
  const Expected<serve::BoardRoom> room = RoomBeside(board, firmware);
  // As it is usually compiled, if that fits: the limits alone would let it take all the room there
  // is. A file that is wrong on every board is told first.
  Expected<ModelFile> model = LoadModelFile(path, board);
  if (model && room && !Fits(model.value(), room.value()))
    model = LoadModelFile(
        path, board,
        {.ram_bytes = room.value().ram_bytes, .flash_bytes = room.value().flash_bytes});
  if (!model) return model.error();
  const std::string name = "board " + board + ": " + path;
  if (model.value().image.empty()) {
    const bool full = model.value().no_image_code == Code::kResourceExhausted;
    return MakeError(model.value().no_image_code,
                     (full ? "board " + board + ": " : "") + model.value().no_image);
  }
  if (!room) return room.error();
  DiagText diag;
  const auto image = wire::ImageView::Read(model.value().image.span(), diag);
  if (!image.ok()) return Explain(path, image.status(), diag);
  const Status fits = serve::CheckRoom(*image, room.value(), diag);
  if (!fits.ok()) return Explain(name, fits, diag);
  return model;
}

}  // namespace covey::app
