#include "engine/base/machine.hpp"

#include <doctest/doctest.h>

#include <fstream>

#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {
namespace {

TEST_CASE("The memory of a process is the least that its control group and those above may have") {
    const TemporaryFolder folder;
    const auto write = [&](const std::filesystem::path& file, const char* text) {
        std::filesystem::create_directories((folder.path() / file).parent_path());
        std::ofstream(folder.path() / file) << text;
    };
    const std::uint64_t installed = memory_for_process(folder.path());
    REQUIRE(installed > 64'000'000);
    write("proc/self/cgroup", "3:cpu:/other\n0::/system.slice/stepwell.service\n");
    CHECK(memory_for_process(folder.path()) == installed);
    write("sys/fs/cgroup/system.slice/stepwell.service/memory.max", "max\n");
    write("sys/fs/cgroup/other/memory.max", "1000\n");
    CHECK(memory_for_process(folder.path()) == installed);
    write("sys/fs/cgroup/memory.max", "60000000\n");
    CHECK(memory_for_process(folder.path()) == 60'000'000);
    write("sys/fs/cgroup/system.slice/memory.max", "50000000\n");
    write("sys/fs/cgroup/system.slice/stepwell.service/memory.max", "55000000\n");
    CHECK(memory_for_process(folder.path()) == 50'000'000);
}

}  // namespace
}  // namespace stepwell::test
