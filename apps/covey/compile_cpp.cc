#include "apps/covey/compile_cpp.hpp"

#include <filesystem>
#include <iostream>

#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/json.hpp"
#include "apps/covey/io/table.hpp"
#include "compiler/cpp/emit_cpp.hpp"

namespace covey::app {
namespace {

// The folder and the name that --emit cpp writes to: `-o x/net.cc` names the file, all else the
// folder.
struct CppPlace {
  std::filesystem::path folder;
  std::string name;  // empty: the model's
};
CppPlace PlaceOf(const std::string& output) {
  const std::filesystem::path path(output);
  const std::string ending = path.extension().string();
  if (ending == ".cc" || ending == ".cpp" || ending == ".cxx") {
    return {path.parent_path(), path.stem().string()};
  }
  return {path, ""};
}

Expected<void> WriteText(const std::filesystem::path& path, const std::string& text) {
  return WriteFile(path.string(), std::as_bytes(std::span(text)));
}

Expected<std::vector<std::string>> WriteCpp(const CppPlace& place, const std::string& ending,
                                            const compiler::CppModel& model) {
  std::error_code error;
  if (!place.folder.empty()) std::filesystem::create_directories(place.folder, error);
  if (error) return MakeError(Code::kUnavailable, place.folder.string() + ": " + error.message());
  const std::string stem = place.name.empty() ? model.name : place.name;
  std::vector<std::string> files;
  const std::pair<std::string, const std::string&> texts[] = {
      {stem + ending, model.source}, {stem + ".hpp", model.header}, {stem + ".cmake", model.cmake}};
  for (const auto& [name, text] : texts) {
    const Expected<void> written = WriteText(place.folder / name, text);
    if (!written) return written.error();
    files.push_back((place.folder / name).string());
  }
  return files;
}

}  // namespace

int CompileCpp(const ModelFile& file, const CppJob& options) {
  const std::string ending = std::filesystem::path(options.output).extension().string();
  for (const char* other : {".c", ".h", ".hpp", ".txt", ".covey", ".tflite", ".onnx"}) {
    if (ending != other) continue;
    return Fail(
        MakeError(Code::kInvalidArgument, options.output + ": found the ending '" + ending +
                                              "', expected .cc, .cpp or .cxx, a folder, or -"),
        options.json);
  }
  DiagText diag;
  const Result<wire::ImageView> image = wire::ImageView::Read(file.image.span(), diag);
  if (!image.ok()) return Fail(Explain(file.path, image.status(), diag), options.json);
  const CppPlace place = PlaceOf(options.output);
  const std::string named =
      place.name.empty() ? "" : std::filesystem::path(options.output).filename().string();
  const Result<compiler::CppModel> model =
      compiler::EmitCpp(*image, options.target, {place.name, named, COVEY_VERSION}, diag);
  if (!model.ok()) return Fail(Explain(file.path, model.status(), diag), options.json);
  std::vector<std::string> files = {"-"};
  if (options.output == "-") {
    const Expected<void> written = WriteText("-", model->source);
    if (!written) return Fail(written.error(), options.json);
  } else {
    Expected<std::vector<std::string>> written =
        WriteCpp(place, place.name.empty() ? ".cc" : ending, *model);
    if (!written) return Fail(written.error(), options.json);
    files = std::move(written.value());
  }
  std::ostream& out = options.output == "-" ? std::cerr : std::cout;
  if (options.json) {
    Json json = {{"model", file.path},
                 {"output", options.output},
                 {"target", options.target},
                 {"namespace", model->name},
                 {"files", files},
                 {"arena_bytes", image->header().arena_bytes},
                 {"weight_bytes", model->weight_bytes},
                 {"ops", image->op_count()}};
    json.update(options.more);
    PrintJson(out, json);
  } else {
    out << files[0] << ": namespace " << model->name << ", weights "
        << Thousands(model->weight_bytes) << " bytes, arena "
        << Thousands(image->header().arena_bytes) << " bytes\n";
  }
  return kDone;
}

}  // namespace covey::app
