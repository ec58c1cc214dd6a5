// A replay as text for people and as JSON (schema balancer.simulation/1). Pure; no colour unless asked.
// Tested by tests/evaluator/simulate_test.cpp and the golden files in tests/golden/simulate/.
#pragma once

#include <string>

#include "evaluator/simulate/simulate.h"

namespace pcb {

inline constexpr const char* kSimulationSchema = "balancer.simulation/1";

// At most `moves` of the balancer's moves are listed.
std::string simulation_to_text(const Simulation& simulation, bool colour, std::size_t moves = 20);
std::string simulation_to_json(const Simulation& simulation);

}  // namespace pcb
