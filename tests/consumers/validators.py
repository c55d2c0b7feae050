"""jsonschema, with its checks of formats."""

from jsonschema import Draft202012Validator

from common import CASES, CONTRACT, SIDES, answer

Draft202012Validator.check_schema(CONTRACT)
VALIDATORS = {
    side: Draft202012Validator(
        {"$ref": f"#/$defs/{name}", "$defs": CONTRACT["$defs"]},
        format_checker=Draft202012Validator.FORMAT_CHECKER,
    )
    for side, name in SIDES.items()
}


def verdict(case):
    error = next(VALIDATORS[case["side"]].iter_errors(case["message"]), None)
    return {"valid": True} if error is None else {"valid": False, "said": error.message}


answer([verdict(case) for case in CASES])
