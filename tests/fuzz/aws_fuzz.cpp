// Any body to any action of the AWS API (the first line names it), over an engine and a journal
// that keep what came before: one answer, which is JSON; a refusal has a type and words, and is
// never a fault of the server.
#include <unistd.h>

#include <filesystem>

#include "api/aws/api.hpp"
#include "api/aws/json_fault.hpp"
#include "engine/journal/sqlite_journal.hpp"
#include "engine/runtime/work/activity_queue.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/fake_clock.hpp"
#include "tests/support/fake_request.hpp"
#include "tests/support/idle_runner.hpp"

using namespace stepwell;
using namespace stepwell::api;

namespace {

/// A daemon's inside, made anew after so many calls, so that none has to look through too much.
class House {
public:
    House() {
        std::filesystem::create_directories(folder_);
        auto opened = journal::SqliteJournal::open(folder_, 1);
        SW_ASSERT(opened.has_value());
        journal_ = *std::move(opened);
        engine_ = std::make_unique<runtime::Engine>(runtime::EngineSettings{}, *journal_, clock_);
        activities_.connect(*engine_);
        SW_ASSERT(engine_->start(activities_, runtime::Engine::Threading::manual).has_value());
        readers_ = std::make_unique<Readers>(folder_);
        api_ = std::make_unique<aws::Api>(*engine_, *readers_, aws::Account{},
                                          std::vector<std::string>{"x"});
        api_->use(activities_);
    }
    ~House() {
        api_.reset();
        readers_.reset();
        engine_.reset();
        journal_.reset();
        std::error_code error;
        std::filesystem::remove_all(folder_, error);
    }

    void call(const std::string& action, const std::string& body) {
        test::FakeRequest request("POST", "/", body,
                                  {{"X-Amz-Target", "AWSStepFunctions." + action}});
        int answers = 0;
        api_->handle(request, [&](Response response) {
            ++answers;
            if (response.stream) return;  // a worker who waits, and goes away
            const auto json = parse_json(response.body);
            SW_ASSERT(json.has_value() && json->is_object());
            SW_ASSERT(response.status == 200 || response.status == 400);
            if (response.status == 400) SW_ASSERT(!string_or(*json, "__type", "").empty());
        });
        while (engine_->step()) {
        }
        SW_ASSERT(answers == 1);
    }

private:
    const std::filesystem::path folder_ = std::filesystem::temp_directory_path() /
                                          ("stepwell-fuzz-aws-" + std::to_string(::getpid()));
    test::FakeClock clock_;
    test::IdleRunner runner_;
    runtime::ActivityQueue activities_{runner_};
    std::unique_ptr<journal::Journal> journal_;
    std::unique_ptr<runtime::Engine> engine_;
    std::unique_ptr<Readers> readers_;
    std::unique_ptr<aws::Api> api_;
};

constexpr int kCallsPerHouse = 2'000;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static std::unique_ptr<House> house;
    static int calls = 0;
    if (!house || ++calls % kCallsPerHouse == 0) {
        house.reset();
        house = std::make_unique<House>();
    }
    const auto [action, body] = test::first_line_and_rest(test::text_of(data, size));
    house->call(std::string(action), std::string(body));
    return 0;
}
