// What the tests of definitions share.
#pragma once

#include <string>
#include <vector>

#include "engine/definition/workflow.hpp"

namespace stepwell::test {

/// Parses YAML as a workflow file.
definition::Parsed parse_yaml_file(const std::string& text);
/// Parses JSON as the AWS API takes it.
definition::Parsed parse_for_api(const std::string& text);

/// "4:9 CODE at /States/A/Next: the message (the hint)"; the code only where it is not the usual
/// one.
std::string line_of(const definition::Diagnostic& diagnostic);
std::vector<std::string> lines_of(const definition::Parsed& parsed);
/// The same, joined by line breaks: what a failed CHECK shows in full.
std::string text_of(const definition::Parsed& parsed);

struct RuleCase {
    std::string rule;
    std::string text;  // what stands in the document
    /// A line for each fault, as line_of() writes it. "..." at a line's end: whatever follows.
    std::string want;
};

/// A machine of one state, up to what stands in it.
inline const std::string kState = "StartAt: S\nStates:\n  S: ";

/// Checks each case's text, put between `before` and `after`.
void check_rules(const std::vector<RuleCase>& cases, const std::string& before,
                 const std::string& after);

}  // namespace stepwell::test
