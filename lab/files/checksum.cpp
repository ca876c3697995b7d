#include <openssl/evp.h>

#include <vaegrad/autodiff/error.hpp>
#include <vaegrad/lab/files/checksum.hpp>

namespace vaegrad::inline VAEGRAD_ABI {

void Sha256::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  check(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1,
        "sha256: not available from OpenSSL", hint,
        "look at OpenSSL's configuration (openssl dgst -sha256)");
}

void Sha256::update(const void* data, std::size_t bytes) {
  check(EVP_DigestUpdate(context_.get(), data, bytes) == 1, "sha256: OpenSSL failed to hash ",
        bytes, " bytes");
}

std::string Sha256::hex() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  check(EVP_DigestFinal_ex(context_.get(), digest, &length) == 1,
        "sha256: OpenSSL failed at the end");
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    text += "0123456789abcdef"[digest[i] >> 4];
    text += "0123456789abcdef"[digest[i] & 15];
  }
  return text;
}

}  // namespace vaegrad::inline VAEGRAD_ABI
