"""The clock and the seller of the stages' tests."""

from tests.stage.conftest import advance, seller

__all__ = ["advance", "seller"]
