// The steps of make_model(): names to numbers, storages to pools, guests to classes, rules to units.
// Internal to the planner's model; each step reads what the steps before it filled in.
// Tested by tests/planner/scenario_test.cpp.
#pragma once

#include <string>
#include <unordered_map>

#include "evaluator/planner/model.h"

namespace pcb::planning {

// Gives every distinct text a number; `space` keeps a bridge and a storage of one name apart.
class Interner {
 public:
  Index id(const char* space, const std::string& name) {
    return ids_.try_emplace(std::string(space) + '\n' + name, static_cast<Index>(ids_.size())).first->second;
  }

 private:
  std::unordered_map<std::string, Index> ids_;
};

// make_model() with guests elsewhere than their documents say; those of `cluster` are not looked at.
struct PlacedGuest {
  const Guest* doc;
  const std::string* host;
};
Model make_model(const Cluster& cluster, const std::vector<PlacedGuest>& guests, const Goal& goal,
                 const Policy& policy);

void add_platform(const Host& doc, Interner& names, HostData& host);
void add_storages(Model& model, Interner& names);
void add_classes(Model& model, Interner& names);
void add_rules(Model& model);
void add_units(Model& model);

// Limits that hang on guest and target only, without room and rules (model_classes.cpp).
Code pair_limit(const Model& model, const GuestData& guest, const HostData& target, Interner& names);

}  // namespace pcb::planning
