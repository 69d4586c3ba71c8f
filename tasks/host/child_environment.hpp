// The variables that a child of a task gets: those of its host, and some on top.
#pragma once

#include <string>
#include <vector>

namespace stepwell::tasks {

/// All variables of this process, as "NAME=value".
std::vector<std::string> own_environment();

/// Gives `name` that value, whatever it had: of two entries of one name programs take either.
void set_variable(std::vector<std::string>& environment, const std::string& name,
                  const std::string& value);

}  // namespace stepwell::tasks
