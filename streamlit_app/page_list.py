"""The pages: each one's file, title, section and readers. The one place that lists them."""

from dataclasses import dataclass

from access.roles import Role

EVERYONE = frozenset(Role)
HEADQUARTERS = frozenset({Role.management, Role.monitoring, Role.analyst})
HEADS = frozenset({Role.zone_head, Role.office_head, Role.mission_head})


@dataclass(frozen=True)
class PageRow:
    """`name` is the file in `app_pages/` and the page's address; `title` and `section` are
    English and go through `say`. `is_watched`: left open to be looked at, so that its own
    refreshing counts as use."""

    name: str
    title: str
    section: str
    roles: frozenset[Role]
    is_watched: bool = False

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
    PageRow("data_quality", "Data quality", "Data", EVERYONE),
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


def pages_of(role: Role) -> tuple[PageRow, ...]:
    """The pages that a role may see, in their order."""
    return tuple(row for row in PAGES if role in row.roles)


def home_of(role: Role) -> PageRow:
    """Where a role begins."""
    mine = pages_of(role)
    return next((row for row in mine if row.name == _HOMES.get(role)), mine[0])
