"""What keeps pods as wanted? Repairs after what happens behind podlab's back, and the end of lifetimes.

Here lives the loop alone. It talks to an engine through `engines.base` only, and changes pods by `engine.apply`
only: there is one way that pods change.
"""

from podlab.agent.agent import Action, Agent
from podlab.agent.owner import Owner

__all__ = ["Action", "Agent", "Owner"]
