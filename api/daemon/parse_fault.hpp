// What is wrong with a command line, in words that say what to type instead.
#pragma once

#include <string>

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace stepwell::api::cli {

/// "expected no '--inputs' here; did you mean '--input'? `stepwell run --help` lists what there is"
std::string explained(const CLI::App& app, const CLI::ParseError& error);

}  // namespace stepwell::api::cli
