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

Status Check(const ModelFile& model, const serve::BoardRoom& room, DiagText& diag) {
  COVEY_TRY_ASSIGN(const wire::ImageView image, wire::ImageView::Read(model.image.span(), diag));
  return serve::CheckRoom(image, room, diag);
}

}  // namespace

Expected<ModelFile> LoadForBoard(const std::string& path, const std::string& board,
                                 const std::string& firmware) {
  Expected<ModelFile> model = LoadModelFile(path, board);
  if (!model) return model.error();
  if (model.value().image.empty()) {
    return MakeError(model.value().no_image_code, model.value().no_image);
  }
  // A file that is wrong on every board has been told by now.
  const Expected<serve::BoardRoom> room = RoomBeside(board, firmware);
  if (!room) return room.error();
  DiagText diag;
  const Status fits = Check(model.value(), room.value(), diag);
  if (fits.ok()) return model;
  if (model.value().format == compiler::Format::kImage) {
    return Explain("board " + board + ": " + path, fits, diag);
  }
  // What the compiler makes without limits is small and fast; only what does not fit asks for them.
  Expected<ModelFile> fitted = LoadModelFile(
      path, board, {.ram_bytes = room.value().ram_bytes, .flash_bytes = room.value().flash_bytes});
  if (fitted && fitted.value().image.empty()) {
    return MakeError(fitted.value().no_image_code,
                     "board " + board + ": " + fitted.value().no_image);
  }
  return fitted;
}

}  // namespace covey::app
