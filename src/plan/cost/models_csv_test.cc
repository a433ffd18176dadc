#include "plan/cost/models_csv.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "core/host/data_dir.hpp"
#include "core/host/diag_text.hpp"
#include "plan/cost/resident_array.hpp"
#include "plan/cost/well_known.hpp"

namespace covey::plan {
namespace {

constexpr char kHead[] =
    "model,layer,name,op,eltwise,in_seq,cin,cout,kh,kw,pad,pool,pool_stride,in_h,in_w,out_h,out_w,"
    "flatten,weight_bits,weight_count,weight_bytes,bias_bytes,kernel_count,kernel_cols,processors,"
    "passes,macs,cycles_max78000,in_bytes,out_bytes,cut_tensors,cut_bytes\n";
constexpr char kLine[] =
    "tiny,0,first,conv2d,none,-1,3,16,3,3,1,1x1,1x1,32,32,32,32,0,8,432,432,16,16,16,3,1,442368,"
    "18828,3072,16384,0,16384\n";

class ReferenceModels : public testing::Test {
 protected:
  void SetUp() override {
    const auto dir = ReferenceDir();
    if (!dir) GTEST_SKIP() << "COVEY_DATA: no reference folder with composition_models.csv";
    std::ifstream file(*dir / "composition_models.csv", std::ios::binary);
    if (!file) GTEST_SKIP() << "COVEY_DATA: no composition_models.csv";
    const std::string text(std::istreambuf_iterator<char>(file), {});
    DiagText diag;
    auto models = ReadModelsCsv(text, diag);
    ASSERT_TRUE(models.ok()) << diag.Text();
    models_ = *std::move(models);
  }
  std::vector<CsvModel> models_;
};

TEST_F(ReferenceModels, CyclesEqualTheVendorsEstimateOnEveryLayer) {
  int rows = 0;
  for (const CsvModel& model : models_) {
    const LayerTable* ours = WellKnown(model.table.name);
    ASSERT_NE(ours, nullptr) << model.table.name;
    ASSERT_EQ(ours->size(), model.table.size());
    for (int i = 0; i < model.table.size(); ++i, ++rows) {
      EXPECT_EQ(ArrayCycles(ours->layers[i]), model.rows[i].cycles) << ours->name << " " << i;
    }
  }
  EXPECT_EQ(rows, 163);
}

TEST_F(ReferenceModels, FootprintsEqualThePublishedOnes) {
  for (const CsvModel& model : models_) {
    for (int i = 0; i < model.table.size(); ++i) {
      const Layer& layer = model.table.layers[i];
      const ArrayFootprint foot = FootprintOf(layer.shape, layer.op);
      EXPECT_EQ(foot.kernels, model.rows[i].kernels) << model.table.name << " " << i;
      EXPECT_EQ(foot.columns, model.rows[i].columns) << model.table.name << " " << i;
      EXPECT_EQ(foot.processors, model.rows[i].processors) << model.table.name << " " << i;
      EXPECT_EQ(foot.passes, model.rows[i].passes) << model.table.name << " " << i;
    }
  }
}

TEST_F(ReferenceModels, CutsAreThoseOfTheTable) {
  for (const CsvModel& model : models_) {
    for (int i = 0; i < model.table.size(); ++i) {
      EXPECT_EQ(model.table.cuts[i + 1].bytes, model.rows[i].cut_bytes)
          << model.table.name << " " << i;
    }
  }
}

TEST_F(ReferenceModels, WellKnownTablesAreTheSame) {
  for (const CsvModel& model : models_) {
    const LayerTable& ours = *WellKnown(model.table.name);
    EXPECT_EQ(ours.input_bytes, model.table.input_bytes) << ours.name;
    for (int i = 0; i < ours.size(); ++i) {
      const Layer &a = ours.layers[i], &b = model.table.layers[i];
      SCOPED_TRACE(ours.name + " " + std::to_string(i));
      EXPECT_EQ(a.op, b.op);
      EXPECT_EQ(a.inputs, b.inputs);
      EXPECT_EQ(a.weight_bytes, b.weight_bytes);
      EXPECT_EQ(a.bias_bytes, b.bias_bytes);
      EXPECT_EQ(a.macs, b.macs);
      EXPECT_EQ(a.in_bytes, b.in_bytes);
      EXPECT_EQ(a.out_bytes, b.out_bytes);
      EXPECT_EQ(a.shape.weight_bits, b.shape.weight_bits);
      EXPECT_EQ(a.shape.flatten, b.shape.flatten);
      EXPECT_EQ(ours.cuts[i].bytes, model.table.cuts[i].bytes);
      EXPECT_EQ(ours.cuts[i].tensors, model.table.cuts[i].tensors);
    }
  }
}

TEST(ModelsCsv, ReadsALayer) {
  DiagText diag;
  const auto models = ReadModelsCsv(std::string("# words\n") + kHead + kLine, diag);
  ASSERT_TRUE(models.ok()) << diag.Text();
  const Layer& layer = models->at(0).table.layers.at(0);
  EXPECT_EQ(layer.op, LayerOp::kConv2d);
  EXPECT_EQ(layer.weight_bytes, 432);
  EXPECT_EQ(ArrayCycles(layer), 18828);
}

TEST(ModelsCsv, NamesTheLineAndTheColumn) {
  DiagText diag;
  std::string line = kLine;
  line.replace(line.find("442368"), 6, "many");
  const auto models = ReadModelsCsv(std::string(kHead) + line, diag);
  EXPECT_EQ(models.status().code(), Code::kInvalidArgument);
  EXPECT_NE(diag.Text().find("line 2"), std::string::npos) << diag.Text();
  EXPECT_NE(diag.Text().find("macs"), std::string::npos) << diag.Text();
}

TEST(ModelsCsv, RefusesEveryTruncationOfALine) {
  const std::string whole = std::string(kHead) + kLine;
  for (size_t size = sizeof(kHead); size + 8 < whole.size(); ++size) {
    NoDiag diag;
    EXPECT_FALSE(ReadModelsCsv(whole.substr(0, size), diag).ok()) << size;
  }
}

TEST(WellKnown, TestValuesOfTheCycleModel) {
  const auto cycles = [](const char* model, int layer) {
    return ArrayCycles(WellKnown(model)->layers[layer]);
  };
  EXPECT_EQ(cycles("ConvNet", 1), 16664);
  EXPECT_EQ(cycles("ConvNet", 4), 192);
  EXPECT_EQ(cycles("ResSimpleNet", 4), 25236);
  EXPECT_EQ(cycles("SimpleNet", 11), 4160);
  EXPECT_EQ(cycles("KWS", 1), 24706);
  EXPECT_EQ(cycles("UNet", 8), 16964);
  EXPECT_EQ(cycles("EfficientNetV2", 27), 3915);
  EXPECT_EQ(cycles("ResSimpleNet", 12), 2860);
}

}  // namespace
}  // namespace covey::plan
