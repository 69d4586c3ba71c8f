// Files that go from one file system to another.
#include "tasks/files/moves.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "tests/tasks/data/data_test.hpp"

namespace stepwell::test {
namespace {

namespace fs = std::filesystem;
using namespace tasks::files;

/// A folder on another file system than the scratch folders, where there is one.
struct OtherDisk {
    OtherDisk() {
        std::string name = "/dev/shm/stepwell-moves-XXXXXX";
        if (::mkdtemp(name.data()) != nullptr) path = name;
    }
    ~OtherDisk() {
        std::error_code ignored;
        if (!path.empty()) fs::remove_all(path, ignored);
    }
    OtherDisk(const OtherDisk&) = delete;
    OtherDisk& operator=(const OtherDisk&) = delete;
    [[nodiscard]] bool is_other_than(const fs::path& folder) const {
        struct stat own {};
        struct stat theirs {};
        return !path.empty() && ::stat(path.c_str(), &own) == 0 &&
               ::stat(folder.c_str(), &theirs) == 0 && own.st_dev != theirs.st_dev;
    }
    [[nodiscard]] std::vector<std::string> names() const {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(path))
            names.push_back(entry.path().filename().string());
        return names;
    }
    fs::path path;
};

/// Moves in a process that the kernel kills once it has written so many bytes of a file.
bool is_killed_moving(const Place& from, const Place& to, rlim_t bytes) {
    const pid_t child = ::fork();
    if (child == 0) {
        const rlimit no_core = {0, 0};
        const rlimit size = {bytes, bytes};
        ::setrlimit(RLIMIT_CORE, &no_core);
        ::setrlimit(RLIMIT_FSIZE, &size);
        const auto done = move_file(from, to, IfThere::refuse);
        ::_exit(done ? 0 : 1);
    }
    int status = 0;
    return ::waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

TEST_CASE("What a killed move to another disk left is taken by the next one") {
    const ScratchFolder folder;
    const OtherDisk disk;
    if (!disk.is_other_than(folder.path())) return;
    const std::string bytes(1'000'000, 'x');
    for (const rlim_t written : {1U, 300'000U, 999'999U}) {
        CAPTURE(written);
        folder.write("a.csv", bytes);
        const Place from{folder.path(), "a.csv"};
        const Place to{disk.path, "a.csv"};
        REQUIRE(is_killed_moving(from, to, written));
        REQUIRE(is_killed_moving(from, to, written));
        REQUIRE(disk.names().size() == 1);
        CHECK(disk.names()[0].starts_with("_tmp-"));
        CHECK(fs::exists(from.path()));
        REQUIRE(move_file(from, to, IfThere::refuse).has_value());
        CHECK(disk.names() == std::vector<std::string>{"a.csv"});
        CHECK(!fs::exists(from.path()));
        CHECK(fs::file_size(to.path()) == bytes.size());
        fs::remove(to.path());
    }
}

TEST_CASE("A draft that somebody made a link is not written through") {
    const ScratchFolder folder;
    const OtherDisk disk;
    if (!disk.is_other_than(folder.path())) return;
    const OtherDisk elsewhere;
    for (const bool is_hard : {true, false}) {
        CAPTURE(is_hard);
        folder.write("a.csv", "new");
        const Place from{folder.path(), "a.csv"};
        const Place to{disk.path, "a.csv"};
        REQUIRE(is_killed_moving(from, to, 0));
        const fs::path draft = disk.path / disk.names().at(0);
        fs::rename(draft, elsewhere.path / "secret");
        if (is_hard) {
            fs::create_hard_link(elsewhere.path / "secret", draft);
        } else {
            fs::create_symlink(elsewhere.path / "secret", draft);
        }
        REQUIRE(move_file(from, to, IfThere::refuse).has_value());
        CHECK(fs::file_size(elsewhere.path / "secret") == 0);
        CHECK(fs::file_size(to.path()) == 3);
        CHECK(disk.names() == std::vector<std::string>{"a.csv"});
        fs::remove(to.path());
    }
}

}  // namespace
}  // namespace stepwell::test
