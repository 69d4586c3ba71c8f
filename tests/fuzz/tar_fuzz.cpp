// Any bytes as a backup: refused in words, and nothing is written but what a backup may hold, where
// it may stand.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "engine/journal/backup.hpp"
#include "engine/journal/tar.hpp"
#include "tests/fuzz/fuzz.hpp"

using namespace stepwell;

namespace {

namespace filesystem = std::filesystem;

/// A folder of this process, empty at first; in memory where the system has such a place.
class Workshop {
public:
    Workshop() {
        std::error_code error;
        const bool has_memory = filesystem::is_directory("/dev/shm", error);
        root_ = (has_memory ? filesystem::path("/dev/shm") : filesystem::temp_directory_path()) /
                ("stepwell-fuzz-tar-" + std::to_string(::getpid()));
        filesystem::create_directories(root_);
    }
    ~Workshop() {
        std::error_code error;
        filesystem::remove_all(root_, error);
    }
    [[nodiscard]] filesystem::path operator/(const char* name) const { return root_ / name; }
    [[nodiscard]] std::size_t entries() const {
        return static_cast<std::size_t>(
            std::distance(filesystem::directory_iterator(root_), filesystem::directory_iterator()));
    }

private:
    filesystem::path root_;
};

void check_members(const filesystem::path& archive, std::size_t size) {
    std::size_t members = 0;
    const auto done = journal::read_tar(archive, [&](const std::string& name, std::uint64_t) {
        SW_ASSERT(name.size() <= 100);
        ++members;
        return Result<filesystem::path>(filesystem::path());
    });
    SW_ASSERT(done || !done.error().message.empty());
    SW_ASSERT(members <= size / 512);
}

void check_restored(const Workshop& workshop, const filesystem::path& archive) {
    const filesystem::path target = workshop / "data";
    const auto restored = journal::restore_backup(archive, target);
    SW_ASSERT(restored || !restored.error().message.empty());
    // Whole, or not at all.
    SW_ASSERT(filesystem::exists(target / "stepwell.db") == restored.has_value());
    filesystem::remove_all(target);
    SW_ASSERT(workshop.entries() == 1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const Workshop workshop;
    const filesystem::path archive = workshop / "archive";
    const std::string_view bytes = test::text_of(data, size);
    std::ofstream(archive, std::ios::binary | std::ios::trunc) << bytes;
    check_members(archive, size);
    check_restored(workshop, archive);
    return 0;
}
