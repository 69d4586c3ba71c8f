// `triggers`: arriving files and webhooks.
#include <algorithm>

#include "engine/base/secret_reference.hpp"
#include "engine/definition/named_in_texts.hpp"
#include "engine/definition/start_fields.hpp"

namespace stepwell::definition {
namespace {

const std::vector<std::string> kFileFields = {"name",        "files", "ignore",   "stable_for",
                                              "done_marker", "poll",  "identity", "on_modified",
                                              "batch",       "input", "enabled"};

void read_batch(const Fields& fields, FileTriggerSpec& out) {
    with_object(fields, "batch", [&](const Fields& batch) {
        batch.only({"one_run_per", "max_files", "wait"}, "'batch'");
        const auto unit = batch.read_enum("one_run_per", {"file", "batch"});
        out.is_batch = unit ? *unit == "batch" : !batch.has("one_run_per");
        constexpr IntegerRange kFilesRange{1, 500};
        if (const auto most = batch.read_integer("max_files", kFilesRange)) {
            out.files_max = static_cast<std::size_t>(*most);
        }
        read_span(batch, "wait", Duration(0), out.wait);
    });
}

constexpr Duration kToleranceMax = std::chrono::days(7);

/// Other schemes than these cannot be watched.
void check_files(const Fields& fields, const std::vector<std::string>& files) {
    const Place place = fields.place().member("files");
    for (const std::string& file : files) {
        refer_from_text(fields.report(), place, file);
        const bool is_known = file.find("://") == file.npos || file.substr(0, 7) == "lake://" ||
                              file.substr(0, 7) == "file://";
        if (is_known) continue;
        fields.report().add(place,
                            {"expected a path, file:// or lake://ZONE/, but got '" + file + "'"});
    }
}

FileTriggerSpec read_file_trigger(const Fields& fields, std::size_t index) {
    using Identity = FileTriggerSpec::Identity;
    using OnModified = FileTriggerSpec::OnModified;
    FileTriggerSpec spec;
    fields.only(kFileFields, "a file trigger");
    spec.name = read_name(fields, std::to_string(index));
    read_texts(fields, "files", spec.files);
    check_files(fields, spec.files);
    read_texts(fields, "ignore", spec.ignore);
    read_span(fields, "stable_for", Duration(0), spec.stable_for);
    spec.done_marker = fields.read_string("done_marker").value_or("");
    const bool has_file = spec.done_marker.find("{path}") != std::string::npos ||
                          spec.done_marker.find("{name}") != std::string::npos;
    if (fields.has("done_marker") && !has_file) {
        fields.report_type("done_marker",
                           "a path with {path} or {name} in it, such as {path}.done");
    }
    read_span(fields, "poll", Duration(100), spec.poll);
    read_choice(fields, "identity", {"content", "mtime_size", "path"},
                std::vector{Identity::content, Identity::mtime_size, Identity::path},
                spec.identity);
    read_choice(fields, "on_modified", {"new_run", "ignore", "error"},
                std::vector{OnModified::new_run, OnModified::ignore, OnModified::error},
                spec.on_modified);
    read_batch(fields, spec);
    std::vector<std::string> placeholders;
    if (!spec.is_batch) {
        placeholders = {"file.uri", "file.path", "file.folder", "file.name", "file.match"};
    }
    read_input(fields, placeholders, "trigger", spec.input);
    read_boolean(fields, "enabled", spec.is_enabled);
    return spec;
}

bool is_reference(const std::string& text) {
    const bool is_closed = !text.empty() && text.find('}') == text.size() - 1;
    if (const auto named = secrets_named_in(text); named && named->size() == 1) {
        return is_closed && text.substr(0, 9) == "${secret:";
    }
    for (const std::string_view kind : {"${env:", "${file:"}) {
        const bool is_one = text.size() > kind.size() + 1 && text.substr(0, kind.size()) == kind;
        if (is_one && is_closed) return true;
    }
    return false;
}

/// Where a secret stands, never the secret: workflow files are kept in the journal and shown.
std::string read_reference(const Fields& fields, std::string_view name) {
    const Json* value = fields.find(name);
    if (value == nullptr) return "";
    if (value->is_string() && is_reference(value->get<std::string>())) {
        refer_from_text(fields.report(), fields.place().member(name), value->get<std::string>());
        return value->get<std::string>();
    }
    fields.report().add(fields.place().member(name),
                        {"expected '" + std::string(name) +
                             "' to say where the secret is kept, not the secret itself",
                         "write ${secret:NAME}, ${env:NAME} or ${file:PATH}"});
    return "";
}

void read_header(const Fields& fields, std::string_view name, bool may_be_none, std::string& out) {
    const auto text = fields.read_string(name);
    if (!text) return;
    const bool is_good = !text->empty() && std::all_of(text->begin(), text->end(), [](char c) {
        return c == '-' || c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
               (c >= 'A' && c <= 'Z');
    });
    if (!is_good) fields.report_type(name, "the name of a header");
    out = may_be_none && *text == "none" ? "" : *text;
}

WebhookSpec read_webhook(const Fields& outer, const Fields& fields, std::size_t index) {
    WebhookSpec spec;
    outer.only({"webhook", "enabled"}, "a webhook's trigger");
    fields.only({"name", "token", "hmac", "idempotency_header"}, "a webhook");
    spec.name = read_name(fields, std::to_string(index));
    if (!fields.has("name")) {
        fields.report().add_at_name(
            fields.place(), {"expected a 'name', which makes the address POST /hooks/NAME"});
    }
    fields.exclude("token", "hmac");
    if (!fields.has("token") && !fields.has("hmac")) {
        fields.report().add_at_name(
            fields.place(),
            {"expected 'token' or 'hmac', but there is none: anybody could start runs"});
    }
    spec.token = read_reference(fields, "token");
    with_object(fields, "hmac", [&](const Fields& hmac) {
        hmac.only({"secret", "header", "timestamp_header", "tolerance"}, "'hmac'");
        spec.hmac_secret = hmac.require("secret") ? read_reference(hmac, "secret") : "";
        read_header(hmac, "header", false, spec.signature_header);
        read_header(hmac, "timestamp_header", true, spec.timestamp_header);
        read_span(hmac, "tolerance", std::chrono::seconds(1), spec.tolerance);
        // Signatures are remembered for a month: an older call could start its run again.
        if (spec.tolerance > kToleranceMax) {
            hmac.report_type("tolerance", "a span of time of at most 7d");
        }
    });
    read_header(fields, "idempotency_header", false, spec.idempotency_header);
    read_boolean(outer, "enabled", spec.is_enabled);
    return spec;
}

}  // namespace

void read_triggers(const Json& root, Report& report, Starts& starts) {
    Names file_names;
    Names hook_names;
    for_each_object(root, report, "triggers", [&](const Fields& fields, std::size_t index) {
        fields.exclude("files", "webhook");
        if (fields.has("files")) {
            starts.files.push_back(read_file_trigger(fields, index));
            file_names.add(fields, starts.files.back().name, "file trigger");
        } else if (fields.has("webhook")) {
            with_object(fields, "webhook", [&](const Fields& webhook) {
                starts.webhooks.push_back(read_webhook(fields, webhook, index));
                hook_names.add(webhook, starts.webhooks.back().name, "webhook");
            });
        } else {
            fields.only({"files", "webhook", "name", "input", "enabled"}, "a trigger");
            const bool is_schedule = fields.has("schedule") || fields.has("cron") ||
                                     fields.has("rate") || fields.has("at");
            fields.report().add_at_name(fields.place(),
                                        {"expected 'files' or 'webhook', but there is neither",
                                         is_schedule ? "a schedule stands under 'schedules'" : ""});
        }
    });
}

}  // namespace stepwell::definition
