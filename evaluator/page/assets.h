// The page's stylesheet, script and icon: parts of the program, served as routes of their own, so that
// nothing is inline and nothing comes from another host.
//
// The paths carry a mark of the content: a browser may keep what it has until the program changes.
// Made from evaluator/page/assets/ by evaluator/CMakeLists.txt. Tested by
// tests/evaluator/page_frame_test.cpp.
#pragma once

#include <string>
#include <string_view>

namespace pcb {

inline constexpr const char* kIconPath = "/assets/icon.svg";

extern const char* const kPageStyle;
extern const char* const kPageScript;
extern const char* const kPageIcon;

const std::string& style_path();   // "/assets/page.css?v=…"
const std::string& script_path();  // "/assets/page.js?v=…"

}  // namespace pcb
