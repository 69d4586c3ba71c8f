#include "api/daemon/config.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <map>

#include "api/cli/daemon_address.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace stepwell;
using namespace stepwell::api;
using stepwell::test::TemporaryFolder;

namespace {

Variables variables(std::map<std::string, std::string> values) {
    return [values = std::move(values)](const std::string& name) -> std::optional<std::string> {
        const auto found = values.find(name);
        return found == values.end() ? std::nullopt : std::optional(found->second);
    };
}

std::string write(const TemporaryFolder& folder, const std::string& text) {
    const auto path = folder.path() / "stepwell.yaml";
    std::ofstream(path) << text;
    return path.string();
}

Overrides with_config(const std::string& file) {
    Overrides overrides;
    overrides.config = file;
    return overrides;
}

}  // namespace

TEST_CASE("flags win over variables, variables over the file, the file over defaults") {
    const TemporaryFolder folder;
    Overrides overrides = with_config(write(folder,
                                            "region: eu-west-1\naccount: '111111111111'\n"
                                            "listen: 127.0.0.1:1\n"));
    auto got = load_configuration(overrides, variables({{"HOME", "/h"}}));
    REQUIRE(got);
    CHECK(got->account.region == "eu-west-1");
    CHECK(got->listen.port == 1);

    const auto set = variables({{"STEPWELL_REGION", "ap-south-1"}, {"STEPWELL_LISTEN", ":2"}});
    got = load_configuration(overrides, set);
    REQUIRE(got);
    CHECK(got->account.region == "ap-south-1");
    CHECK(got->account.account == "111111111111");
    CHECK(got->listen.port == 2);

    overrides.listen = "127.0.0.1:3";
    got = load_configuration(overrides, set);
    REQUIRE(got);
    CHECK(got->listen.port == 3);
}

TEST_CASE("who only asks the daemon is not kept from it by faults of the file") {
    const TemporaryFolder folder;
    const std::string file =
        write(folder, "lisden: x\npools: 3\nlisten: 127.0.0.1:9\ndata: kept\n");
    const Overrides overrides = with_config(file);
    REQUIRE_FALSE(load_configuration(overrides, variables({{"HOME", "/h"}})));
    const DaemonPlace place = place_of_daemon(overrides, variables({{"HOME", "/h"}}));
    CHECK(place.listen.port == 9);
    CHECK(place.data == folder.path() / "kept");
    CHECK(place.file == file);
}

TEST_CASE("commands ask the daemon that flag, variable or configuration name") {
    const TemporaryFolder folder;
    cli::Options options;
    options.overrides = with_config(write(folder, "listen: 0.0.0.0:9000\ndata: kept\n"));
    const auto url = [&](std::map<std::string, std::string> set) {
        return cli::address_of_daemon(options, variables(std::move(set))).url;
    };
    CHECK(url({}) == "http://127.0.0.1:9000");
    CHECK(url({{"STEPWELL_LISTEN", "[::]:7"}}) == "http://[::1]:7");
    CHECK(url({{"STEPWELL_SERVER", "http://other:1"}}) == "http://other:1");
    options.server = "http://flag:2";
    CHECK(url({{"STEPWELL_SERVER", "http://other:1"}}) == "http://flag:2");
    options.server.clear();
    options.overrides = with_config(write(folder, "listen: 127.0.0.1:0\ndata: kept\n"));
    CHECK(url({}) == "http://127.0.0.1:8083");
}

TEST_CASE("folders in the file are relative to the file") {
    const TemporaryFolder folder;
    const auto got = load_configuration(
        with_config(write(folder, "data: state\nworkflows: [flows, /abs]\nfunctions: fn\n")),
        variables({}));
    REQUIRE(got);
    CHECK(got->data == folder.path() / "state");
    REQUIRE(got->workflows.size() == 2);
    CHECK(got->workflows[0] == folder.path() / "flows");
    CHECK(got->workflows[1] == "/abs");
    CHECK(got->functions.at(0) == folder.path() / "fn");
}

TEST_CASE("a binding's relative project is the folder beside the file, where there is one") {
    const TemporaryFolder folder;
    std::filesystem::create_directory(folder.path() / "models");
    const auto got = load_configuration(
        with_config(write(folder,
                          "allowed_roots: [/data]\nbindings:\n"
                          "  - {resource: a, task: transform, parameters: {project: models}}\n"
                          "  - {resource: b, task: transform, parameters: {project: none}}\n")),
        variables({}));
    REQUIRE(got);
    const std::string models = (folder.path() / "models").string();
    const Json& bindings = got->tasks["bindings"];
    CHECK(bindings[0]["parameters"]["project"] == models);
    CHECK(bindings[1]["parameters"]["project"] == "none");  // in the data folder
    CHECK(got->tasks["allowed_roots"] == Json::array({"/data", models}));
}

TEST_CASE("what belongs to tasks is passed on as it stands") {
    const TemporaryFolder folder;
    const auto got = load_configuration(
        with_config(write(folder, "connections: {wh: {type: duckdb}}\nallowed_roots: [/data]\n")),
        variables({}));
    REQUIRE(got);
    CHECK(to_text(got->tasks) ==
          R"({"connections":{"wh":{"type":"duckdb"}},"allowed_roots":["/data"]})");
}

TEST_CASE("sections of tasks are looked into whole, with the line of each fault") {
    const TemporaryFolder folder;
    const Shape sections = shape::object(
        {shape::mapping("connections", "",
                        shape::object({shape::text("type", "").one_of({"duckdb", "sqlite"}),
                                       shape::whole("threads", "")})),
         shape::object("tasks", "", {shape::whole("data_threads", "").from_to(1, 1000)})});
    const std::string text =
        "connections:\n  wh:\n    type: duckbd\n    threads: ${env:THREADS}\n"
        "  app: {typ: sqlite}\ntasks:\n  data_threads: 0\nlimits:\n  request_bytes: lots\n"
        "pools:\n  small: {slots: 0}\nregoin: x\n";
    const std::string file = write(folder, text);
    const auto got = load_configuration(with_config(file), variables({}), &sections);
    REQUIRE_FALSE(got);
    CHECK(got.error().message.find(
              file +
              ":3: connections.wh.type: expected one of duckdb, sqlite, but got 'duckbd'; "
              "did you mean 'duckdb'?\n" +
              file +
              ":5: connections.app.typ: expected a parameter, but 'typ' is none; did you "
              "mean 'type'?\n" +
              file + ":7: tasks.data_threads: expected a whole number from 1 to 1000, but got 0\n" +
              file +
              ":9: expected 'request_bytes' to be a size such as 2097152 or 2MB, but got "
              "\"lots\"\n" +
              file + ":11: expected the pool 'small'") == 0);
    CHECK(got.error().message.find(file + ":12: expected one of ") != std::string::npos);
    const auto sized = load_configuration(
        with_config(write(folder, "limits: {request_bytes: 2MB, execution_bytes: 1GiB}\n")),
        variables({}), &sections);
    REQUIRE(sized);
    CHECK(sized->body_bytes_max == 2'000'000);
    CHECK(sized->execution_bytes_max == std::uint64_t{1} << 30);
}

TEST_CASE("every fault of the file is reported, with its line and what was meant") {
    const TemporaryFolder folder;
    const auto got = load_configuration(
        with_config(write(folder,
                          "conections: {}\nlisten: nowhere:x\nlimits:\n  request_bytes: 0\n"
                          "  events: 5\n")),
        variables({}));
    REQUIRE_FALSE(got);
    const std::string& message = got.error().message;
    CAPTURE(message);
    CHECK(message.find("stepwell.yaml:1: ") != std::string::npos);
    CHECK(message.find("did you mean 'connections'?") != std::string::npos);
    CHECK(message.find("stepwell.yaml:2: expected a listen address") != std::string::npos);
    CHECK(message.find("stepwell.yaml:4: expected 'request_bytes' to be a size such as 2097152") !=
          std::string::npos);
    CHECK(message.find("but got 'events'") != std::string::npos);
}

TEST_CASE("a file that is named and missing is an error, one that is only looked for is not") {
    CHECK_FALSE(load_configuration(with_config("/nowhere/stepwell.yaml"), variables({})));
    CHECK(load_configuration({}, variables({{"XDG_CONFIG_HOME", "/nowhere"}})));
}

TEST_CASE("an account is twelve digits") {
    Overrides overrides;
    overrides.account = "12345";
    CHECK_FALSE(load_configuration(overrides, variables({})));
    overrides.account = "000000000001";
    CHECK(load_configuration(overrides, variables({})));
}

TEST_CASE("a token comes from a file that only the daemon reads, or from the environment") {
    const TemporaryFolder folder;
    std::ofstream(folder.path() / "token") << "s3cret of sixteen\n";
    std::filesystem::permissions(folder.path() / "token", std::filesystem::perms(0600));
    auto got = load_configuration(with_config(write(folder, "token_file: token\n")), variables({}));
    REQUIRE(got);
    CHECK(got->gate.token == "s3cret of sixteen");
    got = load_configuration(with_config(write(folder, "token_file: missing\n")), variables({}));
    CHECK_FALSE(got);
}

TEST_CASE("pools have slots, and retention replaces only what it names") {
    const TemporaryFolder folder;
    auto got = load_configuration(
        with_config(
            write(folder, "pools: {warehouse: {slots: 2}, api: 5}\nretention: {failed: 1w}\n")),
        variables({}));
    REQUIRE(got);
    CHECK(got->pools == std::map<std::string, std::uint32_t>{{"api", 5}, {"warehouse", 2}});
    CHECK(got->retention.failed == std::chrono::hours(168));
    CHECK(got->retention.succeeded == std::chrono::hours(720));
    CHECK(got->retention.bytes == 10'000'000'000u);

    got = load_configuration(with_config(write(folder, "retention: off\n")), variables({}));
    REQUIRE(got);
    CHECK((!got->retention.failed && !got->retention.runs && !got->retention.bytes));

    const auto wrong = load_configuration(
        with_config(write(folder, "pools:\n  a: 0\n  b: {size: 2}\nretention:\n  bytes: lots\n")),
        variables({}));
    REQUIRE_FALSE(wrong);
    for (const char* part : {":2: expected the pool 'a'", ":3: expected the pool 'b'",
                             ":5: expected 'bytes' to be a size such as 10GB"}) {
        CAPTURE(std::string(part));
        CHECK(wrong.error().message.find(part) != std::string::npos);
    }
}
