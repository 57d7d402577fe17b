"""Record one call of a tensor function and replay it without Python.

`make_fx` records the operations that a call executes, backward passes included, and
`torch.jit.trace` turns the record into a graph that runs without the interpreter lock. The graph
executes the same operations on the same tensors, so its numbers are those of the plain call.
An accelerator only: where torch cannot do it, the plain function is used.
"""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, fx
from torch.fx.experimental.proxy_tensor import make_fx
from torch.utils import _pytree as pytree

# jit.trace announces its own retirement at every call. A filter for good, because the context
# manager that silences one call is not safe in threads.
warnings.filterwarnings("ignore", message="`torch.jit.trace", category=FutureWarning)

Replay = Callable[..., list[Tensor]]

_NO_OPS = {
    torch.ops.aten.alias.default,
    torch.ops.aten.detach.default,
    torch.ops.aten.view.default,
    torch.ops.aten.expand.default,
    torch.ops.aten._unsafe_view.default,
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
    leaves, spec = pytree.tree_flatten(args)
    tensors = [leaf for leaf in leaves if isinstance(leaf, Tensor)]

    def flat(*given: Tensor) -> tuple[Tensor, ...]:
        remaining = iter(given)
        filled = [next(remaining) if isinstance(leaf, Tensor) else leaf for leaf in leaves]
        return tuple(flatten(function(*pytree.tree_unflatten(filled, spec))))

    graph = _without_no_ops(make_fx(flat)(*tensors))
    with torch.no_grad():
        traced = torch.jit.trace(graph, tuple(tensors), check_trace=False)

    def replay(*given: Tensor) -> list[Tensor]:
        with torch.inference_mode():
            return list(traced(*given))

    return replay


def flatten(tree: Any) -> list[Tensor]:
    """The tensors of a tree, in order."""
    return [leaf for leaf in pytree.tree_leaves(tree) if isinstance(leaf, Tensor)]


def _without_no_ops(module: fx.GraphModule) -> fx.GraphModule:
    """Drop operations that return their input as it is, and those nobody reads."""
    graph = module.graph
    for node in list(graph.nodes):
        if node.op == "call_function" and node.target in _NO_OPS:
            source = node.args[0]
            if source.meta["val"].shape == node.meta["val"].shape:
                node.replace_all_uses_with(source)
                graph.erase_node(node)
    graph.eliminate_dead_code()
    module.recompile()
    return module
