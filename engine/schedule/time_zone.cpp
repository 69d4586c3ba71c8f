// The only file that knows the time zone library: GCC 12's own <chrono> has no zones.
#include "engine/schedule/time_zone.hpp"

#include <date/tz.h>

#include <exception>

namespace stepwell::schedule {

Result<TimeZone> TimeZone::find(std::string_view name) {
    const date::time_zone* zone = nullptr;
    try {
        zone = date::locate_zone(std::string(name));
    } catch (const std::exception&) {
        return fail(ErrorCode::not_found,
                    "expected a time zone of the IANA database such as Europe/Berlin or UTC, but "
                    "got '" +
                        std::string(name) + "'");
    }
    return TimeZone(std::string(name), zone);
}

TimeZone::Period TimeZone::period_at(Seconds at) const {
    const auto info = static_cast<const date::time_zone*>(zone_)->get_info(at);
    return {info.begin, info.end, info.offset};
}

}  // namespace stepwell::schedule
