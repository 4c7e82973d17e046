"""The JSON Schema of claim files: the models of `entries`, with the settings of kinds put in under
`experiments`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from claims.experiments.base import Settings
from claims.experiments.kinds import KINDS, TARGET, settings_model_of
from claims.schema.entries import NEEDED, ClaimsFile

TITLE = "Claims of research memos"
PACKAGED = Path(__file__).parent.parent / "schema.json"  # of the tool's own kinds


def schema_text(short_names: Mapping[str, str] | None = None, base: Path | None = None) -> str:
    """The schema as text: of the tool's own kinds, and of those that a claim file in the folder
    `base` gives short names to ({name: package.module:Class}).
    """
    return json.dumps(build_schema(short_names or {}, base), indent=1, sort_keys=False) + "\n"


def build_schema(short_names: Mapping[str, str], base: Path | None = None) -> dict[str, Any]:
    """The schema as data; see `schema_text`."""
    models = {
        name: settings_model_of(target, base)
        for name, target in (KINDS | dict(short_names)).items()
    }
    known = {name: model for name, model in models.items() if model is not None}
    others = None if base is None else [name for name in models if name not in known]
    schema = ClaimsFile.model_json_schema()
    definitions = schema["$defs"]
    definitions.pop("ExperimentEntry")
    definitions["Experiment"] = _experiment(definitions, known, others)
    _one_of_expect_and_never(definitions["ClaimEntry"])
    schema["properties"]["experiments"]["additionalProperties"] = {"$ref": "#/$defs/Experiment"}
    for name in ("experiments", "claims"):
        schema["properties"][name]["minProperties"] = 1
    for definition in definitions.values():
        if "description" in definition:  # a docstring, in lines
            definition["description"] = " ".join(definition["description"].split())
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": TITLE,
        "required": list(NEEDED),
    }


def _experiment(
    definitions: dict[str, Any], models: Mapping[str, type[Settings]], others: list[str] | None
) -> dict[str, Any]:
    """An experiment: by its `kind`, or `like` another, whose kind an editor cannot know.

    others: short names of kinds that declare no settings; None where a claim file may have any.
    """
    target = {"pattern": f"^{TARGET.pattern}$"}
    unknown = (
        {"not": {"enum": list(models)}} if others is None else {"anyOf": [target, {"enum": others}]}
    )
    branches: list[dict[str, Any]] = []
    for kind, model in models.items():
        definitions[kind] = _kind(kind, model, definitions)
        branches.append({"$ref": f"#/$defs/{kind}"})
    frame = _frame()
    branches.append(
        {
            "type": "object",
            "required": ["kind"],
            "title": "package.module:Class, or a short name of it",
            "properties": {
                **frame,
                "kind": {"type": "string", **unknown},
                "settings": _settings({"type": ["object", "null"]}),
            },
        }
    )
    branches.append(
        {
            "type": "object",
            "required": ["like"],
            "not": {"required": ["kind"]},
            "title": "like another",
            "properties": {**frame, "settings": _settings({"type": ["object", "null"]})},
        }
    )
    return {"title": "Experiment", "type": "object", "anyOf": branches}


def _kind(kind: str, model: type[Settings], definitions: dict[str, Any]) -> dict[str, Any]:
    """One kind. Nothing is required: a setting, or what the experiment is like, may bring it."""
    own = model.model_json_schema(ref_template=f"#/$defs/{kind}.{{model}}")
    for name, definition in own.pop("$defs", {}).items():
        definitions[f"{kind}.{name}"] = _partial(definition)
    options = _partial(own)["properties"]
    variant = {"type": ["object", "null"], "properties": options, "additionalProperties": False}
    return {
        "title": kind,
        "type": "object",
        "required": ["kind"],
        "additionalProperties": False,
        "description": _first_paragraph(model),
        "properties": {
            **_frame(),
            "kind": {"const": kind},
            **options,
            "settings": _settings(variant),
        },
    }


def _frame() -> dict[str, Any]:
    names = {
        "type": "array",
        "items": {"type": "string"},
        "description": "settings of `like` that this experiment does not have",
    }
    return {
        "like": {
            "type": "string",
            "description": "another experiment, from which all that is not named here is taken",
        },
        "without_settings": names,
    }


def _settings(variant: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": variant,
        "description": "by name, the first is the default; each overrides what it names",
    }


def _partial(definition: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in definition.items() if key != "required"}


def _one_of_expect_and_never(entry: dict[str, Any]) -> None:
    entry["oneOf"] = [{"required": ["expect"]}, {"required": ["never"]}]
    entry["dependentRequired"] = {"margin": ["never"], "memo": ["where", "says"]}


def _first_paragraph(model: type) -> str:
    return " ".join((model.__doc__ or "").strip().split("\n\n")[0].split())
