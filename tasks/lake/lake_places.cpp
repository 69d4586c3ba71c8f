#include "tasks/lake/lake_places.hpp"

namespace stepwell::tasks::lake {

namespace fs = std::filesystem;

fs::path log_folder(const fs::path& root) {
    return root / "_stepwell" / "log";
}

std::unique_ptr<files::Store> log_of(const fs::path& root) {
    return files::local_store(log_folder(root));
}

fs::path stage_folder(const fs::path& root) {
    return root / "_stepwell" / "stage";
}

fs::path trash_folder(const fs::path& root) {
    return root / "_stepwell" / "trash";
}

fs::path kept_path(const fs::path& root, const std::string& path) {
    return fs::path(root.string() + std::string(kKeptFolder) + path + std::string(kKeptSuffix));
}

}  // namespace stepwell::tasks::lake
