#include "api/read/workflow_file.hpp"

#include <algorithm>

#include "engine/base/json.hpp"

namespace stepwell::api {

namespace fs = std::filesystem;

bool is_workflow_candidate(const fs::path& file) {
    const std::string name = file.filename().string();
    std::error_code ignored;
    return name.front() != '.' && definition::format_of(name) && fs::is_regular_file(file, ignored);
}

std::vector<fs::path> workflow_candidates(const fs::path& folder) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        if (is_workflow_candidate(entry.path())) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

bool is_workflow_document(const std::string& text, definition::ParseOptions::Format format) {
    const auto document = format == definition::ParseOptions::Format::yaml
                              ? definition::parse_yaml(text)
                              : parse_json(text);
    if (!document) return true;
    return document->is_object() && (find(*document, "StartAt") || find(*document, "States"));
}

}  // namespace stepwell::api
