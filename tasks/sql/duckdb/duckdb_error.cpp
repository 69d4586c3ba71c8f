#include "tasks/sql/duckdb/duckdb_error.hpp"

#include <algorithm>

namespace stepwell::tasks::data {
namespace {

using duckdb::ErrorType;

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != text.npos;
}

std::string code_of_io(std::string_view message) {
    if (contains(message, "lock is held") || contains(message, "Could not set lock")) {
        return "E_LOCKED";
    }
    if (contains(message, "No space left")) return "E_DISK";
    if (contains(message, "No files found") || contains(message, "No such file")) {
        return "E_NOT_FOUND";
    }
    if (contains(message, "Permission denied") || contains(message, "ead-only")) return "E_DENIED";
    return contains(message, "not a valid DuckDB") ? "E_FORMAT" : "E_CONN";
}

std::string code_of_constraint(std::string_view message) {
    if (contains(message, "foreign key")) return "E_REFERENTIAL";
    return contains(message, "uplicate key") ? "E_DUPLICATE_KEY" : "E_QUALITY";
}

std::string code_of_input(std::string_view message) {
    if (contains(message, "read-only")) return "E_DENIED";
    return contains(message, "magic bytes") ? "E_FORMAT" : "E_CONFIG";
}

std::string code_of(ErrorType type, std::string_view message) {
    switch (type) {
        case ErrorType::out_of_range:
        case ErrorType::conversion:
        case ErrorType::mismatch_type:
        case ErrorType::divide_by_zero:
            return "E_FORMAT";
        case ErrorType::transaction:
            return "E_CONFLICT";
        case ErrorType::not_implemented:
        case ErrorType::missing_extension:
            return "E_UNSUPPORTED";
        case ErrorType::catalog:
            return contains(message, "does not exist") ? "E_NOT_FOUND" : "E_CONFLICT";
        case ErrorType::constraint:
            return code_of_constraint(message);
        case ErrorType::dependency:
            return "E_CONFLICT";
        case ErrorType::io:
            return code_of_io(message);
        case ErrorType::interrupt:
            return "E_CANCELLED";
        case ErrorType::out_of_memory:
            return "E_MEMORY";
        case ErrorType::permission:
            return "E_DENIED";
        case ErrorType::fatal:
        case ErrorType::internal:
            return "E_INTERNAL";
        default:
            return code_of_input(message);
    }
}

/// "Binder Error: Table ... not found\nLINE 1: ..." -> one line, without the class of the error.
std::string plain_message(std::string_view text) {
    if (const auto end = text.find("\n\nLINE "); end != text.npos) text = text.substr(0, end);
    if (const auto colon = text.find(" Error: "); colon != text.npos && colon < 24) {
        text.remove_prefix(colon + 8);
    }
    std::string message(text.substr(0, 1000));
    std::replace(message.begin(), message.end(), '\n', ' ');
    while (!message.empty() && (message.back() == ' ' || message.back() == '.')) message.pop_back();
    return message;
}

}  // namespace

DataError engine_error(ErrorType type, const char* text) {
    const std::string_view message = text == nullptr ? "the engine gave no reason" : text;
    std::string plain = plain_message(message);
    // Our own SQL names the code itself: error('[E_FORMAT] ...').
    const auto end = plain.find("] ");
    if (plain.starts_with("[E_") && end != plain.npos) {
        return {plain.substr(1, end - 1), plain.substr(end + 2)};
    }
    return {code_of(type, message), std::move(plain)};
}

DataError prepare_error(const char* text) {
    const std::string_view message = text == nullptr ? "" : text;
    auto type = ErrorType::parser;
    if (message.starts_with("Catalog")) type = ErrorType::catalog;
    if (message.starts_with("IO ")) type = ErrorType::io;
    if (message.starts_with("Permission")) type = ErrorType::permission;
    if (message.starts_with("Conversion")) type = ErrorType::conversion;
    if (message.starts_with("Not implemented")) type = ErrorType::not_implemented;
    if (message.starts_with("Out of Memory")) type = ErrorType::out_of_memory;
    if (message.starts_with("INTERRUPT")) type = ErrorType::interrupt;
    if (message.starts_with("Constraint")) type = ErrorType::constraint;
    if (message.starts_with("Transaction")) type = ErrorType::transaction;
    if (message.starts_with("Dependency")) type = ErrorType::dependency;
    if (message.starts_with("INTERNAL") || message.starts_with("FATAL")) type = ErrorType::internal;
    return engine_error(type, text);
}

}  // namespace stepwell::tasks::data
