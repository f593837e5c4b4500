"""One real pair: the recipe that turns it into the other, or the reason why there is none."""

import torch
from torch import Tensor

from operators.process import Process
from operators.quantization import quantize
from operators.residuals import ranges
from operators.solver import Solution, fit_parameters
from operators.threads import one_thread
from pipeline.fitting.checks import local_residual, shift, similarity
from pipeline.fitting.sample import Sample, part_of, sample_pair
from pipeline.fitting.sparse import simplify
from quality.color_difference import ciede2000, srgb_to_lab
from quality.edits import measure_edit
from quality.measures import psnr
from schemas.fit import Fit, FitConfig, FitReason, Residual
from schemas.recipe import Recipe

_STRIDE = 4
"""The solver begins with every fourth pixel."""

_ROUGHLY = 0.03
"""Tolerance of that beginning."""

_EXACT = 1e-5
"""Mean squared residual (50 dB) from which no better start is looked for."""

_SMALLEST = 16


@one_thread()
def fit_pair(before: Tensor, after: Tensor, process: Process, config: FitConfig | None = None) -> Fit:
    """Recover a simple recipe that renders `before` as `after`; see `pipeline.fitting.sparse`.

    Args:
        before, after: uint8 (3, H, W) sRGB, aligned pixel by pixel.

    Returns:
        A fit with a recipe that names every parameter, in the steps in which recipes are stored, or with a reason and
        no recipe. The residual is measured over all pixels in 8 bit, with these values.

    Raises:
        ValueError: a picture is not uint8 (3, H, W).
    """
    config = config or FitConfig()
    for picture in (before, after):
        if picture.dtype != torch.uint8 or picture.ndim != 3 or picture.shape[0] != 3:
            raise ValueError(f"need uint8 pictures (3, H, W), got {picture.dtype} {tuple(picture.shape)}")
    if before.shape != after.shape or min(before.shape[1:]) < _SMALLEST:
        sizes = " and ".join(f"{picture.shape[2]} x {picture.shape[1]}" for picture in (before, after))
        return Fit(reason="different_size", detail=f"{sizes} pixels; both need one size of at least {_SMALLEST}")
    alike = similarity(before, after)
    if alike < config.min_similarity:
        unlike = f"edges agree by {alike:.2f}, less than min_similarity = {config.min_similarity}"
        return Fit(reason="different_pictures", detail=unlike)
    sample = sample_pair(before, after, process, config.pixels)
    solution = simplify(process, sample, config, solve(process, sample, config))
    recipe = Recipe(process=process.name, values=dict(zip(process.index, solution.parameters.tolist(), strict=True)))
    rendered = render(process, before, process.vector([recipe]))
    residual = _residual(before, rendered, after, alike)
    reason, detail = _verdict(residual, config)
    return Fit(
        recipe=None if reason else recipe,
        edit=measure_edit(before, after),
        residual=residual,
        reason=reason,
        detail=detail,
        iterations=solution.iterations,
        evaluations=solution.evaluations,
        renders=solution.renders,
    )


def solve(process: Process, sample: Sample, config: FitConfig) -> Solution:
    """Solve for all of a process's parameters: roughly on a part of the sample, then on all of it.

    Parameters (P,) are not rounded. Counts are over all solutions.

    A process that clips or folds within its range, as its `safe` ranges tell, has several minima: where the first is no
    exact solution, it is tried again from `config.starts` points spread over its range.
    """
    roughly = config.solver.model_copy(update={"tolerance": _ROUGHLY})
    tried = [fit_parameters(process, *part_of(sample, _STRIDE), roughly)] if sample.image.shape[1] == 1 else []
    begin = tried[0].parameters if tried else None
    best = fit_parameters(process, *sample, config.solver, begin)
    tried.append(best)
    if any(spec.safe is not None for spec in process.parameters):
        low, high = ranges(process)
        spread = torch.rand(config.starts, len(low), generator=torch.Generator().manual_seed(0)).double()
        for share in spread:
            if best.loss <= _EXACT:
                break
            tried.append(fit_parameters(process, *sample, config.solver, low + (high - low) * share))
            best = min(best, tried[-1], key=lambda solution: solution.loss)
    return Solution(
        best.parameters,
        best.loss,
        *(sum(getattr(solution, name) for solution in tried) for name in ("iterations", "evaluations", "renders")),
    )


def render(process: Process, picture: Tensor, parameters: Tensor) -> Tensor:
    """Parameters (1, P) rendered on uint8 (3, H, W), in 8 bit."""
    return quantize(process.render(picture[None].float() / 255, parameters)[0])


def _residual(before: Tensor, rendered: Tensor, after: Tensor, alike: float) -> Residual:
    labs = [srgb_to_lab(picture[None, :, 2::5, 2::5]) for picture in (rendered, after)]
    difference = ciede2000(*labs).flatten()
    return Residual(
        psnr_before=float(psnr(before[None], after[None])),
        psnr=float(psnr(rendered[None], after[None])),
        de00_mean=float(difference.mean()),
        de00_p95=float(difference.quantile(0.95)),
        similarity=alike,
        shift=shift(before, rendered, after),
        local=local_residual(before, rendered, after),
    )


def _verdict(residual: Residual, config: FitConfig) -> tuple[FitReason | None, str | None]:
    if residual.shift > config.max_shift:
        return "misaligned", f"displaced by {residual.shift:.2f} pixels, more than max_shift = {config.max_shift}"
    if residual.local > config.max_local:
        return "local_edit", f"{residual.local:.2f} steps go with the place, more than max_local = {config.max_local}"
    if residual.psnr < config.min_psnr:
        return "poor_fit", f"the best recipe reaches {residual.psnr:.1f} dB, less than min_psnr = {config.min_psnr}"
    return None, None
