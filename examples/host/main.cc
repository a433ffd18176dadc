// Says what is on a picture: picture_teller MODEL PICTURE [PLACE [NAME]]
//
//   picture_teller resnet8.covey cat.png
//   picture_teller resnet8.covey cat.png "auto agent tcp://edge.local:7700" resnet56
#include <covey/covey.hpp>
#include <iostream>

namespace {

int Refuse(const covey::Error& error) {
  std::cerr << error.message << '\n';
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3 || argc > 5) {
    std::cerr << "usage: picture_teller MODEL PICTURE [PLACE [NAME]]\n";
    return 2;
  }
  auto session = covey::Session::Open({});
  if (!session) return Refuse(session.error());
  if (auto loaded = session.value().Load("mine", argv[1]); !loaded) return Refuse(loaded.error());
  if (argc > 3) {
    auto set = session.value().SetPlace(argv[3], argc > 4 ? argv[4] : "");
    if (!set) return Refuse(set.error());
  }
  auto picture = covey::Image::File(argv[2]);
  if (!picture) return Refuse(picture.error());
  auto answer = session.value().Classify(picture.value());
  if (!answer) return Refuse(answer.error());
  std::cout << answer.value().classes[0].label << ' ' << answer.value().classes[0].confidence
            << " from " << answer.value().place << '\n';
}
