import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import ConfigError, check_gates
from pipeline.pairs.origins import RULES
from quality.gates import decide, rules
from quality.scorers.scorer import ScorerUnavailableError
from schemas.config import Bounds, GatesConfig
from schemas.jobs.run import RunConfig
from schemas.manifest import manifest_schema
from schemas.sample import Measures

GOOD = Measures(
    cycle_psnr=42, cycle_de00_mean=0.6, cycle_de00_p95=1.5, difference_psnr=21, difference_de00=7, clipped=0.01
)
NO_BOUNDS = GatesConfig(difference_de00=Bounds(), cycle_psnr=Bounds(), cycle_de00_p95=Bounds(), clipped=Bounds())


def _reasons(gates: GatesConfig, scores: dict[str, float | None] | None = None, **measures: float) -> list[str]:
    return decide(GOOD.model_copy(update=measures), scores or {}, rules(gates, list(scores or {})))


def test_a_good_pair_passes_the_default_gates() -> None:
    assert _reasons(GatesConfig(), {"ssim": 0.9}) == []


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("difference_de00", 0.2, "difference_de00_low"),
        ("difference_de00", 70.0, "difference_de00_high"),
        ("cycle_psnr", 20.0, "cycle_psnr_low"),
        ("cycle_de00_p95", 25.0, "cycle_de00_p95_high"),
        ("clipped", 0.7, "clipped_high"),
    ],
)
def test_a_bad_pair_fails_the_default_gates(name: str, value: float, reason: str) -> None:
    assert _reasons(GatesConfig(), **{name: value}) == [reason]


def test_fitted_pairs_have_bounds_of_their_own_on_the_cycle_alone() -> None:
    gates = GatesConfig(scores={"ssim": Bounds(min=0.5)})
    fitted = RULES["fitted"].gates(gates)
    assert RULES["unrendered"].gates(gates) == gates
    assert _reasons(gates, {"ssim": 0.9}, cycle_psnr=31, cycle_de00_p95=9) == ["cycle_psnr_low", "cycle_de00_p95_high"]
    assert _reasons(fitted, {"ssim": 0.9}, cycle_psnr=31, cycle_de00_p95=9) == []
    assert _reasons(fitted, {"ssim": 0.1}, cycle_psnr=29, cycle_de00_p95=11, difference_de00=0.2) == [
        "difference_de00_low",
        "cycle_psnr_low",
        "cycle_de00_p95_high",
        "score_low:ssim",
    ]


@pytest.mark.parametrize("name", ["difference_de00", "cycle_psnr", "cycle_de00_p95", "clipped"])
@given(value=st.floats(0, 100), low=st.floats(0, 100), high=st.floats(0, 100))
def test_both_bounds_count_and_include_their_ends(name: str, value: float, low: float, high: float) -> None:
    gates = NO_BOUNDS.model_copy(update={name: Bounds(min=low, max=high)})
    expected = [f"{name}_low"] * (value < low) + [f"{name}_high"] * (value > high)
    assert _reasons(gates, **{name: value}) == expected
    assert _reasons(NO_BOUNDS, **{name: value}) == []


@given(value=st.floats(-10, 10), low=st.floats(-10, 10), high=st.floats(-10, 10))
def test_bounds_on_scores(value: float, low: float, high: float) -> None:
    gates = NO_BOUNDS.model_copy(update={"scores": {"ssim": Bounds(min=low, max=high)}})
    expected = ["score_low:ssim"] * (value < low) + ["score_high:ssim"] * (value > high)
    assert _reasons(gates, {"ssim": value, "psnr": 100.0}) == expected


@pytest.mark.parametrize("missing", [None, math.nan])
def test_a_missing_score_rejects_without_any_bound(missing: float | None) -> None:
    assert _reasons(NO_BOUNDS, {"piqe_input": missing, "ssim": 0.5}) == ["score_missing:piqe_input"]


def test_a_score_that_is_not_there_at_all_rejects() -> None:
    assert decide(GOOD, {"ssim": 0.5}, rules(NO_BOUNDS, ["ssim", "psnr"])) == ["score_missing:psnr"]


def test_a_missing_score_with_a_bound_rejects_once() -> None:
    gates = NO_BOUNDS.model_copy(update={"scores": {"ssim": Bounds(min=0.5)}})
    assert decide(GOOD, {}, rules(gates, ["ssim"])) == ["score_missing:ssim"]
    assert decide(GOOD, {}, rules(gates, [])) == ["score_missing:ssim"]


@pytest.mark.parametrize("name", list(Measures.model_fields))
def test_a_measure_that_is_not_a_number_rejects(name: str) -> None:
    assert _reasons(NO_BOUNDS, **{name: math.nan}) == [f"measure_missing:{name}"]


def test_a_bounded_measure_that_is_missing_rejects_once() -> None:
    reasons = _reasons(GatesConfig(), cycle_psnr=math.nan, difference_de00=0.1)
    assert reasons == ["measure_missing:cycle_psnr", "difference_de00_low"]


def test_every_rule_names_a_column_of_the_manifest() -> None:
    schema = manifest_schema(["Exposure2012"], ["ssim", "psnr"])
    found = rules(GatesConfig(scores={"ssim": Bounds(min=0.5)}), ["ssim", "psnr"])
    for rule in found:
        struct, name = rule.column.split(".")
        assert schema.field(struct).type.field(name).type == pa.float64()
    assert {rule.column for rule in found} > {"scores.ssim", "scores.psnr", "measures.clipped"}


def test_all_reasons_are_given() -> None:
    reasons = _reasons(GatesConfig(), {"psnr": None}, cycle_psnr=20.0, clipped=0.5)
    assert reasons == ["cycle_psnr_low", "clipped_high", "score_missing:psnr"]


def _config(**sections: object) -> RunConfig:
    return RunConfig.model_validate({"sources": ["photos"], "out": "out", **sections})


def test_bounds_on_computed_scores_pass_the_check() -> None:
    check_gates(_config(gates={"scores": {"piqe_target": {"max": 60}, "ssim": {"min": 0.1}}}))
    check_gates(_config(scores={"clip": {"pretrained": "x.pt"}}, gates={"scores": {"clip_image": {"min": 0.5}}}))


@pytest.mark.parametrize("name", ["piqe", "psnr_target", "clip_image"])
def test_a_bound_on_a_score_that_is_not_computed_is_an_error(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"gates.scores: {name} .*piqe_input, piqe_target"):
        check_gates(_config(gates={"scores": {name: {"min": 0}}}))


def test_an_unknown_metric_is_an_error() -> None:
    with pytest.raises(ScorerUnavailableError, match="no metric 'pique'; it has piqe"):
        check_gates(_config(scores={"metrics": ["pique"]}))
