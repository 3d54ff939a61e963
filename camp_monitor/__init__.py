"""Watch prison camps from space.

Given a facility's outline and dated images, say what changed, where, how sure we are and what
could *not* be seen.  ``ARCHITECTURE.md`` shows the rooms of the house and the way through them.
"""

__version__ = "0.1.0"
