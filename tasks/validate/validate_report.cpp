#include <fstream>

#include "engine/base/digest.hpp"
#include "engine/base/json_layout.hpp"
#include "tasks/validate/validate.hpp"

namespace stepwell::tasks::data {
namespace {

namespace fs = std::filesystem;

/// For HTML and XML, in text and in attributes.
std::string escaped(std::string_view text) {
    std::string result;
    for (const char c : text) {
        switch (c) {
            case '&':
                result += "&amp;";
                break;
            case '<':
                result += "&lt;";
                break;
            case '>':
                result += "&gt;";
                break;
            case '"':
                result += "&quot;";
                break;
            default:
                result += static_cast<unsigned char>(c) < 0x20 && c != '\n' ? ' ' : c;
        }
    }
    return result;
}

std::string text_or_empty(const Json& object, const char* name) {
    const Json* value = find(object, name);
    if (value == nullptr || value->is_null()) return "";
    return value->is_string() ? value->get<std::string>() : to_text(*value);
}

std::string html_report(const Json& result) {
    std::string rows;
    for (const auto& check : result["checks"]) {
        const std::string status = text_or_empty(check, "status");
        rows += "<tr class=\"" + escaped(status) + "\"><td>" + escaped(status) + "</td><td>" +
                escaped(text_or_empty(check, "name")) + "</td><td>" +
                escaped(text_or_empty(check, "severity")) + "</td><td>" +
                escaped(text_or_empty(check, "failed")) + "</td><td>" +
                escaped(text_or_empty(check, "evaluated")) + "</td><td>" +
                escaped(text_or_empty(check, "message")) + "</td><td><pre>" +
                escaped(text_or_empty(check, "samples")) + "</pre></td></tr>\n";
    }
    const Json& counts = result["rows"];
    return "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Validation: " +
           escaped(text_or_empty(result, "task")) +
           "</title><style>body{font:14px sans-serif;margin:2em}table{border-collapse:collapse}"
           "td,th{border:1px solid #ccc;padding:4px 8px;text-align:left;vertical-align:top}"
           ".fail td:first-child{background:#f4c7c3}.warn td:first-child{background:#fce8b2}"
           ".pass td:first-child{background:#b7e1cd}pre{white-space:pre-wrap;margin:0}"
           "</style></head><body><h1>" +
           escaped(text_or_empty(result, "task")) + "</h1><p>" + counts["read"].dump() +
           " rows read, " + counts["good"].dump() + " good, " + counts["rejected"].dump() +
           " rejected</p><table><tr><th>status</th><th>check</th><th>severity</th><th>failed</th>"
           "<th>evaluated</th><th>message</th><th>samples</th></tr>\n" +
           rows + "</table></body></html>\n";
}

std::string junit_report(const Json& result) {
    int failures = 0;
    int skipped = 0;
    std::string cases;
    for (const auto& check : result["checks"]) {
        const std::string status = text_or_empty(check, "status");
        cases += "  <testcase classname=\"" + escaped(text_or_empty(result, "task")) +
                 "\" name=\"" + escaped(text_or_empty(check, "name")) + "\"";
        const std::string message = escaped(text_or_empty(check, "message"));
        if (status == "fail") {
            ++failures;
            cases += "><failure message=\"" + message + "\"/></testcase>\n";
        } else if (status == "skipped") {
            ++skipped;
            cases += "><skipped message=\"" + message + "\"/></testcase>\n";
        } else {
            cases += "/>\n";
        }
    }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"" +
           escaped(text_or_empty(result, "task")) + "\" tests=\"" +
           std::to_string(result["checks"].size()) + "\" failures=\"" + std::to_string(failures) +
           "\" skipped=\"" + std::to_string(skipped) + "\">\n" + cases + "</testsuite>\n";
}

}  // namespace

DataResult<void> write_reports(DataSession& session, const ValidateParameters& parameters) {
    if (parameters.report_formats.empty()) return {};
    const fs::path folder = session.locations().data_folder() / "reports";
    const std::string name =
        "validate-" + digest_hex("SHA-256", session.run_key()).value_or("").substr(0, 16);
    std::error_code failed;
    fs::create_directories(folder, failed);
    for (const auto& format : parameters.report_formats) {
        const fs::path path = folder / (name + (format == "junit" ? ".xml" : "." + format));
        const Json& result = session.result();
        std::ofstream file(path, std::ios::binary);
        file << (format == "html"    ? html_report(result)
                 : format == "junit" ? junit_report(result)
                                     : to_lines(result) + "\n");
        file.close();
        if (!file)
            return data_fail("E_DISK", path.string() + ": expected to write the report there");
        session.result()["artifacts"].push_back(session.locations().uri_of(path));
    }
    return {};
}

}  // namespace stepwell::tasks::data
