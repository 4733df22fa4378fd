"""What people are here for, wherever it matters: logins, incidents, duties and briefings."""

from enum import StrEnum


class Role(StrEnum):
    """One of the ten roles; it decides which pages there are and what may be done to incidents."""

    management = "management"
    monitoring = "monitoring"
    zone_head = "zone_head"
    office_head = "office_head"
    mission_head = "mission_head"
    print_manager = "print_manager"
    ombudsman = "ombudsman"
    analyst = "analyst"
    engineer = "engineer"
    auditor = "auditor"
