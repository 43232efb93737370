"""Addresses of the file over time, of acts over households, and of transfers."""

from django.urls import path

from . import divisions, lifetimes, opening, past, transfers

patterns = [
    path("households/new/", opening.new, name="household_new"),
    path("households/<int:pk>/as-of/", lifetimes.as_of, name="household_as_of"),
    path("households/<int:pk>/facts/<slug:name>/", lifetimes.fact, name="fact"),
    path("households/<int:pk>/facts/<slug:name>/<int:person>/", lifetimes.fact, name="fact"),
    path("households/<int:pk>/facts/<slug:name>/correct/", past.correct, name="fact_correct"),
    path("households/<int:pk>/facts/<slug:name>/<int:person>/correct/", past.correct, name="fact_correct"),
    path("divisions/", divisions.divisions, name="divisions"),
    path("households/<int:pk>/split/", lifetimes.split, name="household_split"),
    path("households/<int:pk>/merge/", lifetimes.merge, name="household_merge"),
    path("households/<int:pk>/move/", lifetimes.move, name="household_move"),
    path("households/<int:pk>/offer/", transfers.offer, name="household_offer"),
    path("households/<int:pk>/end/", lifetimes.end, name="household_end"),
    path("households/<int:pk>/reopen/", lifetimes.reopen, name="household_reopen"),
    path("households/<int:pk>/head/", lifetimes.head, name="household_head"),
    path("households/<int:pk>/members/<int:person>/leave/", lifetimes.leave, name="member_leave"),
    path("households/<int:pk>/members/<int:person>/death/", lifetimes.death, name="member_death"),
    path("households/<int:pk>/consents/add/", lifetimes.consent, name="consent_add"),
    path("households/<int:pk>/consents/<int:row>/withdraw/", lifetimes.withdraw, name="consent_withdraw"),
    path("transfers/", transfers.Transfers.as_view(), name="transfers"),
    path("transfers/ask/", transfers.ask, name="transfer_ask"),
    path("transfers/<int:pk>/", transfers.transfer, name="transfer"),
]
