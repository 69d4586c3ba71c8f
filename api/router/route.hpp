// What a route is: where it is found, who may call it, what it takes and gives, and what it does.
// The table of them is all there is: requests are checked against it, and the OpenAPI document is
// printed from it, so that neither can say what the other does not.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/http/http.hpp"
#include "engine/base/json.hpp"
#include "engine/base/time.hpp"

namespace stepwell::api {

/// One parameter of a query, or of a path. What does not fit is refused with 400, all of it at
/// once, before the handler is called.
struct Parameter {
    enum class Type { text, integer, flag, choice, time };
    std::string name;
    std::string description;
    Type type = Type::text;
    std::int64_t min = 0;  // integer: the least value; text: the fewest characters
    std::int64_t max = 0;  // integer: the greatest value; text: the most characters
    std::vector<std::string> choices = {};
    std::optional<std::string> otherwise = {};  // the value where it is not given
    bool is_list = false;                       // several values, separated by commas
    bool is_required = false;
};

Parameter text_parameter(std::string name, std::string description, std::int64_t length_max = 256);
Parameter integer_parameter(std::string name, std::string description, std::int64_t min,
                            std::int64_t max, std::optional<std::int64_t> otherwise = {});
/// "true" or "false"; false where it is not given.
Parameter flag_parameter(std::string name, std::string description);
Parameter choice_parameter(std::string name, std::string description,
                           std::vector<std::string> choices, std::string otherwise = "");
/// RFC 3339, with an offset: "2024-01-02T03:04:05Z".
Parameter time_parameter(std::string name, std::string description);
Parameter list_of(Parameter parameter);
Parameter required(Parameter parameter);

/// The body that a route takes.
struct Body {
    enum class Kind { none, json, raw };
    Kind kind = Kind::none;
    std::string schema = {};  // of json: JSON Schema (see schema.hpp), as text
    bool is_required = false;
    std::vector<std::string> media_types = {};  // of raw; empty: any
    /// Nothing: as much as the server takes; of a route without a body, none or next to none.
    std::optional<std::uint64_t> bytes_max = {};
};

/// A JSON object that fits `schema`; an absent one is {} where `is_required` is false.
Body json_body(std::string schema, bool is_required = false);
/// Bytes that the handler finds in `call.request().body()`.
Body raw_body(std::vector<std::string> media_types);
Body at_most(std::uint64_t bytes, Body body);

struct Route;

/// A request that fits its route, on its way through the handler. Copies are cheap enough to be
/// captured, and refer to the same request: respond once.
class Call {
public:
    using Values = std::vector<std::pair<std::string, std::string>>;
    Call(Request& request, const Route& route, Values path, Values query, Json body,
         Responder respond);

    /// Lives until the response is given.
    [[nodiscard]] const Request& request() const { return *request_; }
    [[nodiscard]] const Route& route() const { return *route_; }
    /// A header that the route declares; empty where it is not there.
    [[nodiscard]] std::string_view header(std::string_view name) const {
        return request_->header(name);
    }
    [[nodiscard]] const Principal& principal() const { return request_->principal(); }
    /// A parameter of the path, decoded. REQUIRES: the pattern has it.
    [[nodiscard]] const std::string& path(std::string_view name) const;

    /// Parameters of the query; what was not given has its `otherwise`, if there is one.
    [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const;
    [[nodiscard]] bool flag(std::string_view name) const;
    [[nodiscard]] std::optional<Timestamp> time(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> list(std::string_view name) const;

    /// The body, where the route takes JSON: an object that fits the schema.
    [[nodiscard]] const Json& body() const { return body_; }

    /// As Request::defer(): what comes after a wait, on a thread that may take its time.
    void defer(Request::Work work) const { request_->defer(std::move(work)); }

    /// Once.
    void respond(Response response) const { respond_(std::move(response)); }
    /// The JSON with the route's status, or the problem. Once.
    /// `location` is where what was made can be found, if that is somewhere.
    /// `status`: instead of the route's; 0: that one.
    void answer(const Result<Json>& result, std::string_view location = {},
                unsigned status = 0) const;

private:
    Request* request_;
    const Route* route_;
    Values path_;
    Values query_;
    Json body_;
    Responder respond_;
};

struct Route {
    std::string method;            // "GET"
    std::string pattern;           // "/api/v1/runs/{run}/history"
    std::string operation = {};    // its id, a verb and what it is done to: "listRunHistory"
    Role role = Role::viewer;      // the least that may
    std::string tag = {};          // the heading it stands under: "runs"
    std::string summary = {};      // "A run's events"
    std::string description = {};  // Markdown; may be empty
    std::vector<Parameter> query = {};
    /// Headers that it looks at, beside those that every route does; absent where they are empty.
    std::vector<Parameter> headers = {};
    Body body = {};
    /// JSON Schema of the answer, as text: R"({"$ref": "#/components/schemas/Run"})".
    std::string answer = R"({"type": "object"})";
    std::string answer_type = "application/json";
    bool may_stream = false;  // asked so, it answers with server-sent events
    bool is_stream = false;   // its answer comes bit by bit: it has no entity tag
    unsigned status = 200;    // of an answer that is no problem
    unsigned repeated = 0;    // of one that says what an earlier request did; 0: as `status`
    std::vector<unsigned> errors =
        {};  // that it may answer with, beside those that follow from the rest

    /// One of the two. `read` answers at once.
    std::function<Result<Json>(const Call&)> read = {};
    std::function<void(Call)> act = {};

    /// Where the role depends on the request; instead of `role`, which is then what is documented.
    std::function<Role(const Request&)> role_of = {};
    /// Takes the request as it is, and checks it itself: no parameters, no body.
    Handler handle = {};

    /// What a signed link has to let its holder do to be enough, in place of the role, where the
    /// path's {id} is the callback that it is for; `nothing`: no link is.
    LinkScope link = LinkScope::nothing;

    /// Says a refusal of admission in the route's own language; else it is a problem.
    std::function<void(const Request&, Refusal&)> on_refusal = {};

    /// It waits for nothing and reads no journal: answered on the thread that carries the bytes, as
    /// long as its body is small. Everything else goes to the readers.
    bool is_quick = false;
    /// Where that depends on the request; instead of `is_quick`.
    std::function<bool(const Request&)> is_quick_for = {};
};

}  // namespace stepwell::api
