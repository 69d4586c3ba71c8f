// The tests, the task host that they start (this program again, as the real binary does it), and a
// daemon for them to kill.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <string_view>

#include "tasks/host/host_main.hpp"
#include "tests/tasks/host/test_tasks_support.hpp"

int main(int argc, char** argv) {
    if (argc > 1 && std::string_view(argv[1]) == stepwell::tasks::kHostCommand) {
        return stepwell::tasks::host_main(argc, argv, stepwell::test::test_catalog());
    }
    if (argc > 1 && std::string_view(argv[1]) == stepwell::test::kOldHostCommand) {
        return stepwell::test::old_host_main();
    }
    if (argc > 2 && std::string_view(argv[1]) == stepwell::test::kDaemonCommand) {
        return stepwell::test::daemon_main(argv[2]);
    }
    return doctest::Context(argc, argv).run();
}
