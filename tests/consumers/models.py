"""datamodel-code-generator: pydantic models, which read the messages in pydantic's strict mode."""

import importlib
import json
import os
import subprocess
import sys

from pydantic import ValidationError

from common import CASES, CONTRACT_PATH, FOLDER, SIDES, answer, names

OPTIONS = """--input-file-type jsonschema --output-model-type pydantic_v2.BaseModel --use-annotated
    --strict-nullable --use-missing-sentinel --formatters builtin --disable-timestamp"""


def generate():
    module = os.path.join(FOLDER, "contract_models.py")
    subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "datamodel_code_generator"]
        + ["--input", CONTRACT_PATH, "--output", module, *OPTIONS.split()],
        check=True,
    )
    sys.dont_write_bytecode = True
    sys.path.insert(0, FOLDER)
    return importlib.import_module("contract_models")


def pointer(message, error):
    """An error's place in the message. pydantic also names the branches of unions that it took."""
    place = error["loc"]
    if error["type"] in ("missing", "extra_forbidden"):
        place = place[:-1]
    elif place[-1:] == ("[key]",):
        place = place[:-2]
    at, value = "", message
    for step in place:
        known = isinstance(value, dict) and step in value
        if known or (isinstance(value, list) and isinstance(step, int)):
            at, value = f"{at}/{step}", value[step]
    tag = error.get("ctx", {}).get("discriminator", "").strip("'")
    return f"{at}/{tag}" if tag and tag in value else at


def verdict(models, known, case):
    side, message = SIDES[case["side"]], case["message"]
    try:
        read = getattr(models, side).model_validate_json(json.dumps(message), strict=True).root
    except ValidationError as error:
        errors = error.errors(include_url=False)
        # One error says where; those of an untagged union's branches say it together.
        places = [pointer(message, error) for error in errors]
        at = os.path.commonpath(places) if "" not in places else ""
        said = "; ".join(error["msg"] for error in errors)
        return {"valid": False, "at": at, "said": said, "errors": len(errors)}
    # A message of a side is an instance of the class that bears the definition's name.
    for name, wire in names(side):
        is_it = name == case["def"] if "def" in case else wire == message["type"]
        if is_it and isinstance(read, getattr(models, name)):
            known[side][name] = wire
    return {"valid": True}


def main():
    models = generate()
    known = {side: {} for side in SIDES.values()}
    verdicts = [verdict(models, known, case) for case in CASES]
    # In the contract's order: what no message showed is missing.
    ordered = {
        side: [[name, wire] for name, wire in names(side) if known[side].get(name) == wire]
        for side in known
    }
    answer(verdicts, ordered)


main()
