"""Record one call of a tensor function and replay it without Python.

`make_fx` records the operations that a call executes, backward passes included, and
`torch.jit.trace` turns the record into a graph that runs without the interpreter lock. The graph
executes the same operations on the same tensors, so its numbers are those of the plain call.
An accelerator only: where torch cannot do it, the plain function is used.
"""

import threading
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils import _pytree as pytree

# torch.jit announces its own retirement at every call. A filter for good, because the context
# manager that silences one call is not safe in threads.
warnings.filterwarnings("ignore", message="`torch.jit", category=FutureWarning)

Replay = Callable[..., Sequence[Tensor]]

_NO_OPS = {
    torch.ops.aten.alias.default,
    torch.ops.aten.detach.default,
    torch.ops.aten.view.default,
    torch.ops.aten.expand.default,
    torch.ops.aten._unsafe_view.default,
}

# What may overwrite its first input, where that is a product that nothing else reads: fewer large
# pieces of memory are asked for and pushed through the cache.
_IN_PLACE = {
    torch.ops.aten.leaky_relu_backward.default: torch.ops.aten.leaky_relu_backward.grad_input,
    torch.ops.aten.threshold_backward.default: torch.ops.aten.threshold_backward.grad_input,
    torch.ops.aten.tanh_backward.default: torch.ops.aten.tanh_backward.grad_input,
}


def capture(function: Callable[..., Any], args: tuple[Any, ...]) -> Replay:
    """A replay of `function(*args)` for other tensors of the same shapes.

    Args:
        function: reads nothing but its arguments; may write into them in place. Returns a tree
            of tensors and Nones.
        args: trees of tensors to record with. They are written into like any others: hand in
            copies.

    Returns:
        `replay(*tensors)`, which takes the tensors of the argument trees, flattened, and returns
        the tensors of the result, flattened (Nones left out).
    """
    return replay_of(record(function, args))


def record(function: Callable[..., Any], args: tuple[Any, ...]) -> torch.jit.ScriptModule:
    """The operations of `capture`, as torch can save them."""
    leaves, spec = pytree.tree_flatten(args)
    tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]

    def flat(*given: Tensor) -> tuple[Tensor, ...]:
        remaining = iter(given)
        filled = [next(remaining) if isinstance(leaf, Tensor) else leaf for leaf in leaves]
        return tuple(flatten(function(*pytree.tree_unflatten(filled, spec))))

    graph = _lean(make_fx(flat)(*tensors))
    with torch.no_grad():
        return torch.jit.trace(graph, tuple(tensors), check_trace=False)


def replay_of(module: torch.jit.ScriptModule) -> Replay:
    """What has been recorded, as a function of tensors."""
    run = module.forward

    def replay(*given: Tensor) -> Sequence[Tensor]:
        with torch.inference_mode():
            return run(*given)

    return replay


def flatten(tree: Any) -> list[Tensor]:
    """The tensors of a tree, in order."""
    return [leaf for leaf in pytree.tree_leaves(tree) if isinstance(leaf, Tensor)]


def _lean(module: fx.GraphModule) -> fx.GraphModule:
    """The same numbers with less work: no no-ops, nothing nobody reads, fewer new tensors."""
    graph = module.graph
    for node in list(graph.nodes):
        if node.op == "call_function" and node.target in _NO_OPS:
            source = node.args[0]
            if source.meta["val"].shape == node.meta["val"].shape:
                node.replace_all_uses_with(source)
                graph.erase_node(node)
    graph.eliminate_dead_code()
    for node in graph.nodes:
        if node.target in _IN_PLACE:
            source = node.args[0]
            if source.target is torch.ops.aten.bmm.default and len(source.users) == 1:
                node.target, node.kwargs = _IN_PLACE[node.target], {"grad_input": source}
    module.recompile()
    return module


class CaptureCache:
    """Captured functions, made one at a time in a thread; all trainers of the process share them.

    The most recently asked for are kept.

    Attributes:
        make: `capture`, or what does the same elsewhere.
    """

    def __init__(self, keep: int = 192) -> None:
        self.make: Callable[[Callable[..., Any], tuple[Any, ...]], Replay] = capture
        self._keep = keep
        self._futures: dict[tuple, Future[Replay | None]] = {}
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="capture")

    @property
    def pending(self) -> int:
        """Functions that are still to be captured."""
        with self._lock:
            return sum(not future.done() for future in self._futures.values())

    def get(
        self, key: tuple, function: Callable[..., Any], args: Callable[[], tuple[Any, ...]]
    ) -> "Future[Replay | None]":
        """The captured function for a key, begun in the background if it is not there.

        Args:
            key: what all that may share it have in common.
            function: to be captured, and
            args: what with (`capture`), made where it is needed.
        """
        with self._lock:
            future = self._futures.pop(key, None)
            if future is None:
                future = self._thread.submit(self._made, function, args())
            self._futures[key] = future
            while len(self._futures) > self._keep:
                self._futures.pop(next(iter(self._futures)))
            return future

    def _made(self, function: Callable[..., Any], args: tuple[Any, ...]) -> Replay | None:
        torch.set_num_threads(1)
        try:
            return self.make(function, args)
        except Exception:
            # Capture rests on parts of torch that come and go; the eager step does the same.
            return None


CAPTURES = CaptureCache()
