// engine_bench [--quick] [fsync] [speed] [restart] [growth]: what the engine does on this machine,
// one JSON object a line. Without names: everything.
// engine_bench turns [NAME]: how long a turn takes at most, for each case on standard input (one
// JSON object a line: name, definition, input) whose name has NAME in it.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

#include "tests/bench/rig.hpp"

namespace stepwell::bench {
namespace {

void measure_fsync() {
    test::TemporaryFolder folder;
    const auto path = folder.path() / "probe";
    const int file = ::open(path.c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    const std::string page(4096, 'x');
    std::vector<double> times;
    for (int i = 0; i < 200; ++i) {
        const Stopwatch watch;
        if (::write(file, page.data(), page.size()) < 0 || ::fdatasync(file) != 0) break;
        times.push_back(watch.seconds() * 1'000);
    }
    ::close(file);
    if (times.empty()) give_up({ErrorCode::io, "'" + path.string() + "' cannot be written"});
    std::sort(times.begin(), times.end());
    print({"fsync of this disk, p50",
           times[times.size() / 2],
           "ms",
           {},
           false,
           "p99 " + std::to_string(times[times.size() * 99 / 100]) + " ms"});
}

int run(const std::vector<std::string>& arguments) {
    if (!arguments.empty() && arguments.front() == "turns") {
        measure_turns(std::cin, arguments.size() > 1 ? arguments[1] : "");
        return 0;
    }
    bool is_quick = false;
    std::vector<std::string> names;
    for (const std::string& argument : arguments) {
        if (argument == "--quick") {
            is_quick = true;
        } else {
            names.push_back(argument);
        }
    }
    const std::vector<std::string> known = {"fsync", "speed", "restart", "growth"};
    for (const std::string& name : names) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        std::fprintf(stderr, "usage: engine_bench [--quick] [fsync] [speed] [restart] [growth]\n");
        return 2;
    }
    const auto is_wanted = [&](const std::string& name) {
        return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
    };
    if (is_wanted("fsync")) measure_fsync();
    if (is_wanted("speed")) measure_speed(is_quick);
    if (is_wanted("restart")) measure_restart(is_quick);
    if (is_wanted("growth")) measure_growth(is_quick);
    return 0;
}

}  // namespace
}  // namespace stepwell::bench

int main(int count, char** arguments) {
    return stepwell::bench::run({arguments + 1, arguments + count});
}
