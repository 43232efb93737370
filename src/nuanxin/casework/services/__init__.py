"""Writes of casework: what other apps, pages, the API and commands may call."""

from .act_first import act_first, complete_papers
from .aid import drop_list, fill, make_list, remove_awards, submit_list
from .aid_decision import approve_list, return_list
from .applications import (
    NewPayee,
    answer,
    start,
    start_application,
    start_for_roster,
    start_many,
    submit,
    withdraw,
)
from .assessments import assess, assess_later
from .batch import Outcome, approve_many, decide_many
from .checking import pass_on_many, put_up_many
from .checks import Answer, Checked, Unclear, as_declared, checklist_for, wants_checklist
from .computing import compute, preview
from .decision import approve, refuse, send_back
from .exits import (
    Evidence,
    approve_exit,
    propose_exit,
    repay,
    return_exit,
    submit_exit,
    withdraw_exit,
)
from .files import close_file
from .handing import submit_many
from .needs import change_need, meet_need, state_need
from .notices import pass_to_notice, puts_up, resume
from .objections import may_not_settle, record_objection, settle_objection
from .overruling import agree_overruling, propose_overruling, refuse_overruling
from .pairings import Paired, pair, unpair
from .reclassify import close_many, invite_many, reclassify_many
from .review import pass_on, return_application
from .surveys import (
    assign_surveyed,
    cancel_survey,
    close_survey,
    file_surveyed,
    lapse_surveyed,
    make_survey,
    reopen_surveyed,
    settle_surveyed,
)
from .taking_over import take_over, to_take_over
from .tapers import stop_taper
from .tasks import accept_task, answer_task, drop_task, plan_task, reopen_task
from .visits import CHANGING, Place, record_visit, remove_document
from .watches import begin_watch, end_watch

__all__ = [
    "CHANGING",
    "Answer",
    "Checked",
    "Evidence",
    "NewPayee",
    "Outcome",
    "Paired",
    "Place",
    "Unclear",
    "accept_task",
    "act_first",
    "agree_overruling",
    "answer",
    "answer_task",
    "approve",
    "approve_exit",
    "approve_list",
    "approve_many",
    "as_declared",
    "assess",
    "assess_later",
    "assign_surveyed",
    "begin_watch",
    "cancel_survey",
    "change_need",
    "checklist_for",
    "close_file",
    "close_many",
    "close_survey",
    "complete_papers",
    "compute",
    "decide_many",
    "drop_list",
    "drop_task",
    "end_watch",
    "file_surveyed",
    "fill",
    "invite_many",
    "lapse_surveyed",
    "make_list",
    "make_survey",
    "may_not_settle",
    "meet_need",
    "pair",
    "pass_on",
    "pass_on_many",
    "pass_to_notice",
    "plan_task",
    "preview",
    "propose_exit",
    "propose_overruling",
    "put_up_many",
    "puts_up",
    "reclassify_many",
    "record_objection",
    "record_visit",
    "refuse",
    "refuse_overruling",
    "remove_awards",
    "remove_document",
    "reopen_surveyed",
    "reopen_task",
    "repay",
    "resume",
    "return_application",
    "return_exit",
    "return_list",
    "send_back",
    "settle_objection",
    "settle_surveyed",
    "start",
    "start_application",
    "start_for_roster",
    "start_many",
    "state_need",
    "stop_taper",
    "submit",
    "submit_exit",
    "submit_list",
    "submit_many",
    "take_over",
    "to_take_over",
    "unpair",
    "wants_checklist",
    "withdraw",
    "withdraw_exit",
]
