"""Variational autoencoders, trained and used by a C++ engine.

    import vaegrad
    x, labels = vaegrad.data("fashion-mnist", "train")
    run = vaegrad.train(x, latent=2, epochs=10)
    z = run.encode(x)
"""

from .vaegrad import (Error, Run, UsageError, __version__, data, load, set_threads, settings,
                      threads, train)

__all__ = ["Error", "Run", "UsageError", "data", "load", "set_threads", "settings", "threads",
           "train"]
Run.__module__ = __name__
