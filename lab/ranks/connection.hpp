// What a guard needs of the network: who this machine is, and a connection to another.
#pragma once
#include <string>
#include <vector>

#include <vaegrad/autodiff/real.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

// The numbers under which this machine can be reached (IPv4), its loopback last.
std::vector<std::string> own_addresses();
std::string host_name();
// Small messages leave at once.
void without_delay(int socket);
// A socket; -1: not within two seconds.
int connect_to(const std::string& address, int port);

}  // namespace vaegrad::inline VAEGRAD_ABI
