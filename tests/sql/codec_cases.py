"""Every way in which a value stands in a column, on the three databases."""

from tests.sql.flag_cases import FLAG_CASES
from tests.sql.list_cases import LIST_CASES
from tests.sql.number_cases import NUMBER_CASES
from tests.sql.text_cases import TEXT_CASES
from tests.sql.time_cases import TIME_CASES

CASES = [*FLAG_CASES, *LIST_CASES, *TIME_CASES, *NUMBER_CASES, *TEXT_CASES]
