// Live events and logs.
#include "api/http/problem.hpp"
#include "api/http/url.hpp"
#include "api/live/event_feed.hpp"
#include "api/live/log_stream.hpp"
#include "api/read/views.hpp"
#include "api/system/routes.hpp"

namespace stepwell::api {
namespace {

constexpr std::string_view kStreamText =
    "Server-sent events. The `data` of each is an event as the history shows it, without inputs "
    "and "
    "outputs, and with `run`, `workflow` and `name`; `RetryScheduled` comes beside those of AWS. "
    "Its "
    "`id` stays what it is over restarts: a client that comes back with `Last-Event-ID` (or "
    "`after`) "
    "gets what it missed, then what comes, without a gap and without a double. `event: reset` says "
    "that this is not possible any more: read anew what you show. A comment comes every 15 s while "
    "there is nothing to say.";

std::vector<std::string> event_types() {
    std::vector<std::string> names;
    for (unsigned number = 0; number < 256; ++number) {
        const auto type = static_cast<core::EventType>(number);
        const std::string name = core::name_of(type);
        const bool is_told = !core::is_internal(type) || type == core::EventType::retry_scheduled;
        if (name != "?" && is_told) names.push_back(name);
    }
    return names;
}

std::vector<Parameter> stream_parameters() {
    return {list_of(choice_parameter("types", "only events of these types", event_types())),
            text_parameter("after", "the id of the last event that is known", 40)};
}

Result<std::optional<FeedPosition>> position_of(const Call& call) {
    const std::string_view header = call.request().header("Last-Event-ID");
    // What a browser sends by itself is never refused: it would not come back.
    if (!header.empty()) return std::optional(parse_position(header).value_or(FeedPosition{0, 0}));
    const auto after = call.text("after");
    if (!after) return std::optional<FeedPosition>();
    const auto position = parse_position(*after);
    if (position) return position;
    return fail(
        ErrorCode::invalid,
        "expected 'after' to be the id of an event, such as 812.3, but got '" + *after + "'");
}

void respond_with(const Call& call, Result<std::shared_ptr<Stream>> stream) {
    if (!stream) return call.respond(problem(stream.error()));
    if (!*stream) return call.respond({204, "", {}, {}});
    Response response;
    response.content_type = "text/event-stream";
    response.headers = "Cache-Control: no-store\r\nX-Accel-Buffering: no\r\n";
    response.stream = std::move(stream).value();
    call.respond(std::move(response));
}

Result<std::shared_ptr<Stream>> open_all(EventFeed& feed, Readers& readers, const Call& call) {
    EventFilter filter;
    filter.types = call.list("types");
    filter.workflow = call.text("workflow");
    const auto after = SW_TRY(position_of(call));
    auto reader = SW_TRY(readers.take());
    if (const auto run = call.text("run")) filter.run = SW_TRY(reader->find(*run));
    return feed.open(std::move(filter), after);
}

Result<std::shared_ptr<Stream>> open_run(EventFeed& feed, Readers& readers, const Call& call) {
    EventFilter filter;
    filter.types = call.list("types");
    const auto after = SW_TRY(position_of(call));
    auto reader = SW_TRY(readers.take());
    filter.run = SW_TRY(reader->find(call.path("run")));
    // Who comes back after `end` is told not to come any more: nothing, which becomes a 204.
    if (after && after->index == FeedPosition::kWhole && after->piece > 0) {
        const auto run = SW_TRY(reader->summary(*filter.run));
        const bool is_over = run.status != core::Status::running &&
                             SW_TRY(reader->feed_of(*filter.run, after->piece)).empty();
        if (is_over) return std::shared_ptr<Stream>();
    }
    return feed.open(std::move(filter), after.value_or(FeedPosition{0, 0}));
}

Result<Json> read_logs(Readers& readers, const std::filesystem::path& data_folder,
                       const Call& call) {
    runtime::TaskLogQuery query;
    query.state = call.text("state").value_or("");
    query.search = call.text("search").value_or("");
    query.token = call.text("after");
    query.lines_max = static_cast<std::size_t>(*call.integer("limit"));
    if (const auto frame = call.integer("frame")) query.frame = static_cast<std::uint32_t>(*frame);
    if (const auto attempt = call.integer("attempt")) {
        query.attempt = static_cast<std::uint32_t>(*attempt);
    }
    if (call.text("level") == "error") query.level = runtime::LogLevel::error;
    if (call.text("level") == "warning") query.level = runtime::LogLevel::warning;
    const bool is_tail = call.flag("tail");
    if (is_tail && (query.token || !query.search.empty() || call.text("level"))) {
        return fail(ErrorCode::invalid, "expected 'tail' without 'after', 'search' and 'level'");
    }
    auto reader = SW_TRY(readers.take());
    return log_page_view(*reader, data_folder, call.path("run"), query, is_tail);
}

Result<std::shared_ptr<Stream>> open_logs(runtime::Engine& engine, EventFeed& feed,
                                          Readers& readers,
                                          const std::filesystem::path& data_folder,
                                          const Call& call) {
    auto reader = SW_TRY(readers.take());
    LogFilter filter;
    filter.run = SW_TRY(reader->find(call.path("run")));
    filter.state = call.text("state").value_or("");
    filter.shows_samples = call.principal().role >= Role::operator_;
    const std::string_view last = call.request().header("Last-Event-ID");
    const std::string behind(last.empty() ? call.text("after").value_or("") : std::string(last));
    return follow_logs(engine, feed, logs_folder(data_folder), std::move(filter), behind);
}

/// What is no event of a run, and concerns who looks at lists: the collection, and which one of it.
/// Nothing for the rest, names of users and secrets among it.
std::optional<std::pair<std::string, std::string>> change_by(const Exchange& exchange) {
    const Request& request = exchange.request;
    if (exchange.status >= 300 || request.method() == "GET" || request.method() == "HEAD") {
        return std::nullopt;
    }
    const auto path = split_path(split_target(request.target()).first);
    if (path.empty()) {  // the AWS API
        const std::string_view target = request.header("X-Amz-Target");
        const std::string_view action = target.substr(target.find('.') + 1);
        const bool is_change = action == "CreateStateMachine" || action == "UpdateStateMachine" ||
                               action == "DeleteStateMachine";
        return is_change ? std::optional(std::pair<std::string, std::string>("workflows", ""))
                         : std::nullopt;
    }
    const bool is_told = path.size() > 3 && (path[2] == "workflows" || path[2] == "schedules");
    if (!is_told) return std::nullopt;
    return std::pair(std::string(path[2]), percent_decode_strictly(path[3]).value_or(""));
}

void add_log_route(Router& router, runtime::Engine& engine, EventFeed& feed, Readers& readers,
                   const std::filesystem::path& data_folder) {
    router.add(
        {.method = "GET",
         .pattern = "/api/v1/runs/{run}/logs",
         .operation = "listRunLogs",
         .tag = "runs",
         .summary = "What a run's tasks wrote, by state and attempt",
         .description =
             "A page of lines, in the order in which the attempts began; one has a megabyte "
             "at most, and a log may go on on the next. `search` and `level` look at some "
             "megabytes "
             "a page: it may be empty, and still have a `next`. "
             "With `follow` as server-sent events, a line each, until the run has "
             "ended and `event: end` comes. A line's id is its place in all logs of the run: who "
             "comes back with it (`Last-Event-ID`, or `after`) gets the lines behind it, "
             "none twice and none left out; with that of `end`, a 204 where nothing has "
             "come since. `event: reset`: the place is not known, and all lines come.",
         .query = {text_parameter("state", "only of this state"),
                   integer_parameter("frame", "only of this branch or item of a Map", 0,
                                     4'294'967'295),
                   integer_parameter("attempt", "only of this attempt of its frame", 0,
                                     4'294'967'295),
                   text_parameter("search", "only lines with this text in them"),
                   choice_parameter("level",
                                    "only lines that tell of an error; or of a warning or "
                                    "an error, by the words in them",
                                    {"error", "warning"}),
                   flag_parameter("tail", "the last `limit` lines of each log"),
                   integer_parameter("limit", "how many lines at most", 1, 10'000, 1'000),
                   text_parameter("after",
                                  "`next` of the page before; with `follow` the id of the "
                                  "last line that is known",
                                  8'000),
                   flag_parameter("follow", "go on with the lines that come")},
         .answer = R"({"type": "object", "required": ["run", "items"], "properties": {
                    "run": {"type": "integer"},
                    "items": {"type": "array", "items": {"type": "object",
                        "required": ["state", "frame", "attempt", "retry", "started_at", "first_line", "lines"],
                        "properties": {
                            "state": {"type": "string"},
                            "path": {"type": "string", "description": "with the branches and items around it; absent where there are none"},
                            "frame": {"type": "integer", "description": "which branch or item"},
                            "attempt": {"type": "integer", "description": "of the frame, over all states"},
                            "retry": {"type": "integer", "description": "0: the first try of the state"},
                            "started_at": {"type": "string"},
                            "first_line": {"type": "integer", "description": "the number of the first of `lines`, from 1"},
                            "line_numbers": {"type": "array", "items": {"type": "integer"},
                                "description": "of each line; with `search` and `level`"},
                            "lines": {"type": "array", "items": {"type": "string"}}}}},
                    "next": {"type": "string", "description": "give it as `after`; absent on the last page"}}})",
         .may_stream = true,
         .act = [&engine, &feed, &readers, data_folder](const Call& call) {
             if (!call.flag("follow")) {
                 return call.answer(read_logs(readers, data_folder, call));
             }
             respond_with(call, open_logs(engine, feed, readers, data_folder, call));
         }});
}

}  // namespace

void add_live_routes(Router& router, runtime::Engine& engine, EventFeed& feed, Readers& readers,
                     const std::filesystem::path& data_folder) {
    router.on_answer([&feed](const Exchange& exchange) {
        if (const auto change = change_by(exchange)) feed.tell(change->first, change->second);
    });
    auto parameters = stream_parameters();
    router.add({.method = "GET",
                .pattern = "/api/v1/runs/{run}/events",
                .operation = "followRun",
                .tag = "live",
                .summary = "A run's events: those that were, then those that come, until it ends",
                .description = std::string(kStreamText) +
                               " Without a place it begins with the run's first event. "
                               "`event: end` is the last one, when it has ended for good at that "
                               "moment; who comes back with the id of it gets a 204.",
                .query = parameters,
                .answer = R"({"type": "string"})",
                .answer_type = "text/event-stream",
                .is_stream = true,
                .act = [&feed, &readers](const Call& call) {
                    respond_with(call, open_run(feed, readers, call));
                }});
    parameters.push_back(text_parameter("run", "only of this run, and until it ends"));
    parameters.push_back(text_parameter("workflow", "only of this workflow's runs"));
    router.add({.method = "GET",
                .pattern = "/api/v1/events",
                .operation = "followEvents",
                .tag = "live",
                .summary = "Events of all runs, as they become durable",
                .description = std::string(kStreamText) +
                               " Without a place it begins now. `event: changed` (`kind`: "
                               "workflows, workflow-files or schedules; `subject`) says that "
                               "something changed beside the runs: where neither `run` nor "
                               "`types` is given.",
                .query = std::move(parameters),
                .answer = R"({"type": "string"})",
                .answer_type = "text/event-stream",
                .is_stream = true,
                .errors = {404},
                .act = [&feed, &readers](const Call& call) {
                    respond_with(call, open_all(feed, readers, call));
                }});
    add_log_route(router, engine, feed, readers, data_folder);
}

}  // namespace stepwell::api
