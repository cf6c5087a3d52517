"""Make a database ready to serve: roles, the database itself, its schema and the newest revision."""

from dataclasses import dataclass

from sqlalchemy.engine import make_url

from infra import migrate
from infra.roles import APPLICATION, AUTH, LOGIN_ROLES, MIGRATOR, PUBLIC, RELAY, ensure_database, ensure_roles


@dataclass(frozen=True, slots=True)
class DatabaseUrls:
    """One connection string for each log-in role."""

    owner: str
    app: str
    relay: str
    auth: str
    public: str

    def environment(self) -> dict[str, str]:
        """As the service's settings name them."""
        return {
            "SUYUAN_DATABASE_OWNER_URL": self.owner,
            "SUYUAN_DATABASE_URL": self.app,
            "SUYUAN_DATABASE_RELAY_URL": self.relay,
            "SUYUAN_DATABASE_AUTH_URL": self.auth,
            "SUYUAN_DATABASE_PUBLIC_URL": self.public,
        }


def urls_for(admin_dsn: str, database: str, passwords: dict[str, str]) -> DatabaseUrls:
    """The roles' connection strings to `database` on the server of `admin_dsn`."""
    base = make_url(admin_dsn).set(database=database)
    of = {role: base.set(username=role, password=passwords[role]).render_as_string(hide_password=False) for role in LOGIN_ROLES}
    return DatabaseUrls(owner=of[MIGRATOR], app=of[APPLICATION], relay=of[RELAY], auth=of[AUTH], public=of[PUBLIC])


async def provision(admin_dsn: str, database: str, passwords: dict[str, str]) -> DatabaseUrls:
    """Idempotent: run it at every start of an embedded runtime, and once by hand for a managed server."""
    await ensure_roles(admin_dsn, passwords)
    await ensure_database(admin_dsn, database)
    urls = urls_for(admin_dsn, database, passwords)
    await migrate.upgrade(urls.owner)
    return urls
