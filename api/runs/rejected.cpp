#include "api/runs/rejected.hpp"

#include <strings.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "api/router/paging.hpp"

namespace stepwell::api::answers {
namespace {

constexpr const char* kHidden = "•••";
constexpr const char* kMasked = "***";  // as in the samples of a result

constexpr const char* kAnswer = R"json({"type": "object",
  "required": ["run", "sources", "path", "columns", "total", "items"], "properties": {
    "run": {"type": "integer"},
    "sources": {"type": "array", "description": "the tasks of the run that put rows aside", "items": {
      "type": "object", "required": ["path", "definition_path", "uri", "rows"], "properties": {
        "path": {"type": "string", "description": "which entry of the state, with the items around it"},
        "definition_path": {"type": "string"},
        "uri": {"type": "string", "description": "the file"},
        "rows": {"type": "integer", "description": "in it"}}}},
    "path": {"type": "string", "description": "the source whose rows these are; empty where there is none"},
    "columns": {"type": "array", "items": {"type": "string"}, "description": "in the order of the file"},
    "total": {"type": "integer", "description": "rows that fit, on all pages"},
    "items": {"type": "array", "description": "in the order of the input", "items": {
      "type": "object", "required": ["file", "line", "reasons", "raw", "cells"], "properties": {
        "file": {"type": ["string", "null"], "description": "that the row stood in"},
        "line": {"type": ["integer", "null"]},
        "reasons": {"type": "array", "items": {"type": "string"},
          "description": "the checks that rejected it, some with what was wrong behind a colon"},
        "raw": {"type": ["string", "null"], "description": "the whole line, where it has no columns"},
        "cells": {"type": "object", "additionalProperties": true, "description": "by column, as they stood"}}}},
    "next": {"type": "string", "description": "give it as `after`; absent on the last page"}}})json";

constexpr const char* kDescription =
    "As they stood in the input, out of the file in which a validate task put them aside; read by "
    "a "
    "task host, only where tasks may read. Viewers see where rows stand and why they were "
    "rejected, "
    "not their values. 404 where the file was removed, 409 where another run has written it since.";

Json sources_view(const std::vector<RejectedSource>& sources) {
    Json all = Json::array();
    for (const RejectedSource& one : sources) {
        all.push_back({{"path", one.path},
                       {"definition_path", one.definition_path},
                       {"uri", one.uri},
                       {"rows", one.rows}});
    }
    return all;
}

Result<std::size_t> choice_of(const std::vector<RejectedSource>& sources,
                              const std::optional<std::string>& path) {
    if (!path) return std::size_t{0};
    const auto found = std::find_if(sources.begin(), sources.end(),
                                    [&](const RejectedSource& one) { return one.path == *path; });
    if (found != sources.end()) return static_cast<std::size_t>(found - sources.begin());
    return fail(ErrorCode::not_found,
                "expected 'path' to name a task of the run that put rows aside, but '" + *path +
                    "' is none; 'sources' lists them where 'path' is left out");
}

Json nothing_of(const AskedRejected& asked) {
    return {{"run", asked.run}, {"sources", sources_view(asked.sources)},
            {"path", ""},       {"columns", Json::array()},
            {"total", 0},       {"items", Json::array()}};
}

Json answer_of(const AskedRejected& asked, Json page) {
    Json out = nothing_of(asked);
    out["path"] = asked.sources[asked.chosen].path;
    for (const char* member : {"columns", "total"}) out[member] = std::move(page[member]);
    out["items"] = std::move(page["rows"]);
    const std::size_t end = asked.query.offset + out["items"].size();
    const bool is_last = out["items"].empty() || end >= out["total"].get<std::size_t>();
    if (!is_last) out["next"] = position_token(end);
    return out;
}

Result<AskedRejected> asked_page(AnswerSources& sources, const Call& call) {
    auto asked = SW_TRY(asked_rejected(sources, call));
    asked.query.offset = SW_TRY(position_in(call));
    asked.query.limit = static_cast<std::size_t>(*call.integer("limit"));
    return asked;
}

void answer(AnswerSources& sources, const ReadRejected& read, const Call& call) {
    auto asked = asked_page(sources, call);
    if (!asked) return call.answer(fail(std::move(asked).error()));
    if (asked->sources.empty()) return call.answer(nothing_of(*asked));
    RejectedQuery query = asked->query;
    read(std::move(query), [call, asked = *std::move(asked)](Result<Json> page) {
        if (page) page = shown_rejected(asked, *std::move(page));
        if (!page) return call.answer(fail(std::move(page).error()));
        call.answer(answer_of(asked, *std::move(page)));
    });
}

/// Of who asks, or of an earlier run whose verdict stood for it.
bool has_rows_of(const AskedRejected& asked, const std::string& of_run) {
    if (of_run == asked.run_name) return true;
    return asked.sources[asked.chosen].is_kept && asked.is_earlier && asked.is_earlier(of_run);
}

bool is_earlier(const AnswerSources& sources, const std::string& key, std::uint64_t run) {
    auto reader = sources.readers.take();
    if (!reader) return false;
    const auto found = (*reader)->find(key);
    return found ? value_of(*found) < run : found.error().code == ErrorCode::not_found;
}

std::vector<std::string> texts_of(const Json& object, std::string_view member) {
    std::vector<std::string> texts;
    const Json* all = find(object, member);
    if (!all || !all->is_array()) return texts;
    for (const Json& one : *all) {
        if (one.is_string()) texts.push_back(one.get<std::string>());
    }
    return texts;
}

void hide(Json& row, const char* what, const std::function<bool(const std::string&)>& is_hidden) {
    if (!row["raw"].is_null()) row["raw"] = what;
    for (auto& [column, cell] : row["cells"].items()) {
        if (!cell.is_null() && is_hidden(column)) cell = what;
    }
    // What is behind the name of a check may say what stood there.
    for (Json& reason : row["reasons"]) {
        const std::string text = reason.get<std::string>();
        reason = text.substr(0, text.find(": "));
    }
}

}  // namespace

std::vector<RejectedSource> rejected_sources(const std::vector<StateRow>& rows) {
    std::vector<RejectedSource> sources;
    for (const StateRow& row : rows) {
        const Json* made = row.result ? find(row.result->json(), "quarantine") : nullptr;
        if (!made || !made->is_object()) continue;
        const Json* count = find(*made, "rows");
        const std::string uri = string_or(*made, "uri", "");
        if (uri.empty() || !count || !count->is_number_unsigned()) continue;
        const Json* is_kept = find(*made, "unchanged");
        sources.push_back({row.place, row.path, uri, count->get<std::uint64_t>(),
                           texts_of(*made, "masked"), is_kept && *is_kept == true});
    }
    return sources;
}

void hide_rejected_values(Json& rows) {
    for (Json& row : rows) hide(row, kHidden, [](const std::string&) { return true; });
}

void mask_rejected_values(Json& rows, const std::vector<std::string>& masked) {
    if (masked.empty()) return;
    const auto is_masked = [&](const std::string& column) {
        return std::any_of(masked.begin(), masked.end(), [&](const std::string& name) {
            return strcasecmp(name.c_str(), column.c_str()) == 0;
        });
    };
    for (Json& row : rows) hide(row, kMasked, is_masked);
}

/// In any letters, and percent-encoded, it has to fit into the head of a request.
constexpr std::int64_t kPathMax = 1'000;

std::vector<Parameter> rejected_parameters() {
    return {text_parameter("path", "of which task: a `path` of `sources`; absent: of the first",
                           kPathMax),
            text_parameter("check", "only rows that this check rejected")};
}

Result<AskedRejected> asked_rejected(AnswerSources& sources, const Call& call) {
    auto reader = SW_TRY(sources.readers.take());
    const ExecutionId run = SW_TRY(reader->find(call.path("run")));
    StateTracker tracker;
    tracker.take(SW_TRY(reader->events(run)));
    AskedRejected asked;
    asked.run = value_of(run);
    const auto summary = SW_TRY(reader->summary(run));
    asked.run_name = summary.name;
    asked.is_earlier = [&sources, workflow = summary.workflow_name,
                        of = asked.run](const auto& name) {
        return is_earlier(sources, workflow + "/" + name, of);
    };
    asked.sources = rejected_sources(tracker.rows());
    asked.chosen = SW_TRY(choice_of(asked.sources, call.text("path")));
    asked.query.check = call.text("check").value_or("");
    if (!asked.sources.empty()) asked.query.uri = asked.sources[asked.chosen].uri;
    if (call.principal().role != Role::viewer) asked.samples = Samples::shown;
    return asked;
}

Result<Json> shown_rejected(const AskedRejected& asked, Json page) {
    const Json& of_run = page.at("of_run");
    if (of_run.is_string() && !has_rows_of(asked, of_run.get<std::string>())) {
        return fail(ErrorCode::conflict, "expected " + asked.query.uri + " to have the rows of '" +
                                             asked.run_name + "', but the run '" +
                                             of_run.get<std::string>() +
                                             "' has written it since; a folder as quarantine.uri "
                                             "keeps those of each run");
    }
    mask_rejected_values(page["rows"], asked.sources[asked.chosen].masked);
    if (asked.samples == Samples::hidden) hide_rejected_values(page["rows"]);
    return page;
}

void add_rejected_route(Router& router, AnswerSources& sources, ReadRejected read) {
    auto parameters = rejected_parameters();
    parameters.push_back(integer_parameter("limit", "how many at most", 1, 1'000, 100));
    parameters.push_back(text_parameter("after", "`next` of the page before", 200));
    router.add({.method = "GET",
                .pattern = "/api/v1/runs/{run}/rejected",
                .operation = "listRejectedRows",
                .tag = "data",
                .summary = "The rows that the validate tasks of a run put aside, with reasons",
                .description = kDescription,
                .query = std::move(parameters),
                .answer = kAnswer,
                .errors = {409, 503},
                .act = [&sources, read = std::move(read)](const Call& call) {
                    answer(sources, read, call);
                }});
}

}  // namespace stepwell::api::answers
