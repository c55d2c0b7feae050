"""What the consumers in Python share: the arguments, the contract's messages, the answer."""

import json
import sys

CONTRACT_PATH, MESSAGES_PATH, FOLDER = sys.argv[1:4]
SIDES = {"client": "ClientMessage", "server": "ServerMessage"}

with open(CONTRACT_PATH, encoding="utf-8") as file:
    CONTRACT = json.load(file)
with open(MESSAGES_PATH, encoding="utf-8") as file:
    CASES = [json.loads(line) for line in file]


def said(schema, prefix):
    """What `$comment` says of the form, or of a message."""
    comment = schema.get("$comment", "")
    return json.loads(comment[len(prefix) :]) if comment.startswith(prefix) else None


FORM = said(CONTRACT, "wirebond form ")


def wire_name(side, message):
    """The name of a message: what its tag must be, or what its comment calls it."""
    note = said(message, "wirebond message ") or {}
    if "name" in note:
        return note["name"]
    tag = FORM[side]["tag"] if FORM else "type"
    for key in tag[1:].split("/") if tag.startswith("/") else [tag]:
        if "$ref" in message:
            message = CONTRACT["$defs"][message["$ref"].rsplit("/", 1)[-1]]
        message = message["properties"][key]
    return message["const"]


def names(title):
    """What a side's messages are called: definition and wire name."""
    side = CONTRACT["$defs"][title]
    for branch in side.get("oneOf") or side.get("anyOf") or []:
        name = branch["$ref"].rsplit("/", 1)[-1]
        key = "client" if title == SIDES["client"] else "server"
        yield name, wire_name(key, CONTRACT["$defs"][name])


def answer(verdicts, known=None):
    """Answers: a verdict for each message, and the names by which the tool knows the messages."""
    json.dump({"verdicts": verdicts, "names": known or {}}, sys.stdout)
