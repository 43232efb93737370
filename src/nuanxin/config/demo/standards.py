"""The counties' dibao lines by year and limits for illness without a file, with their documents. Invented."""

from datetime import date

from nuanxin.kernel.money import Money
from nuanxin.orgs.models import Node
from nuanxin.policy import services as policy

from .tree import COUNTIES, County

#: How much lower the line was a year earlier, in yuan.
STEP = 25
YEARS = 3


def line(county: County, urban: bool, year: int, this_year: int) -> int:
    """The line of a year in yuan a head and month."""
    return (county.urban if urban else county.rural) - STEP * (this_year - year)


def publish(nodes: dict[str, Node], this_year: int) -> None:
    """Set the lines of the last years and of this one, the last without an end, and the limits."""
    lines = [
        _standard(county, nodes[county.code].path, residence, year, this_year)
        for county in COUNTIES
        for residence in ("urban", "rural")
        for year in range(this_year - YEARS, this_year + 1)
    ]
    limits = [_illness_limit(county, nodes[county.code].path, this_year) for county in COUNTIES]
    policy.set_standards(standards=lines + limits)


def _standard(county: County, path: str, residence: str, year: int, this_year: int) -> policy.NewStandard:
    return policy.NewStandard(
        code="dibao",
        name="城乡居民最低生活保障标准",
        name_en="Living-allowance line",
        place=path,
        residence=residence,
        valid_from=date(year, 1, 1),
        valid_to=None if year == this_year else date(year + 1, 1, 1),
        amount=Money.yuan(line(county, residence == "urban", year, this_year)),
        document=f"{county.name}民政局、财政局关于公布{year}年城乡居民最低生活保障标准的通知（虚构）",
        document_en=(
            f"Notice of {county.name_en} County's civil-affairs and finance bureaux on the"
            f" living-allowance lines of {year} (invented)"
        ),
    )


def _illness_limit(county: County, path: str, this_year: int) -> policy.NewStandard:
    """So high that the province and the national federation have a word in the gravest cases."""
    return policy.NewStandard(
        code="illness_aid_limit",
        name="未建档大病职工每年限额",
        name_en="Yearly limit for major illness without a file",
        place=path,
        valid_from=date(this_year - 1, 1, 1),
        amount=Money.yuan(60_000),
        document=f"{county.name}总工会关于大病职工救助限额的通知（虚构）",
        document_en=f"Notice of {county.name_en} County's federation on aid in major illness (invented)",
    )
