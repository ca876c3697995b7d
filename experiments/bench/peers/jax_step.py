"""The step of `vaegrad bench` in JAX, the whole of it under one jit."""
import math
from functools import partial

import jax
import numpy as np
from jax import numpy as jnp

from protocol import serve

key = jax.random.PRNGKey(1)


def seed(number):
    global key
    key = jax.random.PRNGKey(number)


def network(x, layers, activation):
    for w, b in layers:
        x = activation(x @ w + b)
    return x


def convolutional_loss(weights, x, noise, case):
    activation = jnp.tanh if case["activation"] == "tanh" else jax.nn.relu
    layers = list(zip(weights[::2], weights[1::2]))
    c, n = case["convolutions"], len(case["convolutions"])
    numbers = "NHWC", "HWIO", "NHWC"

    def convolve(x, w, g):
        w = w.reshape(g["kernel"], g["kernel"], g["channels_in"], g["channels"])
        pad = [(g["padding"], g["padding"])] * 2
        return jax.lax.conv_general_dilated(x, w, [g["stride"]] * 2, pad, dimension_numbers=numbers)

    def convolve_transposed(y, w, g):  # the adjoint
        image = jax.ShapeDtypeStruct((y.shape[0], g["height"], g["width"], g["channels_in"]), y.dtype)
        return jax.linear_transpose(lambda x: convolve(x, w, g), image)(y)[0]

    h = x.reshape(-1, 28, 28, 1)
    for g, (w, b) in zip(c, layers):
        h = activation(convolve(h, w, g) + b)
    first = h.shape
    h = h.reshape(h.shape[0], -1)
    (wm, bm), (wv, bv), (wf, bf) = layers[n : n + 3]
    mean, log_variance = h @ wm + bm, h @ wv + bv
    z = mean + jnp.exp(0.5 * log_variance) * noise
    h = activation(z @ wf + bf).reshape(first)
    for g, (w, b) in zip(reversed(c[1:]), layers[n + 3 :]):
        h = activation(convolve_transposed(h, w, g) + b)
    w, b = layers[-1]
    logits = convolve_transposed(h, w, c[0]).reshape(x.shape) + b
    log_px = jnp.sum(x * logits - jax.nn.softplus(logits), 1)
    kl = 0.5 * jnp.sum(mean**2 + jnp.exp(log_variance) - 1 - log_variance, 1)
    return jnp.mean(kl - log_px)


def loss_of(weights, x, noise, case):
    activation = jnp.tanh if case["activation"] == "tanh" else jax.nn.relu
    layers = list(zip(weights[::2], weights[1::2]))
    n = case["hidden"]
    h = network(x, layers[:n], activation)
    (wm, bm), (wv, bv) = layers[n : n + 2]
    mean, log_variance = h @ wm + bm, h @ wv + bv
    k = case["particles"]
    mean, log_variance = mean[:, None], log_variance[:, None]
    noise = noise.reshape(x.shape[0], k, -1)
    z = mean + jnp.exp(0.5 * log_variance) * noise
    w, b = layers[-1]
    logits = network(z, layers[n + 2 : -1], activation) @ w + b
    log_px = jnp.sum(x[:, None] * logits - jax.nn.softplus(logits), 2)
    if case["importance_weighted"]:
        log_w = log_px + 0.5 * jnp.sum(noise**2 + log_variance - z**2, 2)
        return -jnp.mean(jax.nn.logsumexp(log_w, 1) - math.log(k))
    kl = 0.5 * jnp.sum(mean**2 + jnp.exp(log_variance) - 1 - log_variance, 2)
    return jnp.mean(kl - log_px)


def adam(w, g, m, v, n):
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
    return w - 1e-3 * (m / (1 - 0.9**n)) / (jnp.sqrt(v / (1 - 0.999**n)) + 1e-8), m, v


def setup(case):
    what = {"activation": case.activation, "hidden": len(case.hidden),
            "particles": case.particles, "importance_weighted": case.importance_weighted,
            "convolutions": case.convolutions}
    loss_of_case = convolutional_loss if case.convolutions else loss_of
    weights = [jnp.asarray(w) for w in case.weights]
    state = weights, [jnp.zeros_like(w) for w in weights], [jnp.zeros_like(w) for w in weights], 0.0
    shape = (case.batch * case.particles, case.latent)

    def update(state, x, noise):
        weights, m, v, n = state
        loss, gradient = jax.value_and_grad(loss_of_case)(weights, x.astype(jnp.float32) / 255, noise, what)
        n = n + 1.0
        new = [adam(*each, n) for each in zip(weights, gradient, m, v)]
        return ([w for w, _, _ in new], [m for _, m, _ in new], [v for _, _, v in new], n), loss

    given = jax.jit(update, donate_argnums=0)

    @partial(jax.jit, donate_argnums=0)
    def drawn(state, x, key):
        key, now = jax.random.split(key)
        return *update(state, x, jax.random.normal(now, shape)), key

    def step(rows, noise):
        nonlocal state
        global key
        x = case.images[rows]
        if noise is not None:
            state, loss = given(state, x, np.asarray(noise))
        else:
            state, loss, key = drawn(state, x, key)
        return loss

    return step


serve(setup, seed)
