"""Household files: applications, assessments, visits, notices, files, aid lists and awards, exits, care."""

from .aid import AidList, Award, Omission
from .applications import Application, Assessment, Overruling, Payee
from .base import CLASSES, FILED, FILING, KEPT, RESULTS, UNDER_WAY, Determined
from .care import Need, Pairing, Task
from .checklists import Found
from .checks import Notice, Objection, Visit
from .files import File, FileStandard
from .leaving import Exit, Guarantee, Recovery, Taper, Watch
from .survey import Survey, Surveyed

__all__ = [
    "CLASSES",
    "FILED",
    "FILING",
    "KEPT",
    "RESULTS",
    "UNDER_WAY",
    "AidList",
    "Application",
    "Assessment",
    "Award",
    "Determined",
    "Exit",
    "File",
    "FileStandard",
    "Found",
    "Guarantee",
    "Need",
    "Notice",
    "Objection",
    "Omission",
    "Overruling",
    "Pairing",
    "Payee",
    "Recovery",
    "Survey",
    "Surveyed",
    "Taper",
    "Task",
    "Visit",
    "Watch",
]
