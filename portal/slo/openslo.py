"""OpenSLO v1 in and out (https://github.com/OpenSLO/OpenSLO), as YAML with one document per SLO.

What SLO Lab doesn't do is refused by name, never dropped: an import that says yes means the same
objective, the same window and the same good and total events.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import yaml

from portal.errors import SLOLabError
from portal.rulefile.document import DocumentError, load_documents
from portal.slo.objective import SLO, ObjectiveError, SLIKind, SLOError, check_ratio
from portal.slo.queries import good_selector, total_selector
from portal.slo.ratiometric import RatioError, read_ratio
from portal.slo.windows import Window, seconds

API_VERSION = "openslo/v1"
WHY = "slo-lab/why"
MAX_BYTES = 512 << 10
MAX_SLOS = 200
MAX_DISPLAY_NAME = 63
MAX_DESCRIPTION = 1050
_HOURS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


class OpenSLOError(SLOLabError):
    """The text is no OpenSLO that SLO Lab can take over."""


def dumps(slos: Iterable[SLO]) -> str:
    """OpenSLO v1 YAML, one document per SLO."""
    documents = [document(slo) for slo in slos]
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=True, width=100)


def document(slo: SLO) -> dict[str, Any]:
    """One SLO as an OpenSLO document (plain data)."""
    metadata: dict[str, Any] = {"name": slo.name}
    if slo.title:
        metadata["displayName"] = slo.title[:MAX_DISPLAY_NAME]
    if len(slo.why) > MAX_DESCRIPTION:
        metadata["annotations"] = {WHY: slo.why}
    description = {"description": slo.why[:MAX_DESCRIPTION]} if slo.why else {}
    return {
        "apiVersion": API_VERSION,
        "kind": "SLO",
        "metadata": metadata,
        "spec": {
            **description,
            "service": slo.job,
            "indicator": _indicator(slo),
            "timeWindow": [{"duration": slo.window.value, "isRolling": True}],
            "budgetingMethod": "Occurrences",
            "objectives": [
                {"displayName": f"{slo.percent} {slo.good}", "target": slo.objective},
            ],
        },
    }


def loads(text: str) -> list[SLO]:
    """The SLOs in an OpenSLO text, in its order.

    Raises ``OpenSLOError`` with one sentence that names the document and what is wrong with it.
    """
    try:
        documents = load_documents(text, MAX_BYTES)
    except DocumentError as error:
        raise OpenSLOError(str(error)) from None
    indicators: dict[str, Mapping[str, Any]] = {}
    slos: list[Mapping[str, Any]] = []
    for number, found in enumerate(documents, 1):
        _sort_in(found, f"document {number}", slos, indicators)
    if not slos:
        raise OpenSLOError("There is no document of kind SLO in the text.")
    if len(slos) > MAX_SLOS:
        raise OpenSLOError(f"The text holds more than {MAX_SLOS} SLOs.")
    read = [_slo(found, indicators) for found in slos]
    refuse_twins(read)
    return read


def _indicator(slo: SLO) -> dict[str, Any]:
    return {
        "metadata": {"name": f"{slo.name[:56]}-ratio"},
        "spec": {
            "ratioMetric": {
                "counter": True,
                "good": _metric_source(good_selector(slo)),
                "total": _metric_source(total_selector(slo)),
            }
        },
    }


def _metric_source(query: str) -> dict[str, Any]:
    return {"metricSource": {"type": "Prometheus", "spec": {"query": query}}}


def _sort_in(
    found: Any,
    where: str,
    slos: list[Mapping[str, Any]],
    indicators: dict[str, Mapping[str, Any]],
) -> None:
    """Put a document where it belongs; refuse by name what SLO Lab has no use for."""
    entry = _mapping(found, where)
    version = entry.get("apiVersion")
    if version != API_VERSION:
        raise OpenSLOError(f"{where}: apiVersion {_shown(version)} is not {API_VERSION}.")
    kind = entry.get("kind")
    name = _name(entry, where)
    match kind:
        case "SLO":
            slos.append(entry)
        case "SLI":
            indicators[name] = _mapping(entry.get("spec"), f"SLI {name}: spec")
        case "Service":
            return
        case "DataSource" | "AlertPolicy" | "AlertCondition" | "AlertNotificationTarget":
            raise OpenSLOError(
                f"{kind} {name}: SLO Lab can't import documents of this kind. "
                "It makes the alerts from the objective and reads its own Prometheus."
            )
        case _:
            raise OpenSLOError(f"{where}: kind {_shown(kind)} is not one of OpenSLO's.")


def _slo(entry: Mapping[str, Any], indicators: Mapping[str, Mapping[str, Any]]) -> SLO:
    name = _name(entry, "SLO")
    where = f"SLO {name}"
    try:
        return _read(entry, name, where, indicators)
    except ObjectiveError as error:
        raise OpenSLOError(f"{where}: target: {error}") from None
    except (RatioError, SLOError) as error:
        raise OpenSLOError(f"{where}: {error}") from None


def _read(
    entry: Mapping[str, Any],
    name: str,
    where: str,
    indicators: Mapping[str, Mapping[str, Any]],
) -> SLO:
    metadata = _mapping(entry["metadata"], f"{where}: metadata")
    spec = _mapping(entry.get("spec"), f"{where}: spec")
    _only(
        spec,
        "description service indicator indicatorRef timeWindow budgetingMethod objectives "
        "alertPolicies",
        f"{where}: spec",
    )
    if spec.get("alertPolicies"):
        raise OpenSLOError(f"{where}: alertPolicies: SLO Lab makes the alerts from the objective.")
    if spec.get("budgetingMethod") != "Occurrences":
        method = _shown(spec.get("budgetingMethod"))
        raise OpenSLOError(f"{where}: budgetingMethod {method}: SLO Lab counts Occurrences only.")
    service = _text(spec.get("service"), f"{where}: service")
    indicator = read_ratio(_ratio_metric(spec, where, indicators))
    return SLO(
        name=name,
        sli=SLIKind.AVAILABILITY if indicator.threshold_s is None else SLIKind.LATENCY,
        objective=_target(spec.get("objectives"), where),
        window=_window(spec.get("timeWindow"), where),
        job=indicator.job or service,
        threshold_s=indicator.threshold_s,
        why=_why(metadata, spec),
        title=_optional_text(metadata.get("displayName")),
    )


def _ratio_metric(
    spec: Mapping[str, Any], where: str, indicators: Mapping[str, Mapping[str, Any]]
) -> Mapping[str, Any]:
    if ("indicator" in spec) == ("indicatorRef" in spec):
        raise OpenSLOError(f"{where}: exactly one of indicator and indicatorRef is needed.")
    if "indicatorRef" in spec:
        reference = _text(spec["indicatorRef"], f"{where}: indicatorRef")
        if reference not in indicators:
            raise OpenSLOError(f"{where}: indicatorRef {reference}: there is no such SLI here.")
        found = indicators[reference]
    else:
        inline = _mapping(spec["indicator"], f"{where}: indicator")
        found = _mapping(inline.get("spec"), f"{where}: indicator.spec")
    if "thresholdMetric" in found:
        raise OpenSLOError(
            f"{where}: thresholdMetric is not supported: SLO Lab counts good and total events, "
            "a latency SLO through a bucket of the histogram."
        )
    _only(found, "description ratioMetric", f"{where}: indicator")
    return _mapping(found.get("ratioMetric"), f"{where}: ratioMetric")


def _target(objectives: Any, where: str) -> float:
    entries = objectives if isinstance(objectives, list) else []
    if len(entries) != 1:
        raise OpenSLOError(
            f"{where}: objectives: SLO Lab takes exactly one objective per SLO, not {len(entries)}."
        )
    objective = _mapping(entries[0], f"{where}: objectives[0]")
    for key in ("op", "value", "timeSliceTarget", "timeSliceWindow", "compositeWeight"):
        if key in objective:
            raise OpenSLOError(f"{where}: objectives[0].{key} is not supported with a ratioMetric.")
    _only(objective, "displayName target targetPercent", f"{where}: objectives[0]")
    given = [key for key in ("target", "targetPercent") if key in objective]
    if len(given) != 1:
        raise OpenSLOError(f"{where}: exactly one of target and targetPercent is needed.")
    value = objective[given[0]]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise OpenSLOError(f"{where}: {given[0]} must be a number.")
    ratio = Decimal(repr(value)) / (100 if given[0] == "targetPercent" else 1)
    check_ratio(ratio)
    return float(ratio)


def _window(windows: Any, where: str) -> Window:
    entries = windows if isinstance(windows, list) else []
    if len(entries) != 1:
        raise OpenSLOError(f"{where}: exactly one timeWindow is needed.")
    window = _mapping(entries[0], f"{where}: timeWindow[0]")
    if "calendar" in window or window.get("isRolling") is not True:
        raise OpenSLOError(
            f"{where}: timeWindow: calendar windows are not supported, only rolling."
        )
    _only(window, "duration isRolling", f"{where}: timeWindow[0]")
    duration = _text(window.get("duration"), f"{where}: timeWindow[0].duration")
    for known in Window:
        if _length(duration) == known.seconds:
            return known
    choice = ", ".join(sorted((known.value for known in Window), key=seconds))
    raise OpenSLOError(f"{where}: timeWindow {duration}: SLO Lab has the windows {choice}.")


def _length(duration: str) -> int | None:
    """The seconds of an OpenSLO duration in whole minutes, hours, days or weeks."""
    number, unit = duration[:-1], duration[-1:]
    if not (number.isascii() and number.isdigit() and len(number) < 9 and unit in _HOURS):
        return None
    return int(number) * _HOURS[unit]


def _why(metadata: Mapping[str, Any], spec: Mapping[str, Any]) -> str:
    annotations = metadata.get("annotations")
    kept = annotations.get(WHY) if isinstance(annotations, Mapping) else None
    return kept if isinstance(kept, str) else _optional_text(spec.get("description"))


def refuse_twins(slos: list[SLO]) -> None:
    """Raise ``OpenSLOError`` when two SLOs have one name."""
    names = [slo.name for slo in slos]
    for name in names:
        if names.count(name) > 1:
            raise OpenSLOError(f"SLO {name}: the name occurs more than once.")


def _name(entry: Mapping[str, Any], where: str) -> str:
    metadata = _mapping(entry.get("metadata"), f"{where}: metadata")
    return _text(metadata.get("name"), f"{where}: metadata.name")


def _only(entry: Mapping[str, Any], known: str, where: str) -> None:
    """Refuse keys that would be lost silently."""
    for key in _unknown(entry, known.split()):
        raise OpenSLOError(f"{where}: {key} is not supported.")


def _unknown(entry: Mapping[str, Any], known: list[str]) -> Iterator[str]:
    return (_shown(key) for key in entry if key not in known)


def _mapping(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise OpenSLOError(f"{where} is missing or no mapping.")
    return value


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value:
        raise OpenSLOError(f"{where} is missing or no text.")
    return value


def _optional_text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _shown(value: Any) -> str:
    """A scalar as it stood in the text; anything else only by its kind, since it may be huge."""
    if isinstance(value, str | int | float | bool) or value is None:
        return "(none)" if value is None else str(value)[:80]
    return f"a {type(value).__name__}"
