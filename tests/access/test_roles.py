"""What a login gives, and that everything else is denied."""

import pytest

from access.roles import (
    AccessDeniedError,
    Standing,
    name_of_login,
    standings_of_login,
)
from config import AccessSettings, Role

SETTINGS = AccessSettings(
    server_metadata_url="https://sso.example/.well-known/openid-configuration",
    client_id="passport",
    client_secret_file="/nowhere/client",
    cookie_secret_file="/nowhere/cookie",
    role_names={"Passport.Analyst": "analyst"},
)


@pytest.mark.parametrize(
    ("claims", "given"),
    [
        ({"roles": "management"}, [("management", "all")]),
        ({"roles": ["Passport.Analyst", "other"]}, [("analyst", "all")]),
        ({"roles": ["zone_head"], "places": "zone:Karachi"}, [("zone_head", "zone:Karachi")]),
        (
            {"roles": ["office_head"], "places": ["office:A", "zone:B", "office:C"]},
            [("office_head", "office:A"), ("office_head", "office:C")],
        ),
        ({"roles": ["mission_head"], "places": ["missions"]}, [("mission_head", "missions")]),
        ({"roles": ["print_manager"], "places": ["site:P"]}, [("print_manager", "site:P")]),
        (
            {"roles": ["analyst", "office_head"], "places": ["office:A"]},
            [("office_head", "office:A"), ("analyst", "office:A")],
        ),
        (
            {"roles": ["analyst", "office_head"], "places": ["office:A", "all"]},
            [("office_head", "office:A"), ("analyst", "office:A"), ("analyst", "all")],
        ),
    ],
)
def test_a_login_gives_its_roles_at_its_places(
    claims: dict[str, object], given: list[tuple[str, str]]
) -> None:
    expected = tuple(Standing(Role(role), place) for role, place in given)
    assert standings_of_login(claims, SETTINGS) == expected


@pytest.mark.parametrize(
    "claims",
    [
        {},
        {"roles": []},
        {"roles": "boss"},
        {"roles": {"management": True}},
        {"roles": ["office_head"]},
        {"roles": ["office_head"], "places": ["all"]},
        {"roles": ["office_head"], "places": ["zone:Karachi"]},
        {"roles": ["zone_head"], "places": ["office:A"]},
        {"roles": ["print_manager"], "places": ["office:A"]},
        {"roles": ["management"], "places": ["everywhere"]},
    ],
)
def test_whatever_is_not_given_is_denied(claims: dict[str, object]) -> None:
    with pytest.raises(AccessDeniedError):
        standings_of_login(claims, SETTINGS)


def test_a_claim_may_lie_within_another() -> None:
    keycloak = SETTINGS.model_copy(update={"role_claim": "realm_access.roles"})
    claims = {"realm_access": {"roles": ["auditor"]}, "sub": "f:1"}
    assert standings_of_login(claims, keycloak) == (Standing(Role.auditor, "all"),)
    assert name_of_login(claims, keycloak) == "f:1"
    with pytest.raises(AccessDeniedError):
        name_of_login({}, keycloak)
