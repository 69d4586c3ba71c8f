#include "api/aws/arn.hpp"

#include "engine/base/ascii.hpp"

namespace stepwell::api::aws {
bool is_name(std::string_view name) {
    if (name.empty()) return false;
    constexpr std::string_view kForbidden = "<>{}[]?*\"#%\\^|~`$&,;:/ ";
    for (std::size_t i = 0; i < name.size(); ++i) {
        const auto c = static_cast<unsigned char>(name[i]);
        if (c < 0x20 || c == 0x7F || kForbidden.find(name[i]) != kForbidden.npos) return false;
        // U+0080 .. U+009F in UTF-8.
        const bool is_c1 =
            c == 0xC2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xA0;
        if (is_c1) return false;
    }
    return true;
}

AwsResult<Arn> parse_arn(std::string_view text, std::string_view kind) {
    const auto parts = split(text, ':', 8);
    if (parts[0] != "arn") {
        return refuse_quoting("InvalidArn", "Invalid Arn",
                              "Invalid ARN prefix: " + std::string(parts[0]));
    }
    if (parts.size() < 7 || parts[2] != "states" || parts[6].empty()) {
        return refuse_quoting("InvalidArn", "Invalid Arn", "Invalid ARN: " + std::string(text));
    }
    if (parts[5] != kind) {
        return refuse_quoting("InvalidArn", "Invalid Arn",
                              "Resource type not valid in this context: " + std::string(parts[5]));
    }
    Arn arn;
    arn.text = text;
    arn.region = parts[3];
    arn.account = parts[4];
    arn.kind = parts[5];
    arn.name = parts[6];
    if (parts.size() > 7) arn.qualifier = parts[7];
    return arn;
}

std::string state_machine_arn(const Account& account, std::string_view name) {
    return "arn:aws:states:" + account.region + ":" + account.account +
           ":stateMachine:" + std::string(name);
}

}  // namespace stepwell::api::aws
