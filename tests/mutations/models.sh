#!/usr/bin/env bash
# Wrong posteriors, priors and hierarchies, two and more of each family: every one must fail a test. (What all
# hierarchies share is in layered.cpp.)
#   tests/mutations/models.sh [FOLDER [ONLY]]     by hand; a copy is built in FOLDER; ONLY: files whose path holds it
set -euo pipefail
here=$(realpath "${BASH_SOURCE[0]%/*}"/../..)
folder=${1:-$(mktemp -d)} only=${2:-}
mkdir -p "$folder/source"
tar -C "$here" --exclude=./build --exclude=./.git -cf - . | tar -C "$folder/source" -xf -
cmake -S "$folder/source" -B "$folder/build" -DVAEGRAD_TESTS=ON -DCMAKE_BUILD_TYPE=Release ${VAEGRAD_CMAKE_ARGS:-} >/dev/null
build() { cmake --build "$folder/build" --target test_models -j2 >"$folder/log" 2>&1; }
build || { tail -20 "$folder/log"; exit 1; }
tests() { "$folder/build/tests/test_models" -tc="$1" >"$folder/out" 2>&1; }

# file below models/, posteriors/, priors/ and hierarchies/ below models/inference | what is right | what is made of it | tests that must notice
wrong='
posteriors/planar_step.hpp | q.z[latent] + std::log(q.det) | q.z[latent] - std::log(q.det) | *flow*
posteriors/planar_step.hpp | t * t + (1 - t * t) * raised | t * t + (1 - t * t) * (raised - 1) | *flow*
posteriors/radial_step.hpp | Real(latent - 1) * std::log(q.across()) | Real(latent) * std::log(q.across()) | *flow*
posteriors/radial_step.hpp | (r * (r + 2 * alpha) + alpha * raised) | (r * (r + alpha) + alpha * raised) | *flow*
posteriors/iaf_posterior.cpp | log_det + row_sums(log_sigmoid(gate)) | log_det | *flow*
posteriors/iaf_posterior.cpp | record(Masked{out, reversed}, tape(w)) | tape(w) | *flow*
posteriors/sylvester_posterior.cpp | square(h) + (1 - square(h)) * repeat_rows(both, K) | repeat_rows(both, K) | *flow*
posteriors/sylvester_posterior.cpp | for (Index k = at_.reflections; k-- > 0;) moved | for (Index k = 0; k < at_.reflections; ++k) moved | *flow*
posteriors/full_covariance_posterior.cpp | expm1(q.log_variance) - q.log_variance + below | expm1(q.log_variance) - q.log_variance | *ovariance*
posteriors/full_covariance_posterior.cpp | * q.base + Ne | * q.base - Ne | *ovariance*
posteriors/von_mises_fisher_posterior.cpp | - 0.5 * repeat_rows(kappa, particles) * distance | - repeat_rows(kappa, particles) * distance | von Mises*
posteriors/von_mises_fisher_posterior.cpp | log_sphere_area(latent_) | log_sphere_area(latent_ - 1) | von Mises*
posteriors/sphere_ops.hpp | kappa.adj(r / particles, 0) += y.adj(r, 0) * y.val(r, 1) | kappa.adj(r / particles, 0) -= y.adj(r, 0) * y.val(r, 1) | von Mises*
priors/gaussian_mixture_at.cpp | logits - log_sum_exp(logits) + constant | logits + constant | *ixture*
priors/gaussian_mixture_at.cpp | std::exp(l(k, j) / 2) * z.val() | std::exp(l(k, j)) * z.val() | *ixture*
priors/vamp_prior.cpp | const Var U = tape(inputs_), u = pixels_ ? Var(clamp(U, 0, 1)) : U; | const Var U = tape(inputs_), u = U; | *amp*
priors/vamp_prior.cpp | .mixture = {q.mean, q.log_variance, even} | .mixture = {q.mean, 2 * q.log_variance, even} | *amp*
priors/coupling_flow.cpp | log_det = log_det - row_sums(f.log_scale); | log_det = log_det + row_sums(f.log_scale); | *flow*
priors/coupling_flow.cpp | moved = (moved - f.shift) * exp(-f.log_scale); | moved = (moved - f.shift); | *flow*
hierarchies/layered.cpp | DiagonalGaussian{p.mean, p.log_variance}.log_prob(layer.z); | DiagonalGaussian{p.mean, 0 * p.log_variance}.log_prob(layer.z); | *ierarch*
hierarchies/layered.cpp | if (order_ == Order::down \|\| l + 1 == count()) | if (true) | *ierarch*
hierarchies/layered.cpp | above = DiagonalGaussian{p.mean, p.log_variance}.sample(noise); | above = p.mean; | *ierarch*
hierarchies/bottom_up.cpp | to[l].p = given_above(l, to[l + 1].z, seen.pass); | to[l].p = given_above(l, 0 * to[l + 1].z, seen.pass); | *ierarch*
hierarchies/ladder.cpp | const Var w = sigmoid(p.log_variance - log_variance); | const Var w = sigmoid(log_variance - p.log_variance); | *adder*
hierarchies/ladder.cpp | log_variance - softplus(log_variance - p.log_variance) | log_variance | *adder*
networks/gated.cpp | open * f.along + h * (1 - open) * g.along | open * f.along + (1 - open) * g.along | *slope*
networks/maxout.cpp | const Var ahead = next.at - best.at, | const Var ahead = best.at - next.at, | *slope*
networks/dense.cpp | linear_.product(x.along) | linear_(x.along) | *slope*
objectives/rae.cpp | 0.5 * s[code_weight] | s[code_weight] | *rae*
objectives/rae.cpp | s[regulariser_weight] * draw.decoder_slope | 0.5 * s[regulariser_weight] * draw.decoder_slope | *rae*
hierarchies/top_down.cpp | to[l].p = given_above(l, to[l + 1].z, seen.pass); | to[l].p = given_above(l, 0 * to[l + 1].z, seen.pass); | *ierarch*
'
missed=0 tried=0
while IFS='|' read -r file right made names; do
  [[ -n $made ]] || continue
  read -r file <<<"$file"; read -r names <<<"$names"
  [[ $file == *$only* ]] || continue
  at=$folder/source/models/inference/$file
  [[ -e $at ]] || at=$folder/source/models/$file
  cp "$at" "$folder/right"
  RIGHT=$right MADE=$made python3 - "$at" <<'PY'
import os, sys
clean = lambda s: os.environ[s].strip().replace("\\|", "|").replace("\x01", "|")
text = open(sys.argv[1]).read()
if text.count(clean("RIGHT")) != 1: sys.exit(f"{sys.argv[1]}: not there once: {clean('RIGHT')}")
open(sys.argv[1], "w").write(text.replace(clean("RIGHT"), clean("MADE")))
PY
  ((++tried))
  if ! build; then echo "does not compile: $file: $made"; ((++missed)); tail -5 "$folder/log"
  elif tests "$names"; then echo "NOT NOTICED: $file: $made"; ((++missed))
  else echo "noticed by $(grep -c 'ERROR' "$folder/out") checks: $file: $made"; fi
  cp "$folder/right" "$at"
done < <(sed 's/\\||/\x01\x01/g; s/\\|\\|/\x01\x01/g' <<<"$wrong")
build
tests '*' || { echo "the right code fails its tests"; exit 1; }
echo "$tried wrong variants, $missed not noticed"
(( missed == 0 ))
