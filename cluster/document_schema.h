// The cluster document's JSON Schema and page, made from the tables in document_fields.h.
//
// Pure. docs/cluster-document.schema.json and docs/cluster-document.md hold exactly these texts; a test
// compares them, and rewrites them when it is run with PCB_BLESS=1. Tested by
// tests/cluster/document_schema_test.cpp.
#pragma once

#include <string>

namespace pcb {

std::string cluster_document_schema();  // JSON Schema, draft 2020-12
std::string cluster_document_page();    // Markdown

}  // namespace pcb
