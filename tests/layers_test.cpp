// Holds the source tree to its layers: who may include whom, which third-party headers stay where,
// and which words have a better replacement. Links alone do not stop an include; this does.
#include <doctest/doctest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace stepwell::test {
namespace {

namespace fs = std::filesystem;

using Prefixes = std::vector<std::string>;

/// Files below `from` may include what begins with one of `may_include`, and each other.
struct Layer {
    std::string from;
    Prefixes may_include;
};

/// What the runtime shows to the rooms below it and to everybody above: its ports, not its rooms.
const Prefixes kRuntimePorts = {"engine/runtime/activity.hpp",
                                "engine/runtime/clock.hpp",
                                "engine/runtime/confidentiality.hpp",
                                "engine/runtime/definition_text.hpp",
                                "engine/runtime/engine.hpp",
                                "engine/runtime/engine_types.hpp",
                                "engine/runtime/gate_views.hpp",
                                "engine/runtime/listeners.hpp",
                                "engine/runtime/map_run_documents.hpp",
                                "engine/runtime/names.hpp",
                                "engine/runtime/notice.hpp",
                                "engine/runtime/pause.hpp",
                                "engine/runtime/published.hpp",
                                "engine/runtime/redrive.hpp",
                                "engine/runtime/run_fold.hpp",
                                "engine/runtime/task_runner.hpp",
                                "engine/runtime/work_observer.hpp"};
const Prefixes kBelowRuntime = {"engine/base/", "engine/expression/", "engine/definition/",
                                "engine/core/", "engine/journal/"};
/// What resources of the API stand on.
const Prefixes kBelowResources = {"engine/base/",
                                  "engine/schedule/",
                                  "engine/definition/",
                                  "engine/core/",
                                  "engine/triggers/",
                                  "engine/runtime/read/",
                                  "engine/runtime/work/task_log.hpp",
                                  "engine/runtime/work/task_log_tail.hpp",
                                  "engine/runtime/keep/retention.hpp",
                                  "api/http/",
                                  "api/router/",
                                  "api/read/"};

/// What files stand on: SQL, and what every task may know.
const Prefixes kBelowFiles = {"engine/base/", "tasks/sql/", "tasks/support/", "tasks/task.hpp",
                              "tasks/wall_clock.hpp"};
const Prefixes kBelowDataTasks = {"engine/base/",   "tasks/sql/",          "tasks/support/",
                                  "tasks/files/",   "tasks/lake/",         "tasks/data/",
                                  "tasks/task.hpp", "tasks/wall_clock.hpp"};

Prefixes all_of(std::initializer_list<Prefixes> lists) {
    Prefixes all;
    for (const Prefixes& list : lists) all.insert(all.end(), list.begin(), list.end());
    return all;
}

// The first row that fits a file counts.
const std::vector<Layer> kLayers = {
    {"engine/base/", {}},
    {"engine/expression/", {"engine/base/"}},
    {"engine/schedule/", {"engine/base/"}},
    {"engine/definition/", {"engine/base/", "engine/expression/", "engine/schedule/"}},
    {"engine/core/", {"engine/base/", "engine/expression/", "engine/definition/"}},
    {"engine/journal/", {"engine/base/", "engine/core/", "engine/definition/"}},
    // Nobody but the loop knows the loop: what reads, works for it or keeps house has the ports.
    {"engine/runtime/loop/", all_of({kBelowRuntime,
                                     kRuntimePorts,
                                     {"engine/runtime/read/journal_walk.hpp"},
                                     {"engine/runtime/work/task_log.hpp"}})},
    {"engine/runtime/read/", all_of({kBelowRuntime, kRuntimePorts})},
    {"engine/runtime/work/", all_of({kBelowRuntime, kRuntimePorts})},
    {"engine/runtime/keep/",
     all_of({kBelowRuntime,
             kRuntimePorts,
             {"engine/runtime/work/task_log.hpp", "engine/runtime/read/journal_walk.hpp"}})},
    {"engine/runtime/open_reader.cpp",
     all_of({kBelowRuntime, kRuntimePorts, {"engine/runtime/read/"}})},
    {"engine/runtime/",
     all_of({kBelowRuntime, kRuntimePorts, {"engine/runtime/read/journal_walk.hpp"}})},
    {"engine/triggers/",
     all_of({kBelowRuntime, kRuntimePorts, {"engine/schedule/", "engine/runtime/read/"}})},
    {"tasks/binding/",
     {"engine/base/", "engine/expression/", "engine/runtime/task_runner.hpp", "tasks/"}},
    // sql <- files <- lake <- data <- a folder for each task; no task knows another one.
    {"tasks/support/", {"engine/base/"}},
    {"tasks/sql/sqlite/sqlite_engine.cpp",
     {"engine/base/", "engine/expression/pattern.hpp", "tasks/sql/", "tasks/support/"}},
    {"tasks/sql/", {"engine/base/", "tasks/support/"}},
    {"tasks/files/", kBelowFiles},
    // The log asks no more of its place than a store gives: no renames, no locks, no folders.
    {"tasks/lake/lake_log.",
     {"engine/base/", "tasks/support/", "tasks/files/store.hpp", "tasks/lake/lake_log.hpp"}},
    {"tasks/lake/", all_of({kBelowFiles, {"tasks/files/"}})},
    {"tasks/data/", all_of({kBelowFiles, {"tasks/files/", "tasks/lake/"}})},
    {"tasks/etl/", kBelowDataTasks},
    {"tasks/load/", kBelowDataTasks},
    {"tasks/map_items/", kBelowDataTasks},
    {"tasks/refresh/", kBelowDataTasks},
    {"tasks/transform/", all_of({kBelowDataTasks, {"tasks/template/"}})},
    {"tasks/unload/", kBelowDataTasks},
    {"tasks/validate/", kBelowDataTasks},
    {"tasks/template/", {"engine/base/"}},
    {"tasks/", {"engine/base/", "engine/runtime/task_runner.hpp", "tasks/"}},
    {"api/daemon/", {"engine/", "tasks/", "api/"}},
    {"api/http/", {"engine/base/"}},
    {"api/router/", {"engine/base/", "api/http/"}},
    {"api/web/", {"engine/base/", "api/http/"}},
    {"api/secrets/",
     all_of({kRuntimePorts, {"engine/base/", "api/http/", "api/router/", "api/auth/routes.hpp"}})},
    {"api/auth/",
     all_of({kRuntimePorts,
             {"engine/base/", "api/http/", "api/router/", "api/read/", "api/secrets/"}})},
    {"api/audit/",
     all_of({kRuntimePorts, {"engine/base/", "api/http/", "api/router/", "api/auth/"}})},
    {"api/read/", all_of({kRuntimePorts,
                          {"engine/base/", "engine/definition/workflow.hpp", "engine/core/",
                           "engine/runtime/read/", "engine/runtime/work/task_log.hpp",
                           "engine/triggers/next_fire.hpp", "api/http/", "api/router/"}})},
    {"api/cli/",
     all_of({kRuntimePorts,
             {"engine/base/", "engine/definition/", "api/http/", "api/read/",
              "api/auth/admin_token.hpp", "api/daemon/config.hpp", "api/daemon/cli.hpp"}})},
    {"api/aws/", all_of({kRuntimePorts, kBelowResources})},
    {"api/callbacks/", all_of({kRuntimePorts, kBelowResources, {"api/auth/callback_links.hpp"}})},
    {"api/live/", all_of({kRuntimePorts, kBelowResources, {"api/system/routes.hpp"}})},
    {"api/triggers/", all_of({kRuntimePorts, kBelowResources})},
    {"api/runs/", all_of({kRuntimePorts, kBelowResources, {"api/system/", "api/home/"}})},
    {"api/workflows/",
     all_of({kRuntimePorts,
             kBelowResources,
             {"api/system/", "api/runs/", "api/triggers/", "api/daemon/config.hpp"}})},
    {"api/home/",
     all_of({kRuntimePorts, kBelowResources, {"api/runs/", "api/workflows/", "api/triggers/"}})},
    {"api/system/", all_of({kRuntimePorts,
                            kBelowResources,
                            {"api/aws/", "api/live/", "api/runs/", "api/triggers/"}})},
    {"tests/", {"engine/", "tasks/", "api/", "web/"}},
};

/// Third-party headers, and those of what stands behind a port, that begin with `header` stay in
/// files that begin with one of `only_in`.
struct Library {
    std::string header;
    Prefixes only_in;
};

const std::vector<Library> kLibraries = {
    {"date/", {"engine/schedule/time_zone.cpp"}},
    {"yaml-cpp/", {"engine/definition/yaml_reader.cpp", "tasks/transform/yaml.cpp"}},
    {"sqlite3.h", {"engine/journal/", "tasks/", "tests/"}},
    {"duckdb", {"tasks/", "tests/"}},
    {"spdlog/", {"engine/runtime/", "tasks/", "api/", "tests/"}},
    {"boost/", {"api/", "tests/"}},
    {"curl/", {"tasks/http/http_client.cpp"}},
    {"httplib.h", {"api/cli/client.cpp"}},
    {"CLI/", {"api/"}},
    {"engine/journal/sqlite",
     {"engine/journal/", "engine/runtime/open_reader.cpp", "api/daemon/", "tests/"}},
    {"engine/journal/memory", {"engine/journal/", "tests/"}},
};

/// A word that stands only in files that begin with one of `only_in`.
struct Word {
    std::string text;
    Prefixes only_in;
    std::string instead;
};

// Tasks run in processes of their own, with a real clock and real randomness; what the engine does
// must be the same again in a replay. The key of the hash decides nothing but where a member is
// looked for.
const std::vector<Word> kWords = {
    {"system_clock::now",
     {"engine/runtime/system_clock.cpp", "tasks/"},
     "take the time as an argument"},
    {"random_device",
     {"engine/base/keyed_hash.cpp", "engine/runtime/system_clock.cpp", "tasks/"},
     "take a Prng as an argument"},
    {"rand(", {}, "take a Prng as an argument"},
    {"sleep_for",
     {"tasks/files/durable_files.cpp"},
     "wait for what is waited for, on a condition or a descriptor"},
    {"::mmap(",
     {"engine/runtime/loop/poison_guard.cpp"},
     "read(): who makes a mapped file shorter ends the process that looks at it"},
    {"using namespace", {"tests/"}, "name what is used"},
    {"std::cout", {"api/"}, "only the command line prints"},
    {"FIX"
     "ME",
     {},
     "an issue"},  // in two pieces: here it is no mark
};

struct SourceFile {
    std::string path;  // from the root, with slashes
    std::vector<std::string> lines;
};

bool begins_with(std::string_view text, std::string_view prefix) {
    return text.substr(0, prefix.size()) == prefix;
}

bool begins_with_one_of(std::string_view text, const Prefixes& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const std::string& prefix) { return begins_with(text, prefix); });
}

std::vector<std::string> lines_of(const fs::path& path) {
    std::ifstream file(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
}

std::vector<SourceFile> source_files() {
    const fs::path root = SW_SOURCE_DIR;
    std::vector<SourceFile> files;
    for (const char* folder : {"engine", "tasks", "api", "tests"}) {
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            const fs::path& path = entry.path();
            if (path.extension() != ".cpp" && path.extension() != ".hpp") continue;
            files.push_back({fs::relative(path, root).generic_string(), lines_of(path)});
        }
    }
    std::sort(files.begin(), files.end(),
              [](const SourceFile& a, const SourceFile& b) { return a.path < b.path; });
    return files;
}

/// What an #include line names; empty for another line.
std::string included(std::string_view line, char open, char close) {
    constexpr std::string_view kInclude = "#include ";
    if (!begins_with(line, kInclude) || line.size() <= kInclude.size()) return "";
    line.remove_prefix(kInclude.size());
    if (line[0] != open) return "";
    return std::string(line.substr(1, line.find(close, 1) - 1));
}

const Layer* layer_of(const std::string& path) {
    const auto found = std::find_if(kLayers.begin(), kLayers.end(), [&](const Layer& layer) {
        return begins_with(path, layer.from);
    });
    return found == kLayers.end() ? nullptr : &*found;
}

/// What is wrong with the include, as a sentence; empty where nothing is.
std::string include_fault(const std::string& path, const std::string& header) {
    const Layer* layer = layer_of(path);
    if (layer == nullptr) return "belongs to no layer";
    if (begins_with(header, "tests/") && !begins_with(path, "tests/")) {
        return "includes " + header + ": nothing includes tests";
    }
    const bool is_own = begins_with(header, layer->from.substr(0, layer->from.rfind('/') + 1));
    if (is_own || begins_with_one_of(header, layer->may_include)) return "";
    return "includes " + header + ", which is not below " + layer->from;
}

std::string library_fault(const std::string& path, const std::string& header) {
    for (const Library& library : kLibraries) {
        if (!begins_with(header, library.header)) continue;
        if (!begins_with_one_of(path, library.only_in)) {
            return "includes " + header + ", which only " + library.only_in[0] + " may";
        }
    }
    return "";
}

bool is_word_part(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// Whether `word` stands in the code of the line, not as a part of a longer one.
bool has_word(const std::string& line, const std::string& word) {
    const std::string code = line.substr(0, line.find("//"));
    for (auto at = code.find(word); at != code.npos; at = code.find(word, at + 1)) {
        if (at == 0 || !is_word_part(code[at - 1])) return true;
    }
    return false;
}

std::string place(const SourceFile& file, std::size_t line) {
    return file.path + ":" + std::to_string(line + 1) + ": ";
}

}  // namespace

TEST_CASE("a folder includes only what is below it") {
    for (const SourceFile& file : source_files()) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            const std::string header = included(file.lines[i], '"', '"');
            if (header.empty()) continue;
            const std::string fault = include_fault(file.path, header);
            if (!fault.empty()) FAIL_CHECK(place(file, i) << fault);
        }
    }
}

TEST_CASE("a library is known only where it is wrapped, and an implementation where it is chosen") {
    for (const SourceFile& file : source_files()) {
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            for (const std::string& header :
                 {included(file.lines[i], '<', '>'), included(file.lines[i], '"', '"')}) {
                const std::string fault = library_fault(file.path, header);
                if (!fault.empty()) FAIL_CHECK(place(file, i) << fault);
            }
        }
    }
}

TEST_CASE("words that have a better replacement do not stand in the code") {
    for (const SourceFile& file : source_files()) {
        if (file.path == "tests/layers_test.cpp") continue;  // it names them
        for (std::size_t i = 0; i < file.lines.size(); ++i) {
            for (const Word& word : kWords) {
                const bool is_there = has_word(file.lines[i], word.text) &&
                                      !begins_with_one_of(file.path, word.only_in);
                if (is_there)
                    FAIL_CHECK(place(file, i)
                               << "'" << word.text << "'; instead: " << word.instead);
            }
        }
    }
}

TEST_CASE("the rules find what breaks them") {
    struct Case {
        std::string path;
        std::string header;
        bool is_fault;
    };
    const std::vector<Case> cases = {
        {"engine/core/decide.cpp", "engine/base/json.hpp", false},
        {"engine/core/decide.cpp", "engine/core/turn.hpp", false},
        {"engine/core/decide.cpp", "engine/journal/journal.hpp", true},
        {"engine/base/json.cpp", "engine/core/event.hpp", true},
        {"engine/journal/journal.hpp", "engine/expression/path.hpp", true},
        {"tasks/shell/shell.cpp", "engine/runtime/task_runner.hpp", false},
        {"tasks/shell/shell.cpp", "engine/runtime/engine.hpp", true},
        {"tasks/shell/shell.cpp", "engine/expression/path.hpp", true},
        {"tasks/binding/bindings.cpp", "engine/expression/path.hpp", false},
        {"tasks/sql/row_copy.cpp", "tasks/files/csv_scan.hpp", true},
        {"tasks/lake/lake_log.cpp", "tasks/data/data_session.hpp", true},
        {"tasks/lake/lake_log.cpp", "tasks/files/durable_files.hpp", true},
        {"tasks/lake/lake_log.cpp", "tasks/files/store.hpp", false},
        {"tasks/load/load.cpp", "tasks/validate/validate.hpp", true},
        {"tasks/load/load.cpp", "tasks/data/input.hpp", false},
        {"api/server.cpp", "engine/journal/journal.hpp", true},
        {"api/server.cpp", "tasks/task.hpp", true},
        {"api/daemon/main.cpp", "engine/journal/journal.hpp", false},
        {"engine/base/json.cpp", "tests/support/main.hpp", true},
        {"other/thing.cpp", "engine/base/json.hpp", true},
        {"engine/base/json.cpp", "json.hpp", true},
    };
    for (const Case& c : cases) {
        CAPTURE(c.path);
        CAPTURE(c.header);
        CHECK(include_fault(c.path, c.header).empty() != c.is_fault);
    }
    CHECK_FALSE(library_fault("engine/core/decide.cpp", "sqlite3.h").empty());
    CHECK(library_fault("engine/journal/sqlite.cpp", "sqlite3.h").empty());
    CHECK_FALSE(
        library_fault("engine/runtime/read/reader.cpp", "engine/journal/sqlite_reads.hpp").empty());
    CHECK(has_word("int x = rand();", "rand("));
    CHECK_FALSE(has_word("int x = operand();", "rand("));
    CHECK_FALSE(has_word("int x = 1;  // not rand()", "rand("));
    CHECK(source_files().size() > 20);
}

}  // namespace stepwell::test
