#include <algorithm>

#include "tasks/files/durable_files.hpp"
#include "tasks/files/store.hpp"

namespace stepwell::tasks::files {
namespace {

namespace fs = std::filesystem;
using data::data_fail;

class LocalStore final : public Store {
public:
    explicit LocalStore(fs::path folder) : folder_(std::move(folder)) {}

    DataResult<std::vector<StoredName>> list(std::string_view prefix) const override {
        std::vector<StoredName> names;
        for (auto& name : SW_TRY(files_below(folder_))) {
            if (!name.starts_with(prefix) || name.find(kDraftMark) != name.npos) continue;
            std::error_code gone;
            const auto at = fs::last_write_time(folder_ / name, gone);
            if (gone) continue;
            const auto moment = std::chrono::file_clock::to_sys(at);
            names.push_back({std::move(name), std::chrono::time_point_cast<Duration>(moment)});
        }
        return names;
    }
    DataResult<std::string> read(std::string_view name) const override {
        if (!is_there(folder_ / name)) {
            return data_fail("E_NOT_FOUND", (folder_ / name).string() + ": it is not there");
        }
        return read_file(folder_ / name);
    }
    DataResult<void> put_if_absent(std::string_view name, std::string_view content) override {
        const fs::path path = folder_ / name;
        SW_TRY(make_folder(path.parent_path()));
        return create_file(path, content);
    }
    DataResult<void> remove(std::string_view name) override {
        std::error_code failed;
        fs::remove(folder_ / name, failed);
        if (!failed) return {};
        return data_fail("E_DISK",
                         (folder_ / name).string() + ": cannot remove it: " + failed.message());
    }

private:
    fs::path folder_;
};

}  // namespace

std::unique_ptr<Store> local_store(fs::path folder) {
    return std::make_unique<LocalStore>(std::move(folder));
}

}  // namespace stepwell::tasks::files
