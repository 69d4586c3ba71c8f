// An engine on a disk, and routes over it that anybody may ask.
#pragma once

#include <doctest/doctest.h>

#include <future>

#include "api/home/routes.hpp"
#include "engine/journal/sqlite_journal.hpp"
#include "engine/runtime/clock.hpp"
#include "tests/support/fake_request.hpp"
#include "tests/support/idle_runner.hpp"
#include "tests/support/temporary_folder.hpp"

namespace stepwell::test {

/// Lets anybody in.
class OpenDoor final : public api::Authenticator {
public:
    [[nodiscard]] Result<api::Principal, api::Refusal> authenticate(
        const api::Request& request) const override {
        return request.principal();
    }
};

struct Yard {
    TemporaryFolder folder;
    std::unique_ptr<journal::SqliteJournal> journal;
    IdleRunner runner;
    std::unique_ptr<runtime::Engine> engine;
    api::Readers readers{folder.path()};
    api::answers::AnswerSources sources{readers, runtime::system_clock(), folder.path()};
    OpenDoor door;
    api::Router router{door};
    Json noted;  // of the last answer

    explicit Yard(runtime::EngineSettings settings = {}) {
        journal = std::move(journal::SqliteJournal::open(folder.path(), 7)).value();
        engine = std::make_unique<runtime::Engine>(std::move(settings), *journal,
                                                   runtime::system_clock());
        REQUIRE(engine->start(runner));
        create("wait", R"({"Type":"Wait","Seconds":9000,"End":true})");
        create("pass", R"({"Type":"Pass","End":true})");
        create("fail", R"({"Type":"Fail","Error":"E_NO"})");
    }

    void create(const std::string& name, const std::string& state) {
        runtime::WorkflowSpec spec;
        spec.name = name;
        spec.definition = R"({"StartAt":"A","States":{"A":)" + state + "}}";
        REQUIRE(engine->create_workflow_now(spec));
    }
    /// Numbers of so many new runs, those of `pass` and `fail` when they have ended.
    std::vector<std::uint64_t> start(const std::string& workflow, std::size_t count) {
        std::vector<std::uint64_t> runs;
        for (std::size_t i = 0; i < count; ++i) {
            runtime::StartRequest request;
            request.workflow = workflow;
            const auto started = engine->start_execution_now(request);
            REQUIRE(started);
            if (workflow != "wait") REQUIRE(engine->closed_future(started->id).get());
            runs.push_back(value_of(started->id));
        }
        return runs;
    }
    api::Response answer_to(FakeRequest request) {
        const auto promise = std::make_shared<std::promise<api::Response>>();
        router.handle(request, [promise](api::Response response) {
            promise->set_value(std::move(response));
        });
        return promise->get_future().get();
    }
    /// POST below /api/v1; the answer as JSON.
    Json post(const std::string& target, const std::string& body = "") {
        const api::Response response =
            answer_to({"POST", "/api/v1/" + target, body, {{"Content-Type", "application/json"}}});
        noted = response.noted;
        const auto json = parse_json(response.body);
        REQUIRE(json);
        return *json;
    }
    std::string status_of(std::uint64_t run) {
        auto reader = readers.take();
        return core::name_of((*reader)->summary(static_cast<ExecutionId>(run))->status);
    }
};

}  // namespace stepwell::test
