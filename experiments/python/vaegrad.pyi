"""Types of the Python module (docstrings are the module's own: help(vaegrad))."""

from os import PathLike
from pathlib import Path
from typing import Any, Callable, Literal, Optional, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

__version__: str

Split = Literal["train", "validation", "test"]

class Error(RuntimeError):
    """What is wrong, with its numbers; .hint says what to do about it."""

    hint: Optional[str]

class UsageError(Error, ValueError):
    """An argument or a setting is wrong."""

class Run:
    """A trained run: load() and train() make them."""

    def encode(
        self, x: ArrayLike, labels: Optional[ArrayLike] = None, *, sample: bool = False
    ) -> NDArray[np.float32]: ...
    def decode(
        self, z: ArrayLike, labels: Optional[ArrayLike] = None
    ) -> NDArray[np.float32]: ...
    def reconstruct(
        self, x: ArrayLike, labels: Optional[ArrayLike] = None
    ) -> NDArray[np.float32]: ...
    def sample(
        self,
        n: int = 100,
        *,
        label: Optional[int] = None,
        temperature: float = 1.0,
        seed: Optional[int] = None,
    ) -> NDArray[np.float32]: ...
    def elbo(
        self, x: ArrayLike, labels: Optional[ArrayLike] = None
    ) -> NDArray[np.float64]: ...
    def log_prob(
        self,
        x: ArrayLike,
        labels: Optional[ArrayLike] = None,
        *,
        particles: int = 5000,
        seed: Optional[int] = None,
    ) -> NDArray[np.float64]: ...
    def impute(
        self,
        x: ArrayLike,
        missing: Optional[ArrayLike] = None,
        labels: Optional[ArrayLike] = None,
        *,
        particles: int = 100,
        sweeps: int = 10,
        seed: int = 1,
    ) -> NDArray[np.float32]: ...
    def data(
        self, split: Union[Split, Literal["all"]] = "test"
    ) -> tuple[NDArray[Any], Optional[NDArray[np.int64]]]: ...
    @property
    def folder(self) -> Path: ...
    @property
    def latent(self) -> int: ...
    @property
    def classes(self) -> int: ...
    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def settings(self) -> dict[str, str]: ...
    @property
    def metrics(self) -> dict[str, NDArray[np.float64]]: ...
    @property
    def parameters(self) -> dict[str, NDArray[np.float32]]: ...

def load(
    folder: Union[str, PathLike[str]] = "runs/latest",
    *,
    weights: Literal["last", "best"] = "last",
    prior: Optional[str] = None,
) -> Run: ...
def train(
    x: Optional[ArrayLike] = None,
    labels: Optional[Union[ArrayLike, PathLike[str]]] = None,
    *,
    test: Optional[Union[ArrayLike, PathLike[str]]] = None,
    test_labels: Optional[Union[ArrayLike, PathLike[str]]] = None,
    callback: Optional[Callable[[dict[str, float]], Optional[bool]]] = None,
    **settings: Any,
) -> Run: ...
def settings() -> dict[str, str]: ...
def data(
    name: str = "fashion-mnist",
    split: Union[Split, Literal["all"]] = "test",
    data_dir: Union[str, PathLike[str]] = "",
) -> tuple[NDArray[Any], Optional[NDArray[np.int64]]]: ...
def set_threads(n: int) -> None: ...
def threads() -> int: ...
