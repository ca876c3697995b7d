// SHA-256, by OpenSSL: says which data a run has seen.
#pragma once
#include <cstddef>
#include <memory>
#include <string>

#include <vaegrad/autodiff/real.hpp>

struct evp_md_ctx_st;  // OpenSSL's EVP_MD_CTX

namespace vaegrad::inline VAEGRAD_ABI {

class Sha256 {
 public:
  Sha256();
  // The bytes that come next.
  void update(const void* data, std::size_t bytes);
  std::string hex();  // of everything so far, 64 letters; then it is used up

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace vaegrad::inline VAEGRAD_ABI
