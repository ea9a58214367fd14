"""Settings: the values of one stack that only the program needs, decrypted. The only reader of `pulumi.Config`.

The stack file is decoded without pulumi (see `stack`), which leaves secrets opaque. Here they are joined, and each
becomes a secret Output the moment it is read. What is missing was reported by `checks` before anything ran; only what
decryption reveals, and secrets that are not set yet, are left to say here.
"""

from infra.settings.cloudflare import WITH_SECRET, ProviderSettings, Settings, Zone, load_settings, wrong_zone
from infra.settings.snowflake import SnowflakeSettings

__all__ = ["WITH_SECRET", "ProviderSettings", "Settings", "SnowflakeSettings", "Zone", "load_settings", "wrong_zone"]
