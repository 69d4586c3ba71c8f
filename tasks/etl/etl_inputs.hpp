// Opens the inputs of an etl task on one connection, and says which version of them it is.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tasks/data/data_session.hpp"
#include "tasks/etl/etl_parameters.hpp"

namespace stepwell::tasks::etl {

struct OpenedInputs {
    data::Connection* connection = nullptr;
    std::vector<data::Input> inputs;  // in the order of the parameters; none where nothing is new
    /// Of the parameters and the contents of all files; "" where an input has no version (tables).
    std::string fingerprint;
    /// {"input": {"uri": etag}} of the files of bookmarked inputs.
    Json bookmarks = Json::object();
    bool has_text = false;  // the first input has to be parsed to be read
};

/// `read_before`: the bookmarks of earlier runs. `connection_name`: where everything runs ("" =
/// the first table's, or memory).
DataResult<OpenedInputs> open_inputs(data::DataSession& session, const EtlParameters& parameters,
                                     const Json& raw_parameters, const Json& read_before,
                                     const std::string& connection_name);

/// Counts broken lines that the inputs leave out as read and rejected, and says how many values
/// loose declarations took.
DataResult<void> count_left_out(data::DataSession& session, const EtlParameters& parameters,
                                const OpenedInputs& opened);

}  // namespace stepwell::tasks::etl
