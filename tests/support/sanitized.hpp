// VAEGRAD_SANITIZED and sanitized: whether Clang's or GCC's address or thread sanitizer is in. Then
// what takes time takes several times that, and the allocator is the sanitizer's.
#pragma once

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define VAEGRAD_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define VAEGRAD_SANITIZED 1
#endif
#if defined(VAEGRAD_SANITIZED)
constexpr bool sanitized = true;
#else
constexpr bool sanitized = false;
#endif
