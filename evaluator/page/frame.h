// The frame around every view of the page: the ways to the other views, the mode and what holds it back, and
// the red button, always in sight.
//
// Pure. It works without a script: every change is a form that is sent by POST, with the CSRF token of the
// session, to a route of evaluator/cli/act_routes.h, which leads back to the view. Style and script are
// routes of their own (evaluator/page/assets.h). Tested by tests/evaluator/page_frame_test.cpp.
#pragma once

#include <optional>
#include <string>

#include "evaluator/cli/situation.h"
#include "evaluator/journal/act_records.h"
#include "evaluator/page/view.h"

namespace pcb {

// Who looks, and what they may do.
struct Visitor {
  std::string user;  // empty: nobody has logged in
  bool may_decide = false;
  std::string csrf_token;
};

struct Button {
  std::string pressed;               // why nothing may start; empty: it is not pressed
  std::optional<SwitchRecord> last;  // the newest press or release on record
};

struct Frame {
  std::string title;
  std::string path;       // of this view, as a link
  const char* here = "";  // which of the ways leads to it: "/plan"
  const View* view = nullptr;
  const ActView* act = nullptr;
  Button button;
  Visitor visitor;
  std::string version;
  double now = 0;
  std::string problem;           // what became of the form that was just sent; empty: nothing to say
  int renew_without_script = 0;  // seconds; 0: not by itself, somebody may be writing
  bool follows_events = false;   // the script listens to what happens, not only by the clock
};

std::string framed(const Frame& frame, const std::string& main_html);

// A form that decides, with a field for the reason where `asks_reason`. For visitors who may not, nothing.
struct Deed {
  std::string path;    // "/api/v1/plans/12/approve"
  std::string label;   // of the button
  std::string kind;    // class of the button: "yes", "no", ""
  std::string fields;  // hidden ones, made by html::hidden()
  bool asks_reason = false;
  std::string about;  // what the label leaves out, for those who hear it: "step 1, lxc/103"
};
std::string form_of(const Deed& deed, const Frame& frame);

}  // namespace pcb
