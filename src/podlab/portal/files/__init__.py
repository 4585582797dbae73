"""Files of a seat in the browser: looked at, edited, sent up and down.

`path` and `entry` are pure. `Inside` does it by the container's own shell, `Outside` by the engine's archive API alone;
`of_container` chooses. `routes` is what browsers ask; `push` is for the trainer's page.
"""

from podlab.portal.files.push import push

__all__ = ["push"]
