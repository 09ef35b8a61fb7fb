"""Step graphs: denoiser, guidance and solver in one graph, so that on a GPU the latents never leave it.

Made of the exported denoiser by adding nodes around its own; both graphs read the same file of weights. The solver's
table comes in as an input (see `runtime.shot.solvers`), so one graph does for any number of steps. Guidance runs the
network twice inside the graph, or once over a pair of clips where the network was traced with two.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from export.compare import Comparison, relative_error, ways
from export.errors import ExportError
from export.precision import replace_items
from export.run_graph import opened
from export.spec import TYPED, Precision, Tolerance
from runtime.backends import Array, Engine
from runtime.backends.engine import CheckedEngine, Target
from runtime.bundle import MANIFEST, Bundle, LineUp, write_manifest
from runtime.bundle.check import read_json
from runtime.film.decisions import Settings
from runtime.film.setup import solver_table
from runtime.shot.controls import NEUTRAL, NO_SKETCH, SKETCH
from runtime.shot.guidance import DEEP, PAIR, Condition, Predict, Shallow, guided
from runtime.shot.solvers import SolverTable, estimate, step
from runtime.shot.stepper import STATE, step_feeds

NAME: Final = "denoiser_step.onnx"
NAME_SHALLOW: Final = "denoiser_step_shallow.onnx"
LEAST_BESIDE: Final = 1024
"""Bytes from which on a weight lies beside the graphs."""
_NULL: Final = {"context": "null", SKETCH: NO_SKETCH}
"""What the text of nothing has in place of a text's."""
_AGAIN: Final = "unguided."
"""How the nodes' outputs begin in the second walk through the network."""
_PAIRED: Final = {name: f"_paired_{name}" for name in ("latents", "time", "context", "domain", SKETCH, "prediction")}
"""What the network reads and gives for both clips at once, where it takes a pair."""


def add_step(bundle: Bundle, precision: Precision) -> tuple[Bundle, dict[str, tuple[Comparison, ...]]]:
    """Write the step graphs of the bundle's denoiser, whose weights move to files of their own, and its manifest anew.
    Gives how close each graph came besides.

    Raises ExportError when a graph does not compute what denoiser, guidance and solver do apart.
    """
    line_up, folder = LineUp.of(bundle), bundle.folder
    table, facts = solver_table(Settings(), line_up), line_up.denoiser
    manifest = read_json(folder / MANIFEST)
    graphs = {"step": (facts.graph, NAME)}
    if facts.shallow is not None:
        graphs["step_shallow"] = (facts.shallow, NAME_SHALLOW)
    for part, (graph, name) in graphs.items():
        apart = folder / graph.file.file
        if not graph.data:  # saved once more, its weights would be appended to those that are there
            onnx.save(onnx.load(apart), apart, save_as_external_data=True, location=f"{apart.name}.data",
                      size_threshold=LEAST_BESIDE)
        onnx.save(step_graph(onnx.load(apart, load_external_data=False), table, facts.guidance != 1.0), folder / name)
        onnx.checker.check_model(folder / name, full_check=True)
        manifest["roles"]["denoiser"][part] = {"file": name}
    files = [(folder / graph.file.file, folder / name) for graph, name in graphs.values()]
    found = _compare(files, table, facts.guidance, precision)
    return write_manifest(folder, manifest), found


def step_graph(denoiser: onnx.ModelProto, table: SolverTable, guide: bool) -> onnx.ModelProto:
    """state (R, C, T, h, w), time, input_scale (1,), matrix (R + 1, K), context, domain -> next_state, estimate.

    R and K - 1 are the rows and columns of the solver's matrices, the last row of `matrix` gives the estimate of x_0.
    Whatever else the denoiser takes stays an input, deep features an output (and unguided.deep, with two walks). With
    `guide` also null, like context, null_sketch, like a sketch, and scale (1,); where the solver is noisy also noise
    (1, C, T, h, w).
    """
    model = onnx.ModelProto()
    model.CopyFrom(denoiser)
    graph = model.graph
    given = {value.name: value for value in graph.input}
    shape = [size.dim_value for size in given["latents"].type.tensor_type.shape.dim]
    noisy = any(table.noisy(index) for index in range(table.steps))
    columns = table.rows + 1 + noisy
    before = [_node("Slice", ["state", "_0", "_1", "_0"], "_latent"),
              _node("Mul", ["_latent", "input_scale"], "latents")]
    predicted, unguided = "prediction", f"{_AGAIN}prediction"
    after = []
    if shape[0] == PAIR:
        walks = [_renamed(list(graph.node), _PAIRED)]
        before += [_node("Concat", [_NULL.get(name, name), name], _PAIRED[name], axis=0)
                   for name in _PAIRED if name in given]
        after.append(helper.make_node("Split", [_PAIRED[predicted]], [unguided, predicted], "step_split", axis=0,
                                      num_outputs=PAIR))
    else:
        walks = [list(graph.node)]
        if guide:
            shared = {tensor.name for tensor in graph.initializer} | set(given)
            walks.append(_again(walks[0], shared - {DEEP}))
    if guide:
        after += [_node("Sub", ["prediction", unguided], "_towards"), _node("Mul", ["_towards", "scale"], "_steered"),
                  _node("Add", [unguided, "_steered"], "_guided")]
        predicted = "_guided"
    # Sums of products, not a product of matrices: TensorRT would round those to TF32.
    after += [_node("Concat", ["state", predicted, *(["noise"] if noisy else [])], "_parts", axis=0),
              _node("Unsqueeze", ["_parts", "_0"], "_wide"),
              _node("Reshape", ["matrix", "_sides"], "_weights"), _node("Mul", ["_wide", "_weights"], "_terms"),
              _node("ReduceSum", ["_terms", "_1"], "_rows", keepdims=0),
              _node("Slice", ["_rows", "_0", "_last", "_0"], "next_state"),
              _node("Slice", ["_rows", "_last", "_end", "_0"], "estimate")]
    numbers = {"_0": [0], "_1": [1], "_last": [table.rows], "_end": [table.rows + 1],
               "_sides": [table.rows + 1, columns, 1, 1, 1, 1]}
    graph.initializer.extend(numpy_helper.from_array(np.array(value, np.int64), name)
                             for name, value in numbers.items())
    replace_items(graph.node, [*before, *(node for walk in walks for node in walk), *after])
    _interface(graph, table, guide, noisy)
    return model


def _interface(graph: Any, table: SolverTable, guide: bool, noisy: bool) -> None:
    """Give the graph the inputs and outputs of a step in place of the denoiser's."""
    given = {value.name: value for value in graph.input}
    clips, *shape = (size.dim_value for size in given["latents"].type.tensor_type.shape.dim)
    state = [table.rows, *shape]
    others = [value for name, value in given.items() if name not in {"latents", "time", "context", "domain"}]
    outputs = [value for value in graph.output if value.name in {"time_waves", DEEP}]
    if guide and clips != PAIR:
        for found in (others, outputs):
            found.extend([_called(f"{_AGAIN}{DEEP}", value) for value in found if value.name == DEEP])
    for name in {"time", "context", "domain", SKETCH} & given.keys():
        given[name].type.tensor_type.shape.dim[0].dim_value = 1  # one clip, also where the network takes a pair
    inputs = [_value("state", state), given["time"], _value("input_scale", [1]),
              _value("matrix", [table.rows + 1, table.rows + 1 + noisy]), given["context"], given["domain"], *others]
    if guide:
        inputs += [*(_called(nothing, given[name]) for name, nothing in _NULL.items() if name in given),
                   _value("scale", [1])]
    replace_items(graph.input, [*inputs, *([_value("noise", [1, *shape])] if noisy else [])])
    replace_items(graph.output, [_value("next_state", state), _value("estimate", [1, *shape]), *outputs])


def _called(name: str, value: Any) -> Any:
    """`value` under another name."""
    other = onnx.ValueInfoProto()
    other.CopyFrom(value)
    other.name = name
    return other


def _renamed(nodes: list[Any], names: Mapping[str, str]) -> list[Any]:
    """The nodes, reading and giving other tensors than those called so in `names`."""
    for node in nodes:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    return nodes


def _again(nodes: list[Any], kept: set[str]) -> list[Any]:
    """The same nodes once more, reading the text of nothing; `kept` are the tensors both walks share."""
    def name(old: str) -> str:
        return _NULL.get(old) or (old if not old or old in kept else f"{_AGAIN}{old}")

    copies = []
    for node in nodes:
        copy = onnx.NodeProto()
        copy.CopyFrom(node)
        copy.name = f"{_AGAIN}{node.name}" if node.name else ""
        copy.input[:], copy.output[:] = map(name, node.input), map(name, node.output)
        copies.append(copy)
    return copies


def _compare(files: list[tuple[Path, Path]], table: SolverTable, scale: float, precision: Precision
             ) -> dict[str, tuple[Comparison, ...]]:
    """Pairs of a denoiser's graph and its step graph: the whole one's, then, where there is one, the shallow one's.
    Gives what came of each step that was compared, by the name of the step graph."""
    found: dict[str, tuple[Comparison, ...]] = {}
    # Both sides read the same weights, so how they are stored costs nothing here.
    limit = Tolerance().limit(precision if precision in TYPED else "fp32", brain=False)
    way = next(ways(exact=True, precision=precision))
    with ExitStack() as stack:
        (whole, stepper), *others = [
            tuple(stack.enter_context(opened(path, way)) for path in pair) for pair in files]
        shapes = {spec.name: tuple(int(size) for size in spec.shape) for spec in stepper.inputs}
        draw = np.random.default_rng(0)
        state, context, null = (draw.standard_normal(shapes[name], np.float32)
                                for name in (STATE, "context", "context"))
        noise = draw.standard_normal((1, *shapes[STATE][1:]), np.float32)
        said: dict[str, Array] = {
            spec.name: draw.standard_normal(shapes[spec.name], np.float32) if spec.dtype == "float32" else
            draw.integers(1, 4, shapes[spec.name]) for spec in stepper.inputs if spec.name in NEUTRAL}
        told = Condition(context=context, domain=0, null_context=null, scale=scale, sketch=said.get(SKETCH))

        def check(index: int, predict: Predict, graph: Engine, given: dict[str, Array]) -> dict[str, Array]:
            made = graph.run(step_feeds(graph, table, index, told, noise) | {STATE: state} | said | given)
            latent = state[:1]
            output = predict(latent * np.float32(table.input_scale[index]), float(table.time[index]))
            expected = {"next_state": step(table, index, state[:, None], output, noise)[:, 0],
                        "estimate": estimate(table, index, latent, output)}
            file = NAME if graph is stepper else NAME_SHALLOW
            for name, value in expected.items():
                apart = Comparison(f"its parts on {graph.device}", name, relative_error(made[name], value), limit)
                if not apart.error <= limit:
                    raise ExportError(f"{name} of {file} within {limit:.1e} of its parts",
                                      f"it is {apart.error:.1e} away",
                                      "report this: what surrounds the denoiser is wrong")
                found[file] = (*found.get(file, ()), apart)
            return {name: value for name, value in made.items() if name.endswith(DEEP)}

        for index in {0, table.steps - 1}:
            check(index, guided(_Outspoken(whole, said), told), stepper, {})
        for shallow, shallow_stepper in others:
            predict = guided(_Outspoken(whole, said), told, Shallow(_Outspoken(shallow, said), refresh=2))
            check(0, predict, shallow_stepper, check(0, predict, stepper, {}))
    return found


class _Outspoken(CheckedEngine):
    """A denoiser that hears `said`, by a step graph's names, where a film says nothing: zeros on both sides would hide
    that an input is read by nobody, or in place of another."""

    def __init__(self, denoiser: Engine, said: Mapping[str, Array]) -> None:
        super().__init__(denoiser.inputs, denoiser.outputs, denoiser.device)
        self._denoiser = denoiser
        # Of the text there is a sketch already; what is silent is that of nothing.
        self._said = {SKETCH if name == NO_SKETCH else name: value for name, value in said.items() if name != SKETCH}

    def _infer(self, feeds: dict[str, Any], targets: dict[str, Target]) -> dict[str, Any]:
        heard = {name: np.stack([own if own.any() else other for own, other
                                 in zip(feeds[name], np.broadcast_to(value, feeds[name].shape), strict=True)])
                 for name, value in self._said.items()}
        return self._denoiser.run(feeds | heard, {name: target for name, target in targets.items()
                                                  if isinstance(target, np.ndarray)})

    def _free(self) -> None:
        """The denoiser is its owner's to close."""


def _node(operator: str, inputs: list[str], output: str, **attributes: Any) -> Any:
    return helper.make_node(operator, inputs, [output], f"step{output}", **attributes)


def _value(name: str, shape: list[int]) -> Any:
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
