// A command that is one request to the daemon and its answer, printed. To add one is to add a row
// to a table: its words, its arguments, where they go, and what is shown.
//
//   {.words = {"pools", "resize"}, .help = "Give a pool more or fewer slots",
//    .method = "POST", .path = "pools/{POOL}/resize",
//    .arguments = {{"POOL", "its name"}},
//    .flags = {{.name = "slots", .help = "how many", .value = "N", .kind = Flag::Kind::number,
//               .place = Flag::Place::body, .is_required = true}},
//    .done = "pool {POOL} has {.slots} slots"}
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "api/cli/source.hpp"
#include "api/cli/terminal.hpp"

namespace stepwell::api::cli {

/// A word that stands in the command line without a dash.
struct Argument {
    std::string name;  // "RUN"; in the path as {RUN}, else a member of the body
    std::string help;
    std::string member = "";  // of the body, where the path does not name it
    bool is_required = true;
};

struct Flag {
    enum class Place { query, body };
    enum class Kind {
        text,
        number,
        yes,     // takes no value
        json,    // JSON, @FILE, or - for standard input
        secret,  // of @FILE, or - for standard input: arguments are seen by others
    };
    std::string name;  // "limit" for --limit
    std::string help;
    std::string value = "TEXT";  // how help calls its value
    Kind kind = Kind::text;
    Place place = Place::query;
    std::string member = "";  // in query or body, where it is not called as the flag
    std::vector<std::string> choices = {};
    bool is_required = false;
    std::string otherwise = "";  // the value where it is not given
};

struct Column {
    enum class Kind { text, time, duration, count, status, list };
    std::string heading;
    std::string member;  // "last.at": of the member `last`
    Kind kind = Kind::text;
};

/// What was given, by the name of the argument or flag.
using Given = std::map<std::string, std::string>;

struct RestCommand {
    std::vector<std::string> words;
    std::string help;
    std::string method = "GET";
    std::string path;  // below /api/v1/; "{RUN}": the argument of that name
    std::vector<Argument> arguments = {};
    std::vector<Flag> flags = {};
    Json body = Json::object();  // what is always in it
    /// Another path, where the argument is left out and flags of the query say to which all it is
    /// to be done: the answers come part by part (bulk.hpp). Empty: its argument has to be there.
    std::string path_for_many = {};

    // How the answer is shown, one of three; --output json shows it as it is.
    std::string rows = {};             // the member that holds the rows of a table
    std::vector<Column> columns = {};  // of each
    std::string done = {};             // a line: "{RUN}" as given, "{.at}" of the answer
    std::function<void(const Terminal&, const Json&)> print = {};
    bool is_list = false;  // what `print` shows has pages
    /// What the process ends with, where an answer may be bad news; else kSuccess.
    std::function<int(const Json&)> status = {};

    /// Whether it is meant for many.
    [[nodiscard]] bool is_for_many(const Given& given) const;

    /// Whether it shows a list as a whole, however many pages that takes: it asks for one, and has
    /// no flag that says how much of it is wanted.
    [[nodiscard]] bool shows_whole_list() const;
};

/// Every command of this kind, in the order in which help lists them.
std::vector<RestCommand> rest_commands();

/// The request that the command makes of what was given. Fails with `invalid` where a value does
/// not fit, what it reads cannot be read, or it says neither to which one nor to which ones.
Result<RestRequest> request_of(const RestCommand& command, const Given& given);

/// Prints the answer of all parts of a request to many.
void print_many(const RestCommand& command, const Terminal& terminal, const Json& answer);

/// Prints the answer for people.
void print_answer(const RestCommand& command, const Given& given, const Terminal& terminal,
                  const Json& answer);

}  // namespace stepwell::api::cli
