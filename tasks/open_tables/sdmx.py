"""The indicators as SDMX 3.0: SDMX-CSV 2.0 and the SDMX-ML structure that explains it, names in both languages.

Codes are those of mart.indicator; a colon, which SDMX does not allow, becomes a hyphen.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import duckdb

AGENCY = "CAMAU"
VERSION = "1.0.0"
FLOW = "POVERTY"
CODES = Path(__file__).with_name("codes.csv")

_MESSAGE = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0/message"
_STRUCTURE = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0/structure"
_COMMON = "http://www.sdmx.org/resources/sdmxml/schemas/v3_0/common"
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"


@dataclass(frozen=True)
class _Code:
    code: str
    name_en: str
    name_vi: str


@dataclass(frozen=True)
class _Component:
    """A column of the data: what it is, and its code list or type."""

    id: str
    name_en: str
    name_vi: str
    codelist: str = ""
    type: str = ""


_DIMENSIONS = (
    _Component("FREQ", "Frequency", "Tần suất", codelist="CL_FREQ"),
    _Component("REF_AREA", "Unit", "Đơn vị hành chính", codelist="CL_UNIT"),
    _Component("INDICATOR", "Indicator", "Chỉ tiêu", codelist="CL_INDICATOR"),
    _Component("POPULATION", "Population", "Nhóm đối tượng", codelist="CL_POPULATION"),
)
_TIME = _Component("TIME_PERIOD", "Month", "Tháng", type="ObservationalTimePeriod")
_VALUE = _Component("OBS_VALUE", "Value", "Giá trị", type="Double")
_ATTRIBUTES = (
    _Component("OBS_STATUS", "Status of the observation", "Tình trạng số liệu", codelist="CL_OBS_STATUS"),
    _Component("UNIT_MEASURE", "Unit of measure", "Đơn vị tính", codelist="CL_UNIT_MEASURE"),
    _Component("LEVEL", "Level of the unit", "Cấp hành chính", codelist="CL_LEVEL"),
    _Component("NUMERATOR", "Count above the line", "Tử số", type="Long"),
    _Component("DENOMINATOR", "Count below the line", "Mẫu số", type="Long"),
    _Component("DISTRICTS_REPORTED", "Districts that the value rests on", "Số huyện đã báo cáo", type="Long"),
    _Component("DISTRICTS_EXPECTED", "Districts that were due", "Số huyện phải báo cáo", type="Long"),
)
_LISTS = {
    "CL_FREQ": ("Frequency", "Tần suất"),
    "CL_UNIT": ("Administrative units", "Đơn vị hành chính"),
    "CL_LEVEL": ("Levels of units", "Cấp hành chính"),
    "CL_INDICATOR": ("Indicators", "Chỉ tiêu"),
    "CL_POPULATION": ("Populations", "Nhóm đối tượng"),
    "CL_UNIT_MEASURE": ("Units of measure", "Đơn vị tính"),
    "CL_OBS_STATUS": ("Status of an observation", "Tình trạng số liệu"),
}


def write_indicators(connection: duckdb.DuckDBPyConnection, table: str, folder: Path) -> None:
    """Write `indicator.csv` and `structure.xml` from a table with the columns of mart.indicator.

    Where the table has a column `suppressed`, such an observation has status Q and no value.
    """
    folder.mkdir()
    suppressed = "suppressed" if "suppressed" in _columns(connection, table) else "false"
    connection.execute(f"""
        copy (
            select
                'dataflow'                              as "STRUCTURE",
                '{AGENCY}:{FLOW}({VERSION})'            as "STRUCTURE_ID",
                'I'                                     as "ACTION",
                'M'                                     as "FREQ",
                unit_code                               as "REF_AREA",
                replace(indicator, ':', '-')            as "INDICATOR",
                population                              as "POPULATION",
                strftime(period, '%Y-%m')               as "TIME_PERIOD",
                value                                   as "OBS_VALUE",
                case
                    when {suppressed} then 'Q'
                    when value is null then 'M'
                    when provisional then 'P'
                    else 'A'
                end                                     as "OBS_STATUS",
                unit                                    as "UNIT_MEASURE",
                level                                   as "LEVEL",
                numerator                               as "NUMERATOR",
                denominator                             as "DENOMINATOR",
                districts_reported                      as "DISTRICTS_REPORTED",
                districts_expected                      as "DISTRICTS_EXPECTED"
            from {table}
            order by period, unit_code, indicator, population
        ) to '{str(folder / "indicator.csv").replace("'", "''")}' (format csv, header)
    """)
    message = _message(_code_lists(connection), _last_period(connection))
    ElementTree.indent(message)
    text = ElementTree.tostring(message, encoding="unicode", xml_declaration=False)
    (folder / "structure.xml").write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n', encoding="utf-8")


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [row[0] for row in connection.execute(f"describe from {table}").fetchall()]


def _last_period(connection: duckdb.DuckDBPyConnection) -> str:
    row = connection.execute("select as_of::varchar from meta.build").fetchone()
    assert row is not None
    return str(row[0])


def _code_lists(connection: duckdb.DuckDBPyConnection) -> dict[str, list[_Code]]:
    """Every code list: units and deprivations from the warehouse, the rest from codes.csv."""
    lists: dict[str, list[_Code]] = {name: [] for name in _LISTS}
    with open(CODES, encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            lists[row["codelist"]].append(_Code(row["code"], row["name_en"], row["name_vi"]))
    units = connection.execute(
        "select unit_code, any_value(unit_name order by valid_to desc) from core.unit group by unit_code order by all"
    ).fetchall()
    lists["CL_UNIT"] = [_Code(code, name, name) for code, name in units]
    known = {code.code: code for code in lists["CL_INDICATOR"]}
    deprivations = {
        key: (key.replace("_", " "), name)
        for key, name in connection.execute("select deprivation, deprivation_name_vi from core.deprivation").fetchall()
    }
    used = connection.execute("select distinct indicator from core.indicator_definition order by all").fetchall()
    lists["CL_INDICATOR"] = [_indicator(name, known, deprivations) for (name,) in used]
    return lists


def _indicator(name: str, known: dict[str, _Code], deprivations: dict[str, tuple[str, str]]) -> _Code:
    """An indicator is named in codes.csv, or is a deprivation's: what is counted, and the deprivation."""
    kind, _, key = name.partition(":")
    of_kind = known.get(kind, _Code(kind, kind, kind))
    if not key:
        return of_kind
    name_en, name_vi = deprivations.get(key, (key, key))
    return _Code(name.replace(":", "-"), f"{of_kind.name_en}: {name_en}", f"{of_kind.name_vi}: {name_vi}")


def _message(lists: dict[str, list[_Code]], prepared: str) -> ElementTree.Element:
    for prefix, space in (("mes", _MESSAGE), ("str", _STRUCTURE), ("com", _COMMON)):
        ElementTree.register_namespace(prefix, space)
    message = ElementTree.Element(f"{{{_MESSAGE}}}Structure")
    header = _add(message, "Header", space=_MESSAGE)
    _add(header, "ID", text=f"{FLOW}_{prepared}", space=_MESSAGE)
    _add(header, "Test", text="false", space=_MESSAGE)
    # The release's last month, not the clock: equal inputs give equal files.
    _add(header, "Prepared", text=f"{prepared}T00:00:00Z", space=_MESSAGE)
    _add(header, "Sender", space=_MESSAGE, id=AGENCY)
    structures = _add(message, "Structures", space=_MESSAGE)
    flow = _maintained(_add(structures, "Dataflows"), "Dataflow", FLOW, "Poverty in Cà Mau", "Giảm nghèo tỉnh Cà Mau")
    _add(flow, "Structure", text=_urn("datastructure.DataStructure", FLOW))
    code_lists = _add(structures, "Codelists")
    for name, codes in lists.items():
        one = _maintained(code_lists, "Codelist", name, *_LISTS[name])
        for code in codes:
            _named(_add(one, "Code", id=code.code), code.name_en, code.name_vi)
    concepts = _maintained(_add(structures, "ConceptSchemes"), "ConceptScheme", "CS_POVERTY", "Concepts", "Khái niệm")
    for component in (*_DIMENSIONS, _TIME, _VALUE, *_ATTRIBUTES):
        _named(_add(concepts, "Concept", id=component.id), component.name_en, component.name_vi)
    structure = _maintained(
        _add(structures, "DataStructures"), "DataStructure", FLOW, "Poverty indicators", "Chỉ tiêu giảm nghèo"
    )
    _add_components(_add(structure, "DataStructureComponents"))
    return message


def _add_components(parent: ElementTree.Element) -> None:
    dimensions = _add(parent, "DimensionList")
    for position, component in enumerate(_DIMENSIONS, start=1):
        _represent(_add(dimensions, "Dimension", id=component.id, position=str(position)), component)
    _represent(_add(dimensions, "TimeDimension", id=_TIME.id), _TIME)
    attributes = _add(parent, "AttributeList")
    for component in _ATTRIBUTES:
        attribute = _add(attributes, "Attribute", id=component.id, usage="optional")
        _represent(attribute, component)
        _add(_add(attribute, "AttributeRelationship"), "Observation")
        _add(_add(attribute, "MeasureRelationship"), "Measure", text=_VALUE.id)
    _represent(_add(_add(parent, "MeasureList"), "Measure", id=_VALUE.id), _VALUE)


def _represent(element: ElementTree.Element, component: _Component) -> None:
    _add(element, "ConceptIdentity", text=f"{_urn('conceptscheme.Concept', 'CS_POVERTY')}.{component.id}")
    representation = _add(element, "LocalRepresentation")
    if component.codelist:
        _add(representation, "Enumeration", text=_urn("codelist.Codelist", component.codelist))
    else:
        _add(representation, "TextFormat", textType=component.type)


def _maintained(parent: ElementTree.Element, tag: str, id_: str, *names: str) -> ElementTree.Element:
    element = _add(parent, tag, id=id_, agencyID=AGENCY, version=VERSION, isExternalReference="false")
    return _named(element, *names)


def _named(element: ElementTree.Element, *names: str) -> ElementTree.Element:
    for language, name in zip(("en", "vi"), names, strict=True):
        _add(element, "Name", text=name, space=_COMMON).set(_LANGUAGE, language)
    return element


def _add(
    parent: ElementTree.Element, tag: str, *, text: str = "", space: str = _STRUCTURE, **attributes: str
) -> ElementTree.Element:
    element = ElementTree.SubElement(parent, f"{{{space}}}{tag}", attributes)
    element.text = text or None
    return element


def _urn(kind: str, id_: str) -> str:
    return f"urn:sdmx:org.sdmx.infomodel.{kind}={AGENCY}:{id_}({VERSION})"
