// Which files of a folder are workflow files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "engine/definition/workflow.hpp"

namespace stepwell::api {

/// A regular file with the ending of a workflow file, and not hidden.
bool is_workflow_candidate(const std::filesystem::path& file);
/// Regular files with the endings of workflow files, without hidden ones, by name.
std::vector<std::filesystem::path> workflow_candidates(const std::filesystem::path& folder);

/// Whether the text has what a definition has, or cannot be read, so that its faults are seen.
bool is_workflow_document(const std::string& text, definition::ParseOptions::Format format);

}  // namespace stepwell::api
