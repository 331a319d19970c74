"""flask portal …: what an operator does from the command line."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import AppGroup

from portal.config import Settings
from portal.domain.actor import Circumstance
from portal.domain.refusal import Refusal
from portal.domain.roc_date import TAIPEI
from portal.mail.delivery import send
from portal.usecases.card.trust_authorities import refresh_revocation_lists
from portal.usecases.entry.end_revoked_sessions import end_revoked_sessions
from portal.usecases.operate.check_audit import check_audit
from portal.usecases.operate.deliver_letters import deliver_letters, outbox_counts, waiting_letters
from portal.usecases.operate.expire_applications import expire_applications
from portal.usecases.operate.invite_administrator import invite_administrator
from portal.usecases.operate.load_institutions import load_institutions
from portal.usecases.operate.load_units import SEED, BadUnitFile, index_units_anew, load_units
from portal.usecases.operate.prepare_demonstration import NotADemonstration, prepare_demonstration
from portal.usecases.operate.purge_leftovers import purge_leftovers
from portal.usecases.operate.reset_second_proof import reset_second_proof
from portal.usecases.operate.suspend_dormant import suspend_dormant
from portal.usecases.read_systems import systems

portal = AppGroup("portal", help="Units, administrators, letters and upkeep of the portal.")


def install(app: Flask) -> None:
    """Add the commands."""
    app.cli.add_command(portal)


def _settings() -> Settings:
    found: Settings = current_app.extensions["portal-settings"]
    return found


def _now() -> datetime:
    return datetime.now(UTC)


def _today() -> date:
    return _now().astimezone(TAIPEI).date()


def _circumstance() -> Circumstance:
    return Circumstance(_now(), "command line", "command line", _settings())


@portal.command("load-units")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=SEED)
def load_units_command(file: Path) -> None:
    """Load or update units from a CSV FILE (without one: the portal's own seed data)."""
    try:
        loaded = load_units(file, _today())
    except BadUnitFile as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(f"units: {loaded.added} added, {loaded.changed} changed, {loaded.unchanged} unchanged")


@portal.command("load-institutions")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def load_institutions_command(file: Path) -> None:
    """Load or update 醫事機構 from FILE, the CSV list of the national health insurance."""
    try:
        told = load_institutions(file, _today())
    except BadUnitFile as problem:
        raise click.ClickException(str(problem)) from None
    for line in told.skipped:
        click.echo(f"skipped, {line}", err=True)
    click.echo(
        f"institutions: {told.added} added, {told.changed} changed, {told.unchanged} unchanged, "
        f"{len(told.skipped)} skipped"
    )


@portal.command("index-units")
def index_units_command() -> None:
    """Make the search index over all units again."""
    click.echo(f"units in the search index: {index_units_anew(_today())}")


@portal.command("invite-administrator")
@click.argument("email")
@click.option("--name", default="系統服務台", help="Name of the person, as shown in reviews.")
@click.option("--system", "key", default="portal", help="System file with the account; its default kind.")
def invite_administrator_command(email: str, name: str, key: str) -> None:
    """Print (and mail) a one-time link by which an administrator chooses a password."""
    if key not in systems():
        raise click.ClickException(f"no such system: {key}; one of {', '.join(systems())}")
    try:
        account, link = invite_administrator(systems()[key], email, name, _circumstance())
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from None
    click.echo(f"account: {account}\nlink, for one use within a day: {link}")


@portal.command("reset-second-proof")
@click.argument("account")
def reset_second_proof_command(account: str) -> None:
    """Let an administrator who lost telephone and card begin anew; ACCOUNT is written as hwms/name."""
    key, _, name = account.partition("/")
    if key not in systems() or not name:
        raise click.ClickException(
            f"write the account as one of {', '.join(systems())}, a slash and its name"
        )
    try:
        link = reset_second_proof(systems()[key], name, _circumstance())
    except Refusal as refusal:
        raise click.ClickException(refusal.sentence) from None
    click.echo(f"{account}: authenticator, cards and password are void, sessions ended; the holder is told")
    click.echo(f"link to a new password, for one use within an hour: {link}")


@portal.command("send-mail")
@click.option("--watch", is_flag=True, help="Go on, looking every few seconds.")
def send_mail_command(watch: bool) -> None:
    """Send the letters that are due."""
    if not _settings().mail_server:
        raise click.ClickException("MAIL_SERVER is not set; letters wait in the outbox")
    while True:
        sent = deliver_letters(send, _settings(), _now)
        if sent or not watch:
            click.echo(f"letters sent: {sent}")
        if not watch:
            return
        time.sleep(3)


@portal.command("letters")
@click.option("--limit", default=20, show_default=True)
@click.option("--show", is_flag=True, help="Print the letters with their links (they are secrets).")
def letters_command(limit: int, show: bool) -> None:
    """List letters: how many are in each state, then the newest."""
    for state, count in sorted(outbox_counts().items(), key=lambda item: item[0].value):
        click.echo(f"{state.value}: {count}")
    for letter in waiting_letters(_settings(), limit):
        click.echo(
            f"{letter.created_at:%Y-%m-%d %H:%M} {letter.state.value:8} {letter.recipient}  {letter.subject}"
        )
        if letter.last_error:
            click.echo(f"    {letter.last_error}")
        if show:
            click.echo(letter.body)


@portal.command("check-audit")
def check_audit_command() -> None:
    """Walk the audit chain and name every broken link."""
    problems = check_audit()
    for problem in problems:
        click.echo(problem)
    if problems:
        raise click.ClickException(f"the audit trail was tampered with in {len(problems)} places")
    click.echo("the audit trail is whole")


@portal.command("refresh-revocation-lists")
def refresh_revocation_lists_command() -> None:
    """Fetch the lists of revoked certificates of every configured authority; run it every few hours."""
    try:
        outcomes = refresh_revocation_lists(_settings(), _now())
    except Refusal:
        raise click.ClickException("no authorities are configured; see AUTHORITIES_PATH") from None
    for outcome in outcomes:
        click.echo(f"{outcome.authority} {outcome.address}: {outcome.outcome}, {outcome.entries} entries")
    click.echo(f"accounts signed out for a revoked card: {end_revoked_sessions(_circumstance())}")


@portal.command("suspend-dormant")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def suspend_dormant_command(dry_run: bool) -> None:
    """Warn and suspend accounts that nobody signed in to; run it nightly."""
    for done in suspend_dormant(_circumstance(), dry_run):
        click.echo(f"{done.system}: {len(done.suspended)} suspended, {len(done.warned)} warned")
        for name in done.suspended:
            click.echo(f"    {name}: suspended")
        for name, days in done.warned:
            click.echo(f"    {name}: warned, {days} days before")
    if dry_run:
        click.echo("dry run: nothing was changed and no letter was written")


@portal.command("expire-applications")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def expire_applications_command(dry_run: bool) -> None:
    """Close applications whose own applicant did not go on; run it nightly."""
    for done in expire_applications(_circumstance(), dry_run):
        click.echo(f"{done.system}: {len(done.names)} expired")
        for name in done.names:
            click.echo(f"    {name}: expired")
    if dry_run:
        click.echo("dry run: nothing was changed and no letter was written")


@portal.command("purge")
def purge_command() -> None:
    """Drop counters, used captchas, ended sessions and old tokens that decide nothing any more."""
    click.echo(f"rows dropped: {purge_leftovers(_now())}")


@portal.command("prepare")
def prepare_command() -> None:
    """Migrate the database; in demonstration mode also load units and accounts. Used by `make run`."""
    from flask_migrate import upgrade

    upgrade()
    settings = _settings()
    if not settings.portal_demo:
        load_units()
        return
    try:
        told = prepare_demonstration(_circumstance())
    except NotADemonstration as problem:
        raise click.ClickException(str(problem)) from None
    click.echo(told)
