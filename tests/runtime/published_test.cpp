// Versions, aliases and tags of workflows, and changes that are decided by what is there.
#include "engine/runtime/published.hpp"

#include <string>

#include "tests/runtime/stage.hpp"

namespace stepwell::test {

using namespace runtime;

namespace {

constexpr const char* kFirst =
    R"({"StartAt":"A","States":{"A":{"Type":"Pass","Result":1,"End":true}}})";
constexpr const char* kSecond =
    R"({"StartAt":"A","States":{"A":{"Type":"Pass","Result":2,"End":true}}})";

PublishedVersion version_of(const WorkflowStatus& status, std::uint32_t number) {
    PublishedVersion version;
    version.number = number;
    version.revision = status.number;
    version.id = status.version;
    return version;
}

Alias alias_of(const std::string& name, std::vector<Alias::Route> routes) {
    Alias alias;
    alias.name = name;
    alias.routes = std::move(routes);
    return alias;
}

Result<void> change(Stage& stage, Change change) {
    return stage.answer_of<void>([&](auto answer) { stage.engine().change(change, answer); });
}

Result<void> write(Stage& stage, std::vector<journal::DocumentWrite> documents) {
    return change(stage, [documents](ChangeView&) { return Writes{documents, {}}; });
}

/// Some tag under the key.
journal::DocumentWrite tagged(const std::string& key) {
    return to_write(std::vector<Tag>{{"a", "1"}}, key);
}

/// Two versions, 1 and 2, of the workflow "etl".
void publish_two(Stage& stage) {
    const auto first = stage.create("etl", kFirst);
    REQUIRE(first);
    const auto second = stage.put("etl", kSecond, "{}");
    REQUIRE(second);
    REQUIRE(write(stage, {to_write(version_of(*first, 1), "etl"),
                          to_write(version_of(*second, 2), "etl"), to_last_published("etl", 2)}));
}

Result<Started> start_through(Stage& stage, const std::string& qualifier) {
    StartRequest request;
    request.workflow = "etl";
    request.qualifier = qualifier;
    return stage.answer_of<Started>(
        [&](auto answer) { stage.engine().start_execution(request, answer); });
}

}  // namespace

TEST_CASE("what is published is read as it was written") {
    PublishedVersion version;
    version.number = 12;
    version.revision = 3;
    version.id = VersionId{7};
    version.description = "über";
    version.created_at = from_ms(1'700'000'000'123);
    version.is_first = true;
    const auto read = published_version_in(*to_write(version, "etl").value);
    REQUIRE(read);
    CHECK((read->number == 12 && read->revision == 3 && read->id == VersionId{7}));
    CHECK((read->description == "über" && read->created_at == version.created_at));
    CHECK(read->is_first);

    Alias alias = alias_of("prod", {{1, 30}, {2, 70}});
    alias.description = "live";
    alias.updated_at = from_ms(5);
    const auto same = alias_in(*to_write(alias, "etl").value);
    REQUIRE(same);
    CHECK((same->name == "prod" && same->description == "live" && same->routes == alias.routes));
    CHECK(same->updated_at == alias.updated_at);
    CHECK_FALSE(alias_in(R"({"name":"prod","routes":[]})"));
    CHECK_FALSE(alias_in("nonsense"));

    const std::vector<Tag> tags{{"a", "1"}, {"b", ""}};
    CHECK(*tags_in(*to_write(tags, "stateMachine:etl").value) == tags);
    CHECK_FALSE(to_write(std::vector<Tag>(), "stateMachine:etl").value);
}

TEST_CASE("a number is a version, all else an alias") {
    CHECK(version_number_in("1") == 1);
    CHECK(version_number_in("4294967295") == 4294967295u);
    for (const std::string no : {"", "0", "01", "-1", "1a", "a1", "1.0", " 1", "4294967296"}) {
        CAPTURE(no);
        CHECK_FALSE(version_number_in(no));
    }
}

TEST_CASE("an alias draws its versions by their weights") {
    const Alias split = alias_of("prod", {{1, 30}, {2, 70}});
    CHECK(version_drawn(split, 0) == 1);
    CHECK(version_drawn(split, 29) == 1);
    CHECK(version_drawn(split, 30) == 2);
    CHECK(version_drawn(split, 99) == 2);
    const Alias shifted = alias_of("prod", {{1, 0}, {2, 100}});
    CHECK(version_drawn(shifted, 0) == 2);
}

TEST_CASE("a start goes by the version or the alias that it names") {
    Stage stage;
    publish_two(stage);
    REQUIRE(write(stage, {to_write(alias_of("prod", {{1, 100}}), "etl")}));
    const std::string arn = "arn:aws:states:us-east-1:123456789012:stateMachine:etl";

    const auto plain = start_through(stage, "");
    REQUIRE(plain);
    CHECK(stage.outcome(plain->id) == "SUCCEEDED 2");
    const auto by_version = start_through(stage, "1");
    REQUIRE(by_version);
    CHECK(stage.outcome(by_version->id) == "SUCCEEDED 1");
    CHECK(stage.reader().started_through(by_version->id)->version_arn == arn + ":1");
    CHECK(stage.reader().started_through(by_version->id)->alias_arn.empty());
    const auto by_alias = start_through(stage, "prod");
    REQUIRE(by_alias);
    CHECK(stage.outcome(by_alias->id) == "SUCCEEDED 1");
    CHECK(stage.reader().started_through(by_alias->id)->version_arn == arn + ":1");
    CHECK(stage.reader().started_through(by_alias->id)->alias_arn == arn + ":prod");

    for (const std::string missing : {"3", "test"}) {
        const auto refused = start_through(stage, missing);
        REQUIRE_FALSE(refused);
        CHECK(refused.error().code == ErrorCode::not_found);
        CHECK(refused.error().message ==
              "State Machine Does Not Exist: '" + arn + ":" + missing + "'");
    }
}

TEST_CASE("what is published goes with its workflow") {
    Stage stage;
    publish_two(stage);
    REQUIRE(stage.create("etl-2", kFirst));
    REQUIRE(write(stage, {to_write(alias_of("prod", {{1, 100}}), "etl"),
                          to_write(alias_of("prod", {{1, 100}}), "etl-2"),
                          tagged(tags_key("stateMachine", "etl"))}));
    REQUIRE(
        stage.answer_of<void>([&](auto answer) { stage.engine().delete_workflow("etl", answer); }));
    for (const char* collection : {kPublishedVersions, kLastPublished, kTags}) {
        CAPTURE(collection);
        CHECK(stage.journal().documents(collection, "", 10)->empty());
    }
    const auto aliases = stage.journal().documents(kAliases, "", 10);
    REQUIRE(aliases->size() == 1);
    CHECK((*aliases)[0].key == "etl-2/prod");
}

TEST_CASE("a change sees what its turn has written before it") {
    Stage stage;
    REQUIRE(write(stage, {tagged("x"), tagged("y")}));
    std::vector<std::string> seen;
    const auto ignore = [](Result<void>) {};
    stage.engine().change(
        [](ChangeView&) {
            return Writes{{tagged("z"), removal_of(kTags, "y")}, {}};
        },
        ignore);
    stage.engine().change(
        [&](ChangeView& view) -> Result<Writes> {
            seen.clear();
            const auto documents = view.documents(kTags, "");
            for (const auto& one : *documents) seen.push_back(one.key);
            CHECK_FALSE(view.document(kTags, "y")->has_value());
            CHECK(view.document(kTags, "z")->has_value());
            CHECK(view.workflow("etl").error().code == ErrorCode::not_found);
            return Writes{};
        },
        ignore);
    stage.settle();
    CHECK(seen == std::vector<std::string>{"x", "z"});
}

TEST_CASE("a change finds all documents of a prefix, and those alone") {
    Stage stage;
    std::vector<journal::DocumentWrite> many;
    for (int i = 0; i < 600; ++i) {
        const std::string number = std::to_string(1'000 + i);
        many.push_back(tagged("m/" + number));
    }
    many.push_back(tagged("l/1"));
    many.push_back(tagged("n/1"));
    REQUIRE(write(stage, many));
    std::size_t count = 0;
    REQUIRE(change(stage, [&](ChangeView& view) -> Result<Writes> {
        count = view.documents(kTags, "m/")->size();
        return Writes{};
    }));
    CHECK(count == 600);
}

TEST_CASE("a change that fails writes nothing, and one with a workflow is of its transaction") {
    Stage stage;
    const auto refused = change(
        stage, [](ChangeView&) -> Result<Writes> { return fail(ErrorCode::conflict, "no"); });
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == ErrorCode::conflict);

    WorkflowSpec spec;
    spec.name = "etl";
    spec.definition = kFirst;
    std::vector<bool> changed;
    spec.beside = [&](const WorkflowStatus& made, ChangeView& view) -> Result<Writes> {
        changed.push_back(made.is_changed);
        CHECK(view.workflow("etl")->version == made.version);
        return Writes{{tagged("etl")}, {}};
    };
    for (int i = 0; i < 2; ++i) {
        REQUIRE(stage.answer_of<WorkflowStatus>(
            [&](auto answer) { stage.engine().create_workflow(spec, answer); }));
    }
    CHECK(changed == std::vector<bool>{true, false});
    stage.boot();
    CHECK(stage.journal().document(kTags, "etl")->has_value());
}

}  // namespace stepwell::test
