"""The door to a mail server: one plain message to people, encrypted on its way. It never holds what records say."""

from __future__ import annotations

import smtplib
import ssl
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING

from schemas.errors import InputError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from schemas.instant import Instant
    from schemas.settings import MailSettings


NAME = "localhost"
"""As whom we greet: this machine's own name is nobody's business, and looking it up can take long."""


class MailPasswordError(InputError):
    """A mail server wants a password, and the environment holds none."""

    code = "MAIL_PASSWORD"


class MailUnsentError(UnavailableError):
    """Mail was not sent."""

    code = "MAIL_UNSENT"


def send_mail(
    settings: MailSettings,
    to: Sequence[str],
    *,
    subject: str,
    text: str,
    at: Instant,
    environment: Mapping[str, str],
    number: str | None = None,
) -> None:
    """Send a message; one that is sent again with its ``number`` has the Message-ID that it had before.

    Raises:
        MailPasswordError: there is no password to log in with.
        MailUnsentError: the server cannot be reached, does not encrypt, or does not take it; some may have got it.
    """
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings.sender, ", ".join(to), subject
    message["Date"] = format_datetime(at.to_datetime())
    if number is not None:
        domain = parseaddr(settings.sender)[1].rpartition("@")[2]
        message["Message-ID"] = f"<holdfast.{number}@{domain or NAME}>"
    message.set_content(text)
    password = _password(settings, environment)
    context = ssl.create_default_context()
    try:
        with _connected(settings, context) as server:
            if settings.security == "starttls":
                server.starttls(context=context)
            if settings.user is not None:
                server.login(settings.user, password)
            refused = server.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        raise _unsent(settings, _why(error)) from error
    if refused:
        raise _unsent(settings, f"it did not take {', '.join(sorted(refused))}")


def _connected(settings: MailSettings, context: ssl.SSLContext) -> smtplib.SMTP:
    if settings.security == "tls":
        return smtplib.SMTP_SSL(settings.server, settings.port, NAME, timeout=settings.timeout_seconds, context=context)
    return smtplib.SMTP(settings.server, settings.port, NAME, timeout=settings.timeout_seconds)


def _password(settings: MailSettings, environment: Mapping[str, str]) -> str:
    if settings.user is None:
        return ""
    password = environment.get(settings.password_variable)
    if not password:
        raise MailPasswordError(
            f"The password for {settings.user} at {settings.server} is not set.",
            do=f"Put it into the environment variable {settings.password_variable}, and nowhere else.",
        )
    return password


def _why(error: smtplib.SMTPException | OSError) -> str:
    """Return what went wrong without what was sent: a server may repeat a password in its answer."""
    match error:
        case smtplib.SMTPAuthenticationError():
            return f"it did not accept the user or password ({error.smtp_code})"
        case smtplib.SMTPResponseException():
            return f"it answered {error.smtp_code}"
        case smtplib.SMTPRecipientsRefused():
            return f"it did not take {', '.join(sorted(error.recipients))}"
        case smtplib.SMTPNotSupportedError():
            return "it offers no encryption, or no way to log in"
        case ssl.SSLError():
            return f"its certificate or encryption is not accepted ({error.reason or 'TLS'})"
        case _:
            return type(error).__name__


def _unsent(settings: MailSettings, why: str) -> MailUnsentError:
    return MailUnsentError(
        f"The mail server {settings.server}:{settings.port} did not send the mail: {why}.",
        do="Correct [mail] in holdfast.toml, or tell them yourself; it is tried again.",
    )
