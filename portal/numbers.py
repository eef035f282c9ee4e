"""Numbers as people read them, and as programs read them back.

For people: never an exponent, commas between thousands, ``−`` as the minus sign, and no share that
is rounded to nothing or to all. For programs: every digit that the number has.
"""

from __future__ import annotations

import math
import re
from decimal import Decimal

DUST = 1e-9
"""What a ratio may be off by without being another one: arithmetic with floats leaves as much."""
FINEST_DIGITS = 12
READABLE = (1e-9, 1e15)
"""From here to there every digit is written out; beyond, a power of ten stands beside them."""
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?", re.ASCII)
_TYPED = re.compile(r"-?(?:\d{1,300}(?:[.,]\d*)?|[.,]\d+)", re.ASCII)
NAMES = {math.inf: "+Inf", -math.inf: "−Inf"}


def number(value: float, digits: int = 4) -> str:
    """1234.5 as ``1,234``, -0.01444 as ``−0.01444``: so many digits, whole numbers whole."""
    if not math.isfinite(value):
        return NAMES.get(value, "NaN")
    size = abs(value)
    if size and not READABLE[0] <= size < READABLE[1]:
        mantissa, _, power = f"{size:.{digits - 1}e}".partition("e")
        text = f"{_trimmed(mantissa)} × 10{str(int(power)).translate(SUPERSCRIPTS)}"
    else:
        text = _trimmed(f"{size:,.{_decimals(size, digits)}f}")
    return f"−{text}" if value < 0 else text


def exact(value: float) -> str:
    """A bound, a threshold, a setting for people: 0.3 as ``0.3``, 250000 as ``250,000``."""
    return number(value, FINEST_DIGITS)


def signed(value: float, digits: int = 4) -> str:
    """A difference: 29 as ``+29``, -3.5 as ``−3.5``, 0 as ``0``."""
    return f"+{number(value, digits)}" if value > 0 else number(value, digits)


def count(value: float) -> str:
    """12345.4 things as ``12,345``."""
    return number(round(value))


def finite(value: float | None) -> float | None:
    """The number where it is one: None for NaN and the infinities."""
    return value if value is not None and math.isfinite(value) else None


def rounded(value: float, digits: int) -> float:
    """A number to calculate or draw with, to so many digits: 0.123456 to 3 as 0.123."""
    return float(f"{value:.{digits}g}")


def about(value: float, digits: int = 3) -> int:
    """A count to so many digits, for what ``increase`` estimates beyond its samples."""
    return round(rounded(value, digits))


def percent(ratio: float, digits: int = 2) -> str:
    """0.9987 as ``99.87 %``, -0.5 as ``−50 %``, with so many decimals at most.

    What is not all is not rounded to 100 %, nor what is not nothing to 0 %: 0.9996 without
    decimals is ``99.96 %``.
    """
    for whole in (0.0, 1.0):
        if abs(ratio - whole) <= DUST:
            return _percent(whole, 0)
    while abs(ratio) < 1 and round(abs(ratio) * 100, digits) in {0.0, 100.0}:
        digits += 1
    return _percent(ratio, digits)


def limit_percent(ratio: float, digits: int = 4) -> str:
    """A limit or a budget in percent, however small: 0.0000144 as ``0.00144 %``."""
    return percent(ratio, _decimals(abs(ratio) * 100, digits)) if math.isfinite(ratio) else "NaN"


def exact_percent(ratio: float) -> str:
    """A promise in percent, with each of its nines: 0.999995 as ``99.9995 %``."""
    return f"{plain(Decimal(repr(ratio)) * 100)} %"


def quantile_name(phi: float) -> str:
    """0.95 as ``p95``, 0.999 as ``p99.9``."""
    return f"p{plain(Decimal(repr(phi)) * 100)}"


def plain(value: float | Decimal) -> str:
    """All digits of a finite number without any decoration, for a field of a form: ``0.00001``."""
    return f"{Decimal(str(value)).normalize():f}" if value else "0"


def promql_number(value: float) -> str:
    """The shortest text that PromQL reads as just this number: ``14.4``, ``1e-07``, ``+Inf``."""
    if not math.isfinite(value):
        return {math.inf: "+Inf", -math.inf: "-Inf"}.get(value, "NaN")
    return repr(float(value)).removesuffix(".0")


def read_number(typed: str) -> float | None:
    """The number that a person typed, or copied from a page; None where it is none.

    ``0,5`` and ``0.5`` are a half, ``1,200`` is what pages write for twelve hundred.
    """
    text = typed.strip().replace("−", "-")
    if _THOUSANDS.fullmatch(text):
        return float(text.replace(",", ""))
    return float(text.replace(",", ".")) if _TYPED.fullmatch(text) else None


def _percent(ratio: float, digits: int) -> str:
    if not math.isfinite(ratio * 100):
        return number(ratio)
    if abs(ratio * 100) >= READABLE[1]:
        return f"{number(ratio * 100)} %"
    text = _trimmed(f"{abs(ratio) * 100:,.{digits}f}")
    return f"{'−' if ratio < 0 else ''}{text} %"


def _decimals(size: float, digits: int) -> int:
    """How many decimals show so many digits of ``size``."""
    return max(0, digits - 1 - math.floor(math.log10(size))) if size else 0


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
