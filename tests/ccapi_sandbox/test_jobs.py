"""A job's state follows from the clock."""

import pytest
from ccapi_sandbox.catalog import ImageModel, Outcome
from ccapi_sandbox.jobs import ImageJob


def job(outcome: Outcome = "completed") -> ImageJob:
    model = ImageModel("p/m", "M")
    return ImageJob(
        id="job-1",
        created=1000,
        seconds=8,
        model=model,
        outcome=outcome,
        operation="text-to-image",
        recipes=(),
        inline=False,
    )


@pytest.mark.parametrize(
    ("age", "status", "left"),
    [(0, "pending", 8), (1.9, "pending", 6.1), (2, "processing", 6), (7.9, "processing", 0.1), (8, "completed", 0)],
)
def test_the_way_of_a_job(age: float, status: str, left: float) -> None:
    document = job().document(1000 + age, "http://x/poll")
    assert document["status"] == status
    assert document.get("estimated_time", 0) == pytest.approx(left)
    assert ("poll_url" in document) is (status != "completed")


@pytest.mark.parametrize(
    ("outcome", "status"), [("failed", "failed"), ("cancelled", "cancelled"), ("never", "processing")]
)
def test_other_ends(outcome: Outcome, status: str) -> None:
    document = job(outcome).document(9999, "http://x/poll")
    assert document["status"] == status
    assert ("error" in document) is (status == "failed")


def test_no_time_is_left_only_once_it_has_ended() -> None:
    """A webhook waits for this time, and then sends the job."""
    for now, status in ((1007.9999, "processing"), (1008.0, "completed")):
        assert job().status(now) == status
        assert (job().left(now) > 0) is (status == "processing")
