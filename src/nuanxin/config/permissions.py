"""Why tables of libraries have no row-level security."""

from nuanxin.kernel.rls import unscoped

_SIGN_IN = "Read before any actor exists; holds account names, addresses and times, never the people helped."
unscoped("axes.AccessAttempt", _SIGN_IN)
unscoped("axes.AccessAttemptExpiration", _SIGN_IN)
unscoped("axes.AccessFailureLog", _SIGN_IN)
unscoped("axes.AccessLog", _SIGN_IN)
unscoped(
    "mfa.Authenticator",
    "A second factor's secret by account; read while signing in.",
)
unscoped("account.EmailAddress", "Not used: accounts have no e-mail address.")
unscoped("account.EmailConfirmation", "Not used: accounts have no e-mail address.")
unscoped("sessions.Session", "Sessions are read to find the actor; they hold keys only.")
unscoped("contenttypes.ContentType", "Names of models.")
unscoped("auth.Group", "Not used: permissions come from posts.")
unscoped("auth.Permission", "Not used: permissions come from posts.")
_QUEUE = "The queue: jobs carry keys and dates as arguments, never personal data."
for _model in ("Job", "Event", "PeriodicDefer", "Worker"):
    unscoped(f"procrastinate.Procrastinate{_model}", _QUEUE)
    unscoped(f"procrastinate.{_model}", _QUEUE)
unscoped("pghistory.Context", "Not used: history rows carry the acting member of staff themselves.")
unscoped("pghistory.Events", "A view over nothing: no history is kept through it.")
unscoped("pghistory.MiddlewareEvents", "A view over nothing: no history is kept through it.")
