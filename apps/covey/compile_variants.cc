#include "apps/covey/compile_variants.hpp"

#include <algorithm>
#include <iostream>

#include "apps/covey/approximate/on_chip.hpp"
#include "apps/covey/command.hpp"
#include "apps/covey/io/fail.hpp"
#include "apps/covey/io/file.hpp"
#include "apps/covey/io/numbers.hpp"
#include "apps/covey/io/table.hpp"
#include "apps/covey/model/file.hpp"
#include "wire/image/host/join.hpp"

namespace covey::app {
namespace {

struct Variant {
  std::string name;
  std::vector<std::byte> image;
  int64_t instructions = 0;
  uint32_t arena_bytes = 0;
  std::optional<Approximated> made{};  // none: exact
};

Expected<Variant> CompileOne(const VariantsJob& job, const std::string& name,
                             compiler::Graph graph) {
  graph.name = name;
  Expected<ModelFile> model =
      CompileGraph(job.model, graph, job.target,
                   {.ram_bytes = job.ram,
                    .flash_bytes = job.flash,
                    .wait = WaitOf(job.approximate.chip, job.approximate.minimise)});
  if (!model) return model.error();
  if (model.value().image.empty())
    return MakeError(model.value().no_image_code, model.value().no_image);
  const std::span<const std::byte> bytes = model.value().image.span();
  const auto& header = *reinterpret_cast<const wire::ImageHeader*>(bytes.data());
  return Variant{name, {bytes.begin(), bytes.end()}, 0, header.arena_bytes};
}

Expected<std::vector<Variant>> MakeVariants(const VariantsJob& job) {
  Expected<std::vector<Approximated>> made = ApproximateAll(job.approximate, job.losses);
  if (!made) return made.error();
  const compiler::Graph graph = made.value().front().base;
  std::vector<Variant> variants;
  Expected<Variant> exact = CompileOne(job, graph.name, graph);
  if (!exact) return exact.error();
  exact.value().instructions = made.value().front().exact.instructions;
  variants.push_back(std::move(exact.value()));
  for (Approximated& one : made.value()) {
    Expected<Variant> variant =
        CompileOne(job, graph.name + "~" + Fixed(one.max_loss, 2), one.graph);
    if (!variant) return variant.error();
    variant.value().instructions = one.found.best.point.instructions;
    variant.value().made = std::move(one);
    variants.push_back(std::move(variant.value()));
  }
  return variants;
}

Json ToJson(const VariantsJob& job, const std::vector<Variant>& variants, size_t file,
            size_t apart) {
  Json list = Json::array();
  for (const Variant& variant : variants) {
    Json json = {{"name", variant.name},
                 {"image_bytes", variant.image.size()},
                 {"arena_bytes", variant.arena_bytes},
                 {"estimated_instructions", variant.instructions}};
    if (variant.made) json["approximation"] = app::ToJson(*variant.made);
    list.push_back(json);
  }
  return {{"model", job.model}, {"output", job.output}, {"target", job.target},
          {"file_bytes", file}, {"bytes_apart", apart}, {"variants", list}};
}

std::string Text(const VariantsJob& job, const std::vector<Variant>& variants, size_t file,
                 size_t apart) {
  Table table({"variant", "name", ">instructions", ">image alone", ">arena", "recipe",
               "difference on report samples (95 %)"});
  for (size_t i = 0; i < variants.size(); ++i) {
    const Variant& v = variants[i];
    std::string off = "-";
    if (v.made && v.made->reported) {
      const compiler::Proportion& p = v.made->reported->difference;
      off = Fixed(100 * p.value, 2) + " points (" + Fixed(100 * p.low, 2) + " to " +
            Fixed(100 * p.high, 2) + ")";
    } else if (v.made) {
      off = "agrees on " + Fixed(100 * v.made->agreement, 2) + " %";
    }
    table.Add({"#" + std::to_string(i), v.name,
               Thousands(static_cast<unsigned long long>(v.instructions)),
               Thousands(v.image.size()), Thousands(v.arena_bytes),
               v.made ? v.made->found.best.point.recipe.Text() : "exact", off});
  }
  return table.Text() + job.output + ": " + Thousands(file) + " bytes, " + Thousands(apart) +
         " in files of their own; " + job.output + "#1 names variant 1\n";
}

}  // namespace

int CompileVariants(VariantsJob job) {
  if (job.approximate.calibrate.empty())
    return Fail(MakeError(Code::kInvalidArgument,
                          "--variants: needs --calibrate, samples of what the network will see"),
                job.json);
  std::sort(job.losses.begin(), job.losses.end());
  job.approximate.model = job.model, job.approximate.target = job.target;
  job.approximate.ram = job.ram, job.approximate.flash = job.flash;
  const Expected<std::vector<Variant>> variants = MakeVariants(job);
  if (!variants) return Fail(variants.error(), job.json);
  std::vector<std::vector<std::byte>> images;
  size_t apart = 0;
  for (const Variant& variant : variants.value()) {
    images.push_back(variant.image);
    apart += variant.image.size();
  }
  DiagText diag;
  const auto file = wire::JoinVariants(images, diag);
  if (!file.ok()) return Fail(Explain(job.output, file.status(), diag), job.json);
  const Expected<void> written = WriteFile(job.output, *file);
  if (!written) return Fail(written.error(), job.json);
  std::ostream& out = job.output == "-" ? std::cerr : std::cout;
  if (job.json) {
    PrintJson(out, ToJson(job, variants.value(), file->size(), apart));
  } else {
    out << Text(job, variants.value(), file->size(), apart);
  }
  return kDone;
}

}  // namespace covey::app
