#include "api/daemon/own_environment.hpp"

#include <cstdlib>
#include <cstring>

namespace stepwell::api {

void forget_variable(const std::string& name) {
    char* value = std::getenv(name.c_str());
    if (!value) return;
    // unsetenv() alone leaves the text in the block that exec made, which /proc shows.
    explicit_bzero(value, std::strlen(value));
    ::unsetenv(name.c_str());
}

}  // namespace stepwell::api
