// The scenarios' documents, and those of tests/fuzz/corpus, with a few values exchanged for odd ones: planned
// for every goal or refused with the place of the fault. Seeded: the same documents in every run. Without a
// seed and for as long as you like: tests/fuzz/fuzz_planner.cpp.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>

#include "fuzz_input.h"
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

namespace pcb {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kMutantsOfADocument = 6;

std::vector<std::string> documents() {
  std::vector<std::string> texts;
  std::vector<fs::path> paths;
  for (const char* folder : {"tests/scenarios", "tests/fuzz/corpus/document"})
    for (const auto& entry : fs::recursive_directory_iterator(fs::path(PCB_SOURCE_DIR) / folder))
      if (entry.path().extension() == ".json") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) {
    std::ifstream file(path, std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
  }
  return texts;
}

class Mutator {
 public:
  explicit Mutator(std::uint32_t seed) : random_(seed) {}

  void mutate(Json& document) {
    std::vector<Json*> nodes;
    collect(document, nodes);
    Json& node = *nodes[random_() % nodes.size()];
    const std::uint32_t kind = random_() % 10;
    if (kind < 5 && node.is_number()) {
      node = numbers()[random_() % numbers().size()];
    } else if (kind < 7 && node.is_array() && !node.empty()) {
      const std::size_t at = random_() % node.size();
      if (kind == 5) {
        const Json copy = node[at];
        node.push_back(copy);
      } else {
        node.erase(at);
      }
    } else if (kind == 7 && node.is_object() && !node.empty()) {
      node.erase(std::next(node.begin(), static_cast<std::ptrdiff_t>(random_() % node.size())));
    } else {
      const Json other = *nodes[random_() % nodes.size()];  // a copy: it may lie in the node
      node = kind == 8 ? other : oddities()[random_() % oddities().size()];
    }
  }

 private:
  static const std::vector<double>& numbers() {
    static const std::vector<double> kNumbers = {0,   -1,  1,    1e-300, 1e300, 1.7e308, 4.9e-324,
                                                 0.5, 1e9, 1e15, -0.0,   80,    1e-9,    1764000010};
    return kNumbers;
  }
  static const std::vector<Json>& oddities() {
    static const std::vector<Json> kOddities = {
        nullptr,      true,      "",        "pve1",        "lxc/101",      "qemu/201", "\xf0\x9f\x90\x98",
        "node\n",     "running", "offline", Json::array(), Json::object(), "0",        "together",
        "maintenance"};
    return kOddities;
  }

  static void collect(Json& node, std::vector<Json*>& nodes) {
    nodes.push_back(&node);
    for (auto& child : node)
      if (node.is_structured()) collect(child, nodes);
  }

  std::mt19937 random_;
};

TEST(PlannerFuzz, EveryDocumentAsItIs) {
  const auto texts = documents();
  ASSERT_GT(texts.size(), 80U);
  for (const auto& text : texts) EXPECT_EQ(reference::fuzz_planner(text), "") << text;
}

TEST(PlannerFuzz, OddValuesArePlannedOrRefusedWithTheirPlace) {
  std::uint32_t seed = 0;
  for (const auto& text : documents()) {
    for (int mutant = 0; mutant < kMutantsOfADocument; ++mutant) {
      Json document = Json::parse(text);
      Mutator mutator(++seed);
      for (int i = 0; i <= mutant % 3; ++i) mutator.mutate(document);
      const std::string mutated = document.dump(-1, ' ', false, Json::error_handler_t::replace);
      ASSERT_EQ(reference::fuzz_planner(mutated), "") << "seed " << seed << "\n" << mutated;
    }
  }
}

TEST(PlannerFuzz, CutTextsAreRefusedWithTheirPlace) {
  std::uint32_t seed = 0;
  for (const auto& text : documents()) {
    std::mt19937 random(++seed);
    std::string cut = text.substr(0, random() % text.size());
    EXPECT_EQ(reference::fuzz_planner(cut), "") << cut;
    std::string flipped = text;
    flipped[random() % flipped.size()] = static_cast<char>(random());
    EXPECT_EQ(reference::fuzz_planner(flipped), "") << flipped;
  }
}

}  // namespace
}  // namespace pcb
