"""Web applications that run in a seat, shown in the browser: a reverse proxy to ports of a pod.

An application of an attendee is hostile to whoever looks at it: it is never on the portal's origin, sees none of the
portal's cookies and sets none. `place` says at which origin a port is seen, `grant` who may see it; `headers` and
`cookies` make both sides believe that they talk with each other; `connections` reach into pods by `engine.dial` alone,
`forward` and `tunnel` carry requests and websockets. `routes` are the portal's own. Nothing here knows Docker.
"""

from podlab.portal.previews.grant import Grant
from podlab.portal.previews.place import Names, Place, Ports
from podlab.portal.previews.previews import PREVIEWS, Previews, Tenant
from podlab.portal.previews.routes import routes

__all__ = ["PREVIEWS", "Grant", "Names", "Place", "Ports", "Previews", "Tenant", "routes"]
