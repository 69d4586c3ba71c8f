// A program that was built without a dashboard.
#include "api/web/site.hpp"

namespace stepwell::api::web {

std::span<const Asset> built_in_assets() {
    return {};
}

}  // namespace stepwell::api::web
