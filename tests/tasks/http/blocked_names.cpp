#include "tests/tasks/http/blocked_names.hpp"

#include <dlfcn.h>
#include <netdb.h>
#include <unistd.h>

#include <cstring>

namespace {

using Lookup = int (*)(const char*, const char*, const addrinfo*, addrinfo**);

}  // namespace

/// Stands in for the C library's, also for the libraries of this program.
extern "C" __attribute__((visibility("default"))) int getaddrinfo(const char* node,
                                                                  const char* service,
                                                                  const addrinfo* hints,
                                                                  addrinfo** found) {
    while (node && std::strcmp(node, stepwell::test::kBlockedName) == 0) ::pause();
    static const auto next = reinterpret_cast<Lookup>(::dlsym(RTLD_NEXT, "getaddrinfo"));
    return next(node, service, hints, found);
}
