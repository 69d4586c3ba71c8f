#include "tasks/transform/yaml.hpp"

#include <yaml-cpp/yaml.h>

#include <charconv>
#include <cmath>
#include <set>

namespace stepwell::tasks::transform {
namespace {

using data::data_fail;

constexpr int kDepthMax = 64;
constexpr int kNodesMax = 200'000;

class Converter {
public:
    explicit Converter(const std::string& file) : file_(file) {}

    DataResult<Json> convert(const YAML::Node& node, int depth) {
        if (depth > kDepthMax || ++nodes_ > kNodesMax)
            return fault(node, "expected a smaller document: at most 64 levels and 200,000 values");
        switch (node.Type()) {
            case YAML::NodeType::Scalar:
                return scalar(node);
            case YAML::NodeType::Sequence:
                return sequence(node, depth);
            case YAML::NodeType::Map:
                return map(node, depth);
            default:
                return Json(nullptr);
        }
    }

private:
    Failure<data::DataError> fault(const YAML::Node& node, const std::string& message) const {
        return data_fail("E_CONFIG", file_ + ":" + std::to_string(node.Mark().line + 1) + ":" +
                                         std::to_string(node.Mark().column + 1) + ": " + message);
    }

    static DataResult<Json> scalar(const YAML::Node& node) {
        const std::string& text = node.Scalar();
        if (node.Tag() == "!") return Json(text);  // quoted
        if (text.empty() || text == "~" || text == "null" || text == "Null" || text == "NULL")
            return Json(nullptr);
        if (text == "true" || text == "True" || text == "TRUE") return Json(true);
        if (text == "false" || text == "False" || text == "FALSE") return Json(false);
        const char* end = text.data() + text.size();
        std::int64_t whole = 0;
        const bool has_leading_zero = text.size() > 1 && text[0] == '0';
        if (auto r = std::from_chars(text.data(), end, whole);
            r.ec == std::errc{} && r.ptr == end && !has_leading_zero)
            return Json(whole);
        double real = 0;
        const bool is_numeric = text.find_first_not_of("+-.0123456789eE") == std::string::npos;
        if (auto r = std::from_chars(text.data(), end, real);
            is_numeric && r.ec == std::errc{} && r.ptr == end && std::isfinite(real))
            return Json(real);
        return Json(text);
    }

    DataResult<Json> sequence(const YAML::Node& node, int depth) {
        Json array = Json::array();
        for (const auto& element : node) array.push_back(SW_TRY(convert(element, depth + 1)));
        return array;
    }

    DataResult<Json> map(const YAML::Node& node, int depth) {
        Json object = Json::object();
        std::set<std::string> own;
        for (const auto& entry : node) {
            if (!entry.first.IsScalar()) return fault(entry.first, "expected a text as key");
            const std::string key = entry.first.Scalar();
            Json value = SW_TRY(convert(entry.second, depth + 1));
            if (key == "<<") {
                SW_TRY(merge(entry.second, object, value));
                continue;
            }
            if (!own.insert(key).second)
                return fault(entry.first, "expected key '" + key + "' once, but it comes again");
            object[key] = std::move(value);
        }
        return object;
    }

    DataResult<void> merge(const YAML::Node& place, Json& object, const Json& value) {
        const Json all = value.is_array() ? value : Json::array({value});
        for (const auto& source : all) {
            if (!source.is_object()) return fault(place, "expected a map to merge with '<<'");
            for (const auto& [key, member] : source.items()) {
                if (!object.contains(key)) object[key] = member;
            }
        }
        return {};
    }

    const std::string& file_;
    int nodes_ = 0;
};

}  // namespace

DataResult<Json> read_yaml(std::string_view text, const std::string& file) {
    try {
        const YAML::Node document = YAML::Load(std::string(text));
        return Converter(file).convert(document, 0);
    } catch (const YAML::Exception& fault) {
        return data_fail("E_CONFIG", file + ":" + std::to_string(fault.mark.line + 1) + ":" +
                                         std::to_string(fault.mark.column + 1) + ": " + fault.msg);
    }
}

}  // namespace stepwell::tasks::transform
