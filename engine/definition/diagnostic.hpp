// Faults of a workflow file, for people: place, what was expected, what was there, a hint.
#pragma once

#include <string>
#include <vector>

namespace stepwell::definition {

struct Position {
    int line = 0;    // from 1; 0: unknown
    int column = 0;  // from 1
    bool operator==(const Position&) const = default;
};

enum class Severity { error, warning };

struct Diagnostic {
    Severity severity = Severity::error;
    std::string code;      // AWS's: SCHEMA_VALIDATION_FAILED, MISSING_TRANSITION_TARGET, ...
    std::string message;   // AWS's words where they are recorded, else "expected A, but B"
    std::string location;  // JSON-pointer-like: "/States/Load/Next"; empty: the whole document
    std::string hint;      // "did you mean 'Transform'?"; may be empty
    Position position;
};

/// A name in a workflow file that means something of the configuration.
struct Reference {
    std::string section;  // "connections", "channels", "pools", "lakes", "secrets"
    std::string name;
    std::string location;
    Position position;
};

/// "workflows/etl.yaml:14:9: error: expected ...", the source line, a caret, the hint; one entry
/// for each diagnostic. `source` is the file's text.
std::string render(const std::vector<Diagnostic>& diagnostics, const std::string& file,
                   const std::string& source);

/// "SCHEMA_VALIDATION_FAILED: <message> at <location>, ...": how the AWS API quotes them.
std::string to_aws_text(const std::vector<Diagnostic>& diagnostics);

}  // namespace stepwell::definition
