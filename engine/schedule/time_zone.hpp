// Time zones of the IANA database, as stretches of time with one offset from UTC.
//
// Thread safety: immutable; the database is read when a zone is first used.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "engine/base/result.hpp"

namespace stepwell::schedule {

using Seconds = std::chrono::sys_seconds;
using LocalSeconds = std::chrono::local_seconds;  // what a clock on the wall shows

class TimeZone {
public:
    /// "Europe/Berlin", "UTC". Fails with `not_found` where the machine's database has no such
    /// zone.
    static Result<TimeZone> find(std::string_view name);

    /// A stretch with one offset; `end` belongs to the next one.
    struct Period {
        Seconds begin;
        Seconds end;
        std::chrono::seconds offset{};  // east of UTC is positive
        [[nodiscard]] LocalSeconds local(Seconds at) const {
            return LocalSeconds((at + offset).time_since_epoch());
        }
        [[nodiscard]] Seconds absolute(LocalSeconds at) const {
            return Seconds(at.time_since_epoch() - offset);
        }
    };
    [[nodiscard]] Period period_at(Seconds at) const;
    [[nodiscard]] const std::string& name() const { return name_; }

private:
    TimeZone(std::string name, const void* zone) : name_(std::move(name)), zone_(zone) {}
    std::string name_;
    const void* zone_;  // the database's; lives as long as the process
};

}  // namespace stepwell::schedule
