"""The estate: all that apps.yaml declares for one stack, resolved.

Defaults are applied and references are objects; nothing is optional by accident and no name is left to look up. Every
part keeps its place in the file (`at`, ignored by comparisons) for messages that come later.
"""

from infra.estate.apps import App, Estate, Tunnelled
from infra.estate.entries import Condition, Countries, Decision, Devices, Emails, Entry, Members, Mfa, Networks
from infra.estate.people import PLATFORMS_OF, REPORTS_MFA, Claim, Department, Device, Group, Machine, Provider
from infra.estate.snowflake import (
    ComputePool,
    Delivery,
    GitSource,
    InSnowflake,
    Runtime,
    SecretObject,
    SnowflakeAccount,
    SnowflakeSchema,
    Warehouse,
)

__all__ = [
    "PLATFORMS_OF",
    "REPORTS_MFA",
    "App",
    "Claim",
    "ComputePool",
    "Condition",
    "Countries",
    "Decision",
    "Delivery",
    "Department",
    "Device",
    "Devices",
    "Emails",
    "Entry",
    "Estate",
    "GitSource",
    "Group",
    "InSnowflake",
    "Machine",
    "Members",
    "Mfa",
    "Networks",
    "Provider",
    "Runtime",
    "SecretObject",
    "SnowflakeAccount",
    "SnowflakeSchema",
    "Tunnelled",
    "Warehouse",
]
