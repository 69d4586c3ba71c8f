#include "api/system/storage.hpp"

#include <sys/stat.h>

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "engine/base/time.hpp"

namespace stepwell::api {
namespace {

namespace fs = std::filesystem;

struct Heap {
    std::uint64_t bytes = 0;
    std::uint64_t files = 0;
    bool is_exact = true;
};

/// What files take on the disk is not asked for, but what they hold.
void add_entry(const fs::directory_entry& entry, Heap& heap) {
    std::error_code error;
    if (!entry.is_regular_file(error) || entry.is_symlink(error)) return;
    const auto size = entry.file_size(error);
    if (error) return;
    heap.bytes += size;
    ++heap.files;
}

void add_folder(const fs::path& folder, std::size_t files_max, Heap& heap) {
    std::error_code error;
    fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied,
                                        error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
        if (heap.files >= files_max) {
            heap.is_exact = false;
            return;
        }
        add_entry(*at, heap);
    }
}

/// "stepwell.db" of its log and the like, too.
std::string database_of(const std::string& name) {
    for (const char* ending : {"-wal", "-shm", "-journal"}) {
        if (name.ends_with(ending)) return name.substr(0, name.rfind('-'));
    }
    return name;
}

std::string kind_of(const std::string& name) {
    if (name == "stepwell.db") return "journal";
    if (name == "outbox.db") return "outbox";
    if (name == "logs" || name == "backups" || name == "lake") return name;
    return "other";
}

}  // namespace

Json storage_items(const fs::path& data_folder, std::size_t files_max) {
    std::map<std::string, Heap> heaps;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(data_folder, error)) {
        Heap& heap = heaps[database_of(entry.path().filename().string())];
        const bool is_folder = entry.is_directory(error) && !entry.is_symlink(error);
        if (is_folder) {
            add_folder(entry.path(), files_max, heap);
        } else {
            add_entry(entry, heap);
        }
    }
    Json items = Json::array();
    for (const auto& [name, heap] : heaps) {
        items.push_back({{"name", name},
                         {"kind", kind_of(name)},
                         {"bytes", heap.bytes},
                         {"files", heap.files},
                         {"exact", heap.is_exact}});
    }
    return items;
}

Json backup_items(const fs::path& data_folder) {
    std::map<std::pair<std::int64_t, std::string>, Json, std::greater<>> newest_first;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(data_folder / "backups", error)) {
        struct stat status {};
        // Drafts are folders.
        const bool is_file = ::lstat(entry.path().c_str(), &status) == 0 && S_ISREG(status.st_mode);
        if (!is_file) continue;
        const std::int64_t ms =
            std::int64_t{status.st_mtim.tv_sec} * 1'000 + status.st_mtim.tv_nsec / 1'000'000;
        std::string name = entry.path().filename().string();
        newest_first[{ms, name}] = {{"name", name},
                                    {"bytes", static_cast<std::uint64_t>(status.st_size)},
                                    {"written_at", to_iso8601(from_ms(ms))}};
    }
    Json items = Json::array();
    for (auto& [when, item] : newest_first) items.push_back(std::move(item));
    return items;
}

}  // namespace stepwell::api
