// Where secrets are kept, how they are named, and who may have their values.
#include "api/secrets/secret_store.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <fstream>

#include "api/secrets/crypto.hpp"
#include "api/secrets/secret_runner.hpp"
#include "tests/security/support.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace stepwell;
using namespace stepwell::api;
using stepwell::test::kNow;
using stepwell::test::Shelf;
using stepwell::test::TemporaryFolder;

namespace {

SecretStoreSettings settings_in(const TemporaryFolder& folder,
                                const std::string& providers = "null") {
    SecretStoreSettings settings;
    settings.key = {folder.path() / "secret.key", true};
    settings.environment = [](const std::string& name) -> std::optional<std::string> {
        if (name == "TOKEN") return "from the environment";
        return std::nullopt;
    };
    settings.providers = *parse_json(providers);
    return settings;
}

std::unique_ptr<SecretStore> open(const TemporaryFolder& folder, const Shelf& shelf) {
    auto store = SecretStore::open(settings_in(folder), shelf.records(kSecretsCollection));
    REQUIRE(store);
    return *std::move(store);
}

/// What reaches the hosts, and what fails.
struct Ends final : runtime::TaskRunner, runtime::TaskSink {
    std::vector<runtime::TaskRequest> started;
    std::vector<std::string> failures;
    void start(runtime::TaskRequest request) override { started.push_back(std::move(request)); }
    void cancel(const TaskToken&) override {}
    void submitted(const TaskToken&, Payload) override {}
    void heartbeat(const TaskToken&) override {}
    void succeeded(const TaskToken&, Payload) override {}
    void failed(const TaskToken&, std::string error, std::optional<std::string> cause) override {
        failures.push_back(error + ": " + cause.value_or(""));
    }
    void progress(const TaskToken&, Json) override {}
    void log(const TaskToken&, std::string) override {}
};

}  // namespace

TEST_CASE("a secret is kept encrypted, under a key that only its owner may read") {
    const TemporaryFolder folder;
    Shelf shelf;
    auto store = open(folder, shelf);
    REQUIRE(store->put("crm", "hunter2-hunter2", "ann", kNow, shelf.writer()));
    CHECK(shelf.documents.at({kSecretsCollection, "crm"}).find("hunter2") == std::string::npos);
    struct stat status {};
    REQUIRE(::stat((folder.path() / "secret.key").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);

    CHECK(*open(folder, shelf)->value({"crm", ""}) == "hunter2-hunter2");
    const auto list = open(folder, shelf)->list();
    REQUIRE(list.size() == 1);
    CHECK(list[0].updated_by == "ann");
    CHECK(list[0].updated_at == "2023-11-14T22:13:20Z");
}

TEST_CASE("a cipher text that was changed, moved or meant for another key does not open") {
    const TemporaryFolder folder;
    Shelf shelf;
    auto store = open(folder, shelf);
    REQUIRE(store->put("a", "value of a", "ann", kNow, shelf.writer()));
    REQUIRE(store->put("b", "value of b", "ann", kNow, shelf.writer()));

    Shelf moved = shelf;
    std::swap(moved.documents[{kSecretsCollection, "a"}],
              moved.documents[{kSecretsCollection, "b"}]);
    using Names = std::vector<std::string>;
    const auto opened = SecretStore::open(settings_in(folder), moved.records(kSecretsCollection));
    REQUIRE(opened);
    CHECK((*opened)->lost() == Names{"a", "b"});
    CHECK_FALSE((*opened)->value({"a", ""}));
}

TEST_CASE("a key that is lost costs the secrets, which can be set again, and nothing else") {
    const TemporaryFolder folder;
    Shelf shelf;
    REQUIRE(open(folder, shelf)->put("a", "value of a", "ann", kNow, shelf.writer()));
    const TemporaryFolder other;
    for (const bool has_key : {false, true}) {
        CAPTURE(has_key);
        if (has_key) REQUIRE(make_secret_key({other.path() / "secret.key", true}));
        const auto opened =
            SecretStore::open(settings_in(other), shelf.records(kSecretsCollection));
        REQUIRE(opened);
        CHECK((*opened)->lost() == std::vector<std::string>{"a"});
        const auto value = (*opened)->value({"a", ""});
        REQUIRE_FALSE(value);
        CHECK(value.error().message.find("stepwell secrets set a") != std::string::npos);
    }
    auto opened = open(other, shelf);
    REQUIRE(opened->put("a", "another value", "ann", kNow, shelf.writer()));
    CHECK(opened->lost().empty());
    CHECK(*open(other, shelf)->value({"a", ""}) == "another value");
}

TEST_CASE("a key that others may read is refused") {
    const TemporaryFolder folder;
    const SecretKeyPlace place{folder.path() / "secret.key", true};
    REQUIRE(make_secret_key(place));
    ::chmod(place.file.c_str(), 0644);
    auto key = read_secret_key(place);
    REQUIRE_FALSE(key);
    CHECK(key.error().message.find("chmod 600") != std::string::npos);
}

TEST_CASE("a key has its name only when it is whole, and takes nobody else's") {
    const TemporaryFolder folder;
    const SecretKeyPlace place{folder.path() / "secret.key", true};
    const std::string key = make_secret_key(place).value();
    CHECK_FALSE(make_secret_key(place));
    CHECK(read_secret_key(place).value() == key);
    // No file may grow: as on a full disk, the key is written in part at most.
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{10, before.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &small) == 0);
    const SecretKeyPlace full{folder.path() / "full" / "secret.key", true};
    const auto made = make_secret_key(full);
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &before) == 0);
    std::signal(SIGXFSZ, handler);
    CHECK_FALSE(made);
    CHECK(std::filesystem::is_empty(folder.path() / "full"));
}

TEST_CASE("the configuration's providers are read, and all their faults are told") {
    const TemporaryFolder folder;
    const auto file = folder.path() / "bank.json";
    std::ofstream(file) << R"({"user": "erin", "password": "first password"})" << '\n';
    const std::string good =
        R"({"env": {"env": "TOKEN"}, "bank": {"file": ")" + file.string() + R"("}})";
    auto store = SecretStore::open(settings_in(folder, good), {});
    REQUIRE(store);
    CHECK(*(*store)->value({"env", ""}) == "from the environment");
    CHECK(*(*store)->value({"bank", "password"}) == "first password");
    CHECK_FALSE((*store)->value({"bank", "missing"}));

    // A file is read anew: who rotates a password need not restart the daemon.
    std::ofstream(file) << R"({"user": "erin", "password": "second password"})";
    CHECK(*(*store)->value({"bank", "password"}) == "second password");
    CHECK((*store)->mask(std::string("first password, second password, erin")) == "***, ***, erin");

    // What waits for a writer holds nobody up.
    std::filesystem::remove(file);
    REQUIRE(::mkfifo(file.c_str(), 0600) == 0);
    const auto waits = (*store)->value({"bank", ""});
    REQUIRE_FALSE(waits);
    CHECK(waits.error().message.find("no regular file") != std::string::npos);

    const std::string bad = R"({"a": {"env": "NOT_SET"}, "b": {"file": "/does/not/exist"},
        "c": {"vault": "x"}, "d d": {"env": "TOKEN"}})";
    auto refused = SecretStore::open(settings_in(folder, bad), {});
    REQUIRE_FALSE(refused);
    for (const std::string name : {"'a'", "'b'", "'c'", "'d d'"}) {
        CHECK(refused.error().message.find(name) != std::string::npos);
    }
}

TEST_CASE("a value that cannot be masked, or a name that is none, is refused") {
    const TemporaryFolder folder;
    Shelf shelf;
    auto store = open(folder, shelf);
    struct Case {
        std::string name, value;
    };
    for (const Case& c : std::vector<Case>{{"a", "abc"},
                                           {"a", std::string(9'000, 'x')},
                                           {"a b", "long enough"},
                                           {"", "long enough"}}) {
        const auto put = store->put(c.name, c.value, "ann", kNow, shelf.writer());
        REQUIRE_FALSE(put);
        CHECK(put.error().code == ErrorCode::invalid);
    }
    CHECK(shelf.documents.empty());
}

TEST_CASE("an input or a definition that holds a secret is refused, and the message says where") {
    const TemporaryFolder folder;
    Shelf shelf;
    auto store = open(folder, shelf);
    REQUIRE(store->put("crm", "hunter2-hunter2", "ann", kNow, shelf.writer()));
    CHECK(store->check("the input", R"({"a": "harmless"})"));
    const auto refused = store->check("the definition", "{\n \"a\":\n \"hunter2-hunter2\"}");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::invalid);
    CHECK(refused.error().message.find("line 3") != std::string::npos);
    CHECK(refused.error().message.find("${secret:crm}") != std::string::npos);
    CHECK(refused.error().message.find("hunter2") == std::string::npos);
    CHECK_FALSE(store->check("the input", R"(["\u0068unter2-hunter2"])"));
}

TEST_CASE("who starts runs learns no secret by guessing: neither which it is, nor for long") {
    const TemporaryFolder folder;
    Shelf shelf;
    auto store = open(folder, shelf);
    REQUIRE(store->put("pin", "481516", "ann", kNow, shelf.writer()));
    for (unsigned n = 0; n <= GuessLimit::kFree; ++n) {
        const auto refused = store->check_start("user:bob", "the input", R"(["481516"])");
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::invalid);
        CHECK(refused.error().message.find("pin") == std::string::npos);
    }
    // Right or wrong, the answer is the same from now on; others are not kept out.
    for (const char* guess : {R"(["481516"])", R"(["481517"])"}) {
        const auto refused = store->check_start("user:bob", "the input", guess);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::unavailable);
    }
    CHECK(store->check_start("user:eve", "the input", R"(["481517"])"));
}

TEST_CASE("the pause of who guesses doubles up to five minutes, and is forgotten after an hour") {
    GuessLimit limit;
    const GuessLimit::Moment begin{std::chrono::hours(1)};
    for (unsigned n = 0; n < GuessLimit::kFree; ++n) limit.refused("bob", begin);
    CHECK_FALSE(limit.wait("bob", begin));
    limit.refused("bob", begin);
    CHECK(limit.wait("bob", begin) == Duration(1'000));
    limit.refused("bob", begin);
    CHECK(limit.wait("bob", begin) == Duration(2'000));
    for (int n = 0; n < 40; ++n) limit.refused("bob", begin);
    CHECK(limit.wait("bob", begin) == Duration(300'000));
    CHECK_FALSE(limit.wait("ann", begin));
    const GuessLimit::Moment later = begin + std::chrono::hours(1);
    limit.refused("bob", later);
    CHECK_FALSE(limit.wait("bob", later));
}

TEST_CASE("only what the definition itself names gets a value") {
    const TemporaryFolder folder;
    Shelf shelf;
    auto store = open(folder, shelf);
    REQUIRE(store->put("crm", "hunter2-hunter2", "ann", kNow, shelf.writer()));
    Ends ends;
    const auto make_link = [](const TaskToken& token,
                              std::string_view scope) -> Result<std::string> {
        return "https://etl.example/answer#" + token.text() + "." + std::string(scope);
    };
    SecretRunner runner(*store, make_link, ends, ends);
    runtime::TaskRequest request;
    request.parameters =
        *Payload::from_text(R"({"header": "Bearer ${secret:crm}", "row": "${secret:crm}"})");
    request.secret_places = {"/header"};
    runner.start(request);
    REQUIRE(ends.started.size() == 1);
    CHECK(ends.started[0].parameters.text() ==
          R"({"header":"Bearer hunter2-hunter2","row":"${secret:crm}"})");
    CHECK(ends.started[0].has_secrets);

    // A link is made for the attempt; parameters that have no more than one may be kept.
    request.token = {ExecutionId{7}, FrameId{0}, 2};
    request.parameters = *Payload::from_text(R"({"header": "open ${link:decide}, soon"})");
    runner.start(request);
    REQUIRE(ends.started.size() == 2);
    CHECK(ends.started[1].parameters.text() ==
          R"({"header":"open https://etl.example/answer#7.0.2.decide, soon"})");
    CHECK_FALSE(ends.started[1].has_secrets);

    request.parameters = *Payload::from_text(R"({"header": "${secret:other}"})");
    runner.start(request);
    REQUIRE(ends.failures.size() == 1);
    CHECK(ends.failures[0].starts_with("Stepwell.SecretUnavailable: Parameters/header: "));
}

TEST_CASE("passwords verify against their own hash only") {
    const std::string hash = hash_password("correct horse", 4);
    CHECK(verify_password("correct horse", hash));
    CHECK_FALSE(verify_password("correct hors", hash));
    CHECK_FALSE(verify_password("", hash));
    CHECK_FALSE(verify_password("correct horse", "scrypt$4$8$1$x$y"));
    CHECK_FALSE(verify_password("correct horse", ""));
    CHECK(hash != hash_password("correct horse", 4));
}
