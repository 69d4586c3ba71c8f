// Commands that are requests, and what is written out of the tree of commands.
#include <doctest/doctest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "api/cli/command_model.hpp"
#include "api/cli/event_reader.hpp"
#include "api/cli/rest_command.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace stepwell;
using namespace stepwell::api::cli;

namespace {

std::string text_of(const Result<RestRequest>& request) {
    if (!request) return "error: " + request.error().message;
    return request->method + " " + request->path + " " + to_text(request->body);
}

RestCommand pause_command() {
    return {
        .words = {"pools", "pause"},
        .help = "Pause a pool",
        .method = "POST",
        .path = "pools/{POOL}/pause",
        .arguments = {{"POOL", "its name"}, {"NOTE", "why", "note", false}},
        .flags =
            {{.name = "slots", .help = "", .kind = Flag::Kind::number, .place = Flag::Place::body},
             {.name = "force",
              .help = "",
              .kind = Flag::Kind::yes,
              .place = Flag::Place::body,
              .member = "is_forced"},
             {.name = "input", .help = "", .kind = Flag::Kind::json, .place = Flag::Place::body},
             {.name = "key", .help = "", .kind = Flag::Kind::secret, .place = Flag::Place::body},
             {.name = "limit", .help = "", .kind = Flag::Kind::number},
             {.name = "who", .help = "", .member = "user"}},
        .done = "pool {POOL} is paused since {.at.time}, {.slots} slots"};
}

CommandModel program() {
    const OptionModel output{{"--output"}, "how it's written: well", "TEXT", {"text", "json"}};
    CommandModel model{"stepwell", "Runs", {}, {}, {}};
    model.children.push_back(
        {"run",
         "Run a file",
         {{{"--data"}, "Where", "DIR", {}}, {{"-v", "--verbose"}, "More", "", {}}},
         {{{"FILE"}, "A workflow file", "TEXT", {}, true}},
         {}});
    model.children.push_back({"pools", "List pools", {output}, {}, {}});
    model.children.back().children.push_back(
        {"pause", "Pause a pool", {output}, {{{"POOL"}, "Its name", "TEXT", {}, true}}, {}});
    return model;
}

}  // namespace

TEST_CASE("a command's arguments and flags become a path, a query and a body") {
    struct Case {
        std::string name;
        Given given;
        std::string want;
    };
    const test::TemporaryFolder folder;
    const std::string file = (folder.path() / "secret").string();
    std::ofstream(file) << "s3cret\n";
    // clang-format off
    const Case cases[] = {
        {"a path", {{"POOL", "a/b c"}}, "POST pools/a%2Fb%20c/pause {}"},
        {"an argument of the body", {{"POOL", "p"}, {"NOTE", "late"}}, R"(POST pools/p/pause {"note":"late"})"},
        {"numbers and flags", {{"POOL", "p"}, {"slots", "3"}, {"force", "true"}}, R"(POST pools/p/pause {"slots":3,"is_forced":true})"},
        {"no number", {{"POOL", "p"}, {"slots", "3x"}}, "error: expected --slots to be a number, but got '3x'"},
        {"a query", {{"POOL", "p"}, {"limit", "7"}, {"who", "a&b"}}, "POST pools/p/pause?limit=7&user=a%26b {}"},
        {"JSON", {{"POOL", "p"}, {"input", R"({"a":[1]})"}}, R"(POST pools/p/pause {"input":{"a":[1]}})"},
        {"a secret in a file", {{"POOL", "p"}, {"key", "@" + file}}, R"(POST pools/p/pause {"key":"s3cret"})"},
        {"a secret in the command line", {{"POOL", "p"}, {"key", "s3cret"}},
         "error: expected --key to be @FILE, or - for standard input: what stands in the command line is seen by others"},
    };
    // clang-format on
    for (const Case& c : cases) {
        CAPTURE(c.name);
        CHECK(text_of(request_of(pause_command(), c.given)) == c.want);
    }
}

TEST_CASE("what is done to one or to many is asked of one, or of those that conditions choose") {
    RestCommand command;
    command.method = "POST";
    command.path = "pools/{POOL}/drain";
    command.path_for_many = "bulk/drain";
    command.arguments = {{.name = "POOL", .help = "", .is_required = false}};
    command.flags = {{.name = "preview", .help = "", .kind = Flag::Kind::yes},
                     {.name = "kind", .help = ""},
                     {.name = "why", .help = "", .place = Flag::Place::body}};
    // clang-format off
    const std::pair<Given, std::string> cases[] = {
        {{{"POOL", "p"}, {"why", "x"}}, R"(POST pools/p/drain {"why":"x"})"},
        {{{"kind", "k"}, {"why", "x"}}, R"(POST bulk/drain?kind=k {"why":"x"})"},
        {{{"kind", "k"}, {"preview", "true"}}, "POST bulk/drain?preview=true&kind=k {}"},
        {{{"POOL", "p"}, {"kind", "k"}}, "error: expected POOL or conditions, but got --kind beside it"},
        {{{"POOL", "p"}, {"preview", "true"}}, "error: expected POOL or conditions, but got --preview beside it"},
        {{{"preview", "true"}}, "error: expected POOL, or conditions such as --workflow NAME for all runs that fit"},
        {{}, "error: expected POOL, or conditions such as --workflow NAME for all runs that fit"},
    };
    // clang-format on
    for (const auto& [given, want] : cases) CHECK(text_of(request_of(command, given)) == want);
}

TEST_CASE("an answer is shown as a line, or as a table of its rows") {
    std::ostringstream out;
    const Terminal terminal{out, out, false};
    const Json done{{"at", {{"time", "noon"}}}, {"slots", 3}};
    print_answer(pause_command(), {{"POOL", "p"}}, terminal, done);
    CHECK(out.str() == "pool p is paused since noon, 3 slots\n");

    out.str("");
    RestCommand list;
    list.rows = "pools";
    list.columns = {{"POOL", "name"},
                    {"SINCE", "last.at", Column::Kind::time},
                    {"USED", "used", Column::Kind::count},
                    {"BY", "holders", Column::Kind::list}};
    const Json answer =
        Json::parse(R"({"pools":[{"name":"p","last":{"at":"2024-01-02T03:04:05.678Z"},
        "used":1200,"holders":["a","b"]},{"name":"q","last":null}],"next":"x"})");
    print_answer(list, {}, terminal, answer);
    CHECK(out.str() ==
          "POOL  SINCE                USED   BY\n"
          "p     2024-01-02 03:04:05  1,200  a, b\n"
          "q                                 \n"
          "there are more; see --output json, `next`\n");
}

TEST_CASE("a table without rows says so, and what is named and not there is told") {
    std::ostringstream out;
    const Terminal terminal{out, out, false};
    RestCommand list;
    list.rows = "items";
    list.columns = {{"SECRET", "name"}};
    print_answer(
        list, {}, terminal,
        Json::parse(R"({"items":[],"missing":[{"name":"hook","used_by":["workflow: a"]}]})"));
    CHECK(out.str() == "(none)\nmissing: hook, used by workflow: a\n");
}

TEST_CASE("a list is shown whole where no flag says how much of it") {
    RestCommand command;
    command.path = "pools";
    CHECK_FALSE(command.shows_whole_list());
    command.rows = "items";
    CHECK(command.shows_whole_list());
    command.flags = {{.name = "limit", .help = "how many"}};
    CHECK_FALSE(command.shows_whole_list());
}

TEST_CASE("every command that is a request says what it sends and what it shows") {
    std::set<std::vector<std::string>> known;
    for (const RestCommand& command : rest_commands()) {
        CAPTURE(command.words);
        CHECK(known.insert(command.words).second);
        CHECK_FALSE(command.help.empty());
        CHECK((!command.rows.empty() || !command.done.empty() || command.print));
        for (const Argument& argument : command.arguments) {
            const bool is_in_path =
                command.path.find("{" + argument.name + "}") != std::string::npos;
            CHECK(is_in_path != !argument.member.empty());
        }
        for (const Flag& flag : command.flags) {
            const bool has_body = command.method != "GET" && command.method != "DELETE";
            CHECK((flag.place == Flag::Place::query || has_body));
        }
    }
}

TEST_CASE("server-sent events are read however the bytes are cut") {
    const std::string bytes =
        ": hello\r\n\r\nid: 1\ndata: {\"a\":1}\n\nevent: end\ndata: {}\n\ndata: {\"never\":1}\n\n";
    for (std::size_t size = 1; size < bytes.size(); ++size) {
        std::string seen;
        EventReader reader([&](const std::string& event, const Json& data) {
            seen += event + to_text(data) + " ";
            return event != "end";
        });
        for (std::size_t at = 0; at < bytes.size(); at += size) {
            if (!reader.take(std::string_view(bytes).substr(at, size))) break;
        }
        CHECK(seen == "{\"a\":1} end{} ");
    }
}

TEST_CASE("completions of every shell know all commands, options and choices") {
    for (const std::string shell : {"bash", "zsh", "fish"}) {
        CAPTURE(shell);
        const std::string script = completion_script(program(), shell);
        for (const std::string word : {"run", "pools", "pause", "output", "verbose", "text json"}) {
            CAPTURE(word);
            CHECK(script.find(word) != std::string::npos);
        }
    }
    CHECK(completion_script(program(), "zsh").find("it'\\''s written\\: well") !=
          std::string::npos);
}

TEST_CASE("the manual page lists every command with its arguments and options") {
    const std::string page = manual_page(program());
    for (const std::string part :
         {".SS \\fBstepwell run\\fR \\fIFILE\\fR\n",
          ".SS \\fBstepwell pools pause\\fR \\fIPOOL\\fR\n",
          "\\fB\\-v\\fR, \\fB\\-\\-verbose\\fR\nMore\n",
          "\\fB\\-\\-output\\fR \\fITEXT\\fR\nhow it's written: well: text, json\n"}) {
        CAPTURE(part);
        CHECK(page.find(part) != std::string::npos);
    }
}
