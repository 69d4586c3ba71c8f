#include "tasks/support/data_error.hpp"

namespace stepwell::tasks::data {
namespace {

std::string code_of(ErrorCode code) {
    switch (code) {
        case ErrorCode::invalid:
            return "E_CONFIG";
        case ErrorCode::not_found:
            return "E_NOT_FOUND";
        case ErrorCode::conflict:
            return "E_CONFLICT";
        case ErrorCode::unavailable:
            return "E_LOCKED";
        case ErrorCode::io:
            return "E_DISK";
        case ErrorCode::corruption:
            return "E_FORMAT";
    }
    return "E_INTERNAL";
}

}  // namespace

DataError::DataError(const Error& error) : code(code_of(error.code)), message(error.message) {}

bool DataError::is_retryable() const {
    return code == "E_TIMEOUT" || code == "E_LOCKED" || code == "E_CONFLICT";
}

}  // namespace stepwell::tasks::data
