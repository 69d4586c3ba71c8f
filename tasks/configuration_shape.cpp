#include "tasks/configuration_shape.hpp"

#include "engine/base/units.hpp"
#include "tasks/aws/aws_settings.hpp"
#include "tasks/fields.hpp"
#include "tasks/support/parameters.hpp"

namespace stepwell::tasks {
namespace {

using shape::flag;
using shape::mapping;
using shape::object;
using shape::text;
using shape::texts;
using shape::whole;

Shape connections() {
    return mapping(
        "connections", "databases by name",
        object({text("type", "").one_of({"duckdb", "sqlite"}).or_else("duckdb"),
                text("path", "the file, from the data folder"),
                text("memory_limit", "of DuckDB, such as 2GB"),
                whole("threads", "of DuckDB").from_to(1, 4096),
                flag("read_only", "nothing is written").or_else("false"),
                data::duration("lock_timeout", "for another task on the same table").or_else("1m")})
            .called("member of a connection"));
}

Shape lakes() {
    return mapping(
        "lakes", "zones of lake:// by name",
        shape::either("", "",
                      {text("", "the zone's folder").filled(),
                       object({text("path", "the same").needed()}).called("member of a lake")}));
}

Shape notifications() {
    const Shape channel =
        object({text("type", "").one_of({"webhook", "slack"}).needed(),
                text("url", "where messages go"), text("webhook", "of Slack: the same as `url`"),
                text("hmac", "the key that signs what a webhook gets"),
                pairs_shape("headers", "of each request"),
                duration_shape("timeout", "of a request")})
            .called("member of a channel");
    return object(
        "notifications", "where messages go",
        {mapping("channels", "by name", channel),
         mapping("topics", "channels of an SNS topic", texts("", "")), shape::any("rules", "")});
}

Shape bindings() {
    return shape::list(
        "bindings", "tasks for resources of AWS",
        object({text("resource", "as the workflow names it").needed(),
                pairs_shape("match", "parameters that must be there"),
                text("task", "that stands for it").needed(), shape::any("parameters", "a template"),
                shape::any("result", "a template")})
            .called("member of a binding"));
}

bool is_memory(const Json& value) {
    if (value.is_number_unsigned()) return true;
    return value.is_string() && parse_size(value.get<std::string>()).has_value();
}

Shape memory(std::string_view name, std::string_view says) {
    return shape::special(name, says, "a size such as 2GB", is_memory, {"string", "integer"});
}

Shape task_hosts() {
    return object(
        "tasks", "the processes in which tasks run",
        {whole("general_hosts", "processes for tasks other than data tasks").from_to(1, 1000),
         whole("general_threads", "tasks at once in each").from_to(1, 1000),
         whole("data_threads", "data tasks at once").from_to(1, 1000),
         memory("general_memory", "of each such process"),
         memory("data_memory", "of the process of data tasks"),
         shape::list("environment", "variables that tasks get, too", text("", "")),
         data::size("kept_rows", "text files up to this size are read once by validate"),
         object("functions", "functions in Python and for Node",
                {text("python", "the interpreter"), text("node", "the interpreter"),
                 size_shape("memory", "what a process may hold before it is killed"),
                 size_shape("memory_limit", "what a process may allocate"),
                 duration_shape("timeout", "of a call"),
                 shape::whole("concurrency", "calls of one function at one time"),
                 pairs_shape("environment", "variables that functions get")})});
}

}  // namespace

const Shape& configuration_shape() {
    static const Shape all =
        object({connections(), lakes(), bindings(), notifications(), aws_shape(),
                shape::list("allowed_roots", "folders that tasks may look into", text("", "")),
                task_hosts(),
                object("http", "proxies and certificates",
                       {text("proxy", "none, or a URL"), texts("no_proxy", "hosts without it"),
                        text("ca_file", "certificates to trust instead of the system's")})});
    return all;
}

}  // namespace stepwell::tasks
