"""Jobs of the installation itself."""

from procrastinate.contrib.django import app

from nuanxin.kernel import rotation
from nuanxin.records.jobs import AGAIN


@app.task(name="config.rotate_keys", queueing_lock="rotate_keys", lock="rotate_keys", retry=AGAIN)
def rotate_keys(batch: int) -> None:
    """Seal every value under the current key; begun again after a kill it goes on where it was."""
    for _sealed, _rows in rotation.rotate(batch):
        pass
