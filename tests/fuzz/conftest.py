"""The small data set of the pipeline's tests."""

from tests.pipeline.conftest import make_dataset, pairs_dataset

__all__ = ["make_dataset", "pairs_dataset"]
