#include <algorithm>
#include <bit>

#include <vaegrad/models/coding/bits_back.hpp>
#include <vaegrad/models/coding/crc64.hpp>
#include <vaegrad/models/coding/exact_math.hpp>

namespace vaegrad::inline VAEGRAD_ABI {
namespace {

// How many images go together after `done` of a stack: a sixth of those, so that what they take off
// is there. An image leaves its −ELBO and takes up to 12 bits per latent: 137 and 430 bits for the
// best model of binary MNIST.
Index block_size(Index done, Index count) {
  return std::min(std::clamp<Index>(done / 6, 1, BitsBack::largest_block), count - done);
}

// What a bucket's number is xored with on the stack. The next block draws its z from these very
// bits, and where the posteriors of a data set together are not the prior the numbers are far from
// evenly spread; drawn from them as they are, z is not from q(z|x), and too few bits come back (in
// the model of the test 0.16 bits per latent).
std::uint32_t mask(std::uint64_t latent) {
  return random_bits(latent) >> (32 - LatentBuckets::prior_bits);
}

}  // namespace

struct BitsBack::Memory {
  Index images = 0, width = 0;
  std::vector<std::uint8_t> x;         // (D, width)
  std::vector<std::uint32_t> buckets;  // (Z, width)
  Block input, hidden, other, mean, scale, z, output;
};

BitsBack::BitsBack(const VaeWeights& w)
    : dimensions_(w.likelihood.dimensions),
      pixels_((check_arithmetic(), pixel_coder(w.likelihood))),
      scale_kind_(&exact_posterior_scale(w.posterior_scale)),
      log_variance_bound_(w.log_variance_bound),
      encoder_(w.encoder, w.activation, 1),
      mean_(w.mean, encoder_.bound()),
      scale_(w.scale, encoder_.bound()),
      decoder_(w.decoder, w.activation, buckets_.bound()),
      outputs_(w.outputs, decoder_.bound()) {
  const auto fits = [](Index from, const ExactMlp& mlp,
                       std::initializer_list<const ExactLinear*> last) {
    for (const ExactLinear& l : mlp.layers()) {
      check(l.inputs() == from, "coding: a layer takes ", l.inputs(), " numbers and is given ",
            from);
      from = l.outputs();
    }
    for (const ExactLinear* l : last)
      check(l->inputs() == from, "coding: a layer takes ", l->inputs(), " numbers and is given ",
            from);
  };
  fits(dimensions_, encoder_, {&mean_, &scale_});
  fits(latent(), decoder_, {&outputs_});
  check(scale_.outputs() == latent() && outputs_.outputs() == pixels_->outputs(),
        "coding: the networks give ", scale_.outputs(), " scales for ", latent(), " latents, and ",
        outputs_.outputs(), " numbers for ", pixels_->outputs());
  check(w.log_variance_bound == 0 || w.posterior_scale == "log-variance",
        "coding: a bound on the log-variance, but the scale is ", w.posterior_scale);

  Crc64 sum;
  sum.add(concat(w.activation, ' ', w.posterior_scale, ' ', w.likelihood.name, ' ',
                 int(w.likelihood.scale), ' '));
  sum.add(std::bit_cast<std::uint64_t>(w.likelihood.scale_value));
  if (w.log_variance_bound > 0) sum.add(std::bit_cast<std::uint64_t>(w.log_variance_bound));
  const auto add = [&](const ExactLinear& l) {
    sum.add(std::uint64_t(l.inputs()));
    sum.add(std::uint64_t(l.outputs()));
    for (const auto numbers : {l.weights(), l.biases()})
      for (const double x : numbers) sum.add(std::bit_cast<std::uint64_t>(x));
  };
  for (const ExactMlp* mlp : {&encoder_, &decoder_})
    for (const ExactLinear& l : mlp->layers()) add(l);
  for (const ExactLinear* l : {&mean_, &scale_, &outputs_}) add(*l);
  fingerprint_ = sum.value();
}

// Bytes as the encoder's input; nothing in the columns that belong to no image.
void BitsBack::set_inputs(Memory& m, Index images) const {
  m.images = images;
  m.input.resize(dimensions_, m.width);
  double value[256];
  for (int b = 0; b < 256; ++b) value[b] = pixels_->input(std::uint8_t(b));
  for (Index p = 0; p < dimensions_; ++p)
    for (Index i = 0; i < m.width; ++i)
      m.input.row(p)[i] = i < images ? value[m.x[std::size_t(p * m.width + i)]] : 0;
}

// x ↦ the posterior's mean and 1/σ
void BitsBack::encode(Memory& m) const {
  encoder_(m.input, m.hidden, m.other);
  const Block& h = encoder_.empty() ? m.input : m.hidden;
  mean_(h, m.mean);
  scale_(h, m.scale);
  const double bound = log_variance_bound_;
  for (double& s : m.scale.values)
    s = scale_kind_->inverse(bound > 0 ? bound * exact_tanh(s / bound) : s);
}

// z ↦ the likelihood's numbers
void BitsBack::decode(Memory& m) const {
  m.z.resize(latent(), m.width);
  for (std::size_t i = 0; i < m.z.values.size(); ++i) m.z.values[i] = buckets_.centre(m.buckets[i]);
  decoder_(m.z, m.hidden, m.other);
  outputs_(decoder_.empty() ? m.z : m.hidden, m.output);
}

namespace {

Index padded(Index images) { return (images + abreast - 1) / abreast * abreast; }

}  // namespace

Rans BitsBack::compress(std::span<const std::uint8_t> images) const {
  check(images.size() % std::size_t(dimensions_) == 0, "coding: ", images.size(),
        " bytes are no images of ", dimensions_, " pixels");
  const Index count = Index(images.size()) / dimensions_;
  Rans stack;
  Memory m;
  for (Index done = 0; done < count; done += m.images) {
    const Index now = block_size(done, count);
    m.width = padded(now);
    m.x.resize(std::size_t(dimensions_ * m.width));
    for (Index i = 0; i < now; ++i)
      for (Index p = 0; p < dimensions_; ++p)
        m.x[std::size_t(p * m.width + i)] = images[std::size_t((done + i) * dimensions_ + p)];
    set_inputs(m, now);
    encode(m);
    // z ~ q(z|x), with bits from the stack
    m.buckets.assign(std::size_t(latent() * m.width), 0);
    for (Index j = 0; j < latent(); ++j)
      for (Index i = 0; i < now; ++i)
        m.buckets[std::size_t(j * m.width + i)] = stack.pop(
            LatentBuckets::posterior_bits,
            [&](std::uint32_t c) { return buckets_.find(c, m.mean.row(j)[i], m.scale.row(j)[i]); });
    decode(m);
    pixels_->push(stack, m.output, now, m.x.data());  // x by p(x|z)
    for (Index j = latent(); j-- > 0;)                // z by p(z)
      for (Index i = now; i-- > 0;)
        stack.push_bits(m.buckets[std::size_t(j * m.width + i)] ^
                            mask(std::uint64_t((done + i) * latent() + j)),
                        LatentBuckets::prior_bits);
  }
  return stack;
}

// Everything above in reverse: the last block first, z by p(z), x by p(x|z), and then the bits
// that z was made of go back.
void BitsBack::decompress(Rans stack, std::span<std::uint8_t> images) const {
  check(images.size() % std::size_t(dimensions_) == 0, "coding: ", images.size(),
        " bytes are no images of ", dimensions_, " pixels");
  const Index count = Index(images.size()) / dimensions_;
  std::vector<Index> blocks;
  for (Index done = 0; done < count; done += blocks.back())
    blocks.push_back(block_size(done, count));
  Memory m;
  Index done = count;
  for (; !blocks.empty(); blocks.pop_back()) {
    const Index now = blocks.back();
    done -= now;
    m.width = padded(now);
    m.buckets.assign(std::size_t(latent() * m.width), 0);
    for (Index j = 0; j < latent(); ++j)
      for (Index i = 0; i < now; ++i)
        m.buckets[std::size_t(j * m.width + i)] = stack.pop_bits(LatentBuckets::prior_bits) ^
                                                  mask(std::uint64_t((done + i) * latent() + j));
    decode(m);
    m.x.assign(std::size_t(dimensions_ * m.width), 0);
    pixels_->pop(stack, m.output, now, m.x.data());
    set_inputs(m, now);
    encode(m);
    for (Index j = latent(); j-- > 0;)
      for (Index i = now; i-- > 0;)
        stack.push(buckets_.interval(m.buckets[std::size_t(j * m.width + i)], m.mean.row(j)[i],
                                     m.scale.row(j)[i]),
                   LatentBuckets::posterior_bits);
    for (Index i = 0; i < now; ++i)
      for (Index p = 0; p < dimensions_; ++p)
        images[std::size_t((done + i) * dimensions_ + p)] = m.x[std::size_t(p * m.width + i)];
  }
  check(stack.at_bottom(), "damaged stream: bits are left over", hint, damaged_stream_hint);
}

}  // namespace vaegrad::inline VAEGRAD_ABI
