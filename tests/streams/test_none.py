"""An operator may want no streams, or no clips: then nobody is told to try again."""

import pytest

from faceveil.clips.places import ClipPlaces
from faceveil.problems import NotInstalled
from faceveil.streams.places import Places
from tests.streams.test_newest import by


def test_where_no_stream_may_run_trying_again_is_not_advised() -> None:
    with pytest.raises(NotInstalled, match="no streams"), Places(0).take(by("a")):
        pass


def test_where_no_clip_is_read_trying_again_is_not_advised() -> None:
    with pytest.raises(NotInstalled, match="no clips"), ClipPlaces(0).take("a"):
        pass
