// Jinja-compatible templates: parse once, render many times.
//
// A template can do nothing but compute: it sees the variables and functions that it is given,
// has no files, no clock, no chance, and no attributes beyond the listed methods of str, list and
// dict; steps, output, depth and the memory of its values are limited, whatever the template does.
// Messages begin with "file:line: ".
//
// Threads: Template and Environment are immutable once built and may be shared; a render uses the
// values it is given from the calling thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tasks/template/ast.hpp"
#include "tasks/template/lexer.hpp"
#include "tasks/template/value.hpp"

namespace stepwell::tasks::jinja {

using Variables = std::vector<std::pair<std::string, Value>>;

struct Limits {
    std::size_t steps = 20'000'000;  // expressions and statements evaluated
    std::size_t output_bytes = 64ull << 20;
    std::size_t value_bytes = 256ull << 20;  // that its values hold together
    int depth = 1500;                        // calls, blocks and expressions inside one another
    std::int64_t range_length = 1'000'000;
};

using Filter = std::function<Outcome<Value>(Interpreter&, const Value& input, const Arguments&)>;
using Test = std::function<Outcome<bool>(Interpreter&, const Value& input, const Arguments&)>;

/// Filters, tests and functions that all templates have. Starts with Jinja's own.
struct Environment {
    Environment();
    std::map<std::string, Filter, std::less<>> filters;
    std::map<std::string, Test, std::less<>> tests;
    std::map<std::string, Value, std::less<>> globals;
    Limits limits;
};

class Template {
public:
    /// `file` is what messages say.
    static Result<Template> parse(std::string_view source, std::string file,
                                  const Syntax& syntax = {});
    /// One expression, without braces around it.
    static Result<Template> parse_expression(std::string_view source, std::string file);

    [[nodiscard]] const Body& body() const { return *body_; }
    [[nodiscard]] const std::string& file() const { return *file_; }
    [[nodiscard]] std::shared_ptr<const std::string> shared_file() const { return file_; }

private:
    Template(Body body, std::string file)
        : body_(std::make_shared<const Body>(std::move(body))),
          file_(std::make_shared<const std::string>(std::move(file))) {}
    std::shared_ptr<const Body> body_;
    std::shared_ptr<const std::string> file_;
};

Result<std::string> render(const Environment& environment, const Template& source,
                           const Variables& variables);

/// As render(), but a template that is a single `{{ expression }}` gives that value itself.
Result<Value> render_native(const Environment& environment, const Template& source,
                            const Variables& variables);

/// The macros and top-level variables of a template that has been run for its definitions. Its
/// lists, dicts and objects are frozen: renders on several threads may read them, and none changes
/// them.
struct Module {
    Variables names;
    std::shared_ptr<void> scope;  // the macros work for as long as it lives
};
Result<Module> load_module(const Environment& environment, const Template& source,
                           const Variables& variables);

}  // namespace stepwell::tasks::jinja
