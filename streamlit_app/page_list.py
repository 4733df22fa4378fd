"""The pages: each one's file, title, section and readers. The one place that lists them."""

from dataclasses import dataclass

from config import Role

EVERYONE = frozenset(Role)
HEADQUARTERS = frozenset({Role.management, Role.monitoring, Role.analyst})
HEADS = frozenset({Role.zone_head, Role.office_head, Role.mission_head})


@dataclass(frozen=True)
class PageRow:
    """`name` is the file in `app_pages/` and the page's address; `title` and `section` are
    English and go through `say`."""

    name: str
    title: str
    section: str
    roles: frozenset[Role]

    @property
    def file(self) -> str:
        return f"app_pages/{self.name}.py"


PAGES = (
    PageRow(
        "national_overview",
        "National overview",
        "Management",
        HEADQUARTERS | HEADS | {Role.ombudsman, Role.auditor},
    ),
    PageRow(
        "turnaround",
        "Turnaround and promise",
        "Management",
        HEADQUARTERS | HEADS | {Role.ombudsman, Role.auditor},
    ),
    PageRow(
        "backlog",
        "Backlog and capacity",
        "Management",
        HEADQUARTERS | HEADS | {Role.print_manager, Role.auditor},
    ),
    PageRow("briefings", "Briefings", "Management", EVERYONE),
    PageRow(
        "wall",
        "Monitoring wall",
        "Response",
        frozenset({Role.management, Role.monitoring, Role.engineer}),
    ),
    PageRow("incidents", "Incidents", "Response", EVERYONE),
    PageRow(
        "redistribute",
        "Redistribute",
        "Response",
        HEADQUARTERS | {Role.zone_head, Role.print_manager, Role.auditor},
    ),
    PageRow("offices", "Offices", "Places", HEADQUARTERS | HEADS | {Role.ombudsman, Role.auditor}),
    PageRow("office_profile", "Office profile", "Places", HEADQUARTERS | HEADS),
    PageRow("missions", "Missions", "Places", HEADQUARTERS | {Role.mission_head, Role.ombudsman}),
    PageRow("printing", "Printing and machines", "Operations", HEADQUARTERS | {Role.print_manager}),
    PageRow("deliveries", "Deliveries", "Operations", HEADQUARTERS | HEADS | {Role.print_manager}),
    PageRow("staff", "Staff", "Operations", HEADQUARTERS | HEADS | {Role.print_manager}),
    PageRow("complaints", "Complaints", "Cases", HEADQUARTERS | HEADS | {Role.ombudsman}),
    PageRow("process", "Process", "Cases", HEADQUARTERS | {Role.zone_head, Role.auditor}),
    PageRow("case", "Case", "Cases", HEADQUARTERS | HEADS | {Role.print_manager, Role.ombudsman}),
    PageRow("data_quality", "Data quality", "Data", EVERYONE),
    PageRow("definitions", "Definitions", "Data", EVERYONE),
    PageRow("access_log", "Access log", "Data", frozenset({Role.auditor})),
)

# Where a role begins; any other with the first page it may see.
_HOMES = {
    Role.monitoring: "wall",
    Role.office_head: "office_profile",
    Role.mission_head: "missions",
    Role.zone_head: "offices",
    Role.print_manager: "printing",
    Role.ombudsman: "complaints",
    Role.analyst: "process",
    Role.engineer: "data_quality",
    Role.auditor: "access_log",
}


def row_named(name: str) -> PageRow:
    """The page at this address."""
    return next(row for row in PAGES if row.name == name)


def pages_of(role: Role) -> tuple[PageRow, ...]:
    """The pages that a role may see, in their order."""
    return tuple(row for row in PAGES if role in row.roles)


def home_of(role: Role) -> PageRow:
    """Where a role begins."""
    mine = pages_of(role)
    return next((row for row in mine if row.name == _HOMES.get(role)), mine[0])
