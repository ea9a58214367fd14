"""The App Launcher of the sandbox: apps, people, and who gets in, measured by real requests through the front door.

    front = Front(store, world, upstream, directory, launcher=launcher(store, Door("127.0.0.1", 8443, ca_file)))

That is all it needs: the store, the front's own parts (handed over by `Front`, the world among them), and where the
front door can be dialled; with the origin of the local Snowflake it shows the apps there as well. It answers at the
root of the team domain.

door          dialling the front door on loopback under any of its hosts
cells         who visits what, and what became of it
prober        one visitor on the way to one app: login redirect, identity provider, callback, app
snowflake_visit  one visitor on the way to one app in Snowflake: the app, its login, and back
measure       the table of visitors and apps, filled by the prober; for tests and `sandbox status` as well
scene         who and what there is to measure, from the store
measurements  the latest table, and the one that is being filled
snowflake     the local Snowflake: its apps, and links that log a browser in there
portal        the pages and what their forms do
"""

from sandbox.portal.door import Door
from sandbox.portal.portal import launcher

__all__ = ["Door", "launcher"]
