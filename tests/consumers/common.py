"""What the consumers in Python share: the arguments, the contract's messages, the answer."""

import json
import sys

CONTRACT_PATH, MESSAGES_PATH, FOLDER = sys.argv[1:4]
SIDES = {"client": "ClientMessage", "server": "ServerMessage"}

with open(CONTRACT_PATH, encoding="utf-8") as file:
    CONTRACT = json.load(file)
with open(MESSAGES_PATH, encoding="utf-8") as file:
    CASES = [json.loads(line) for line in file]


def names(side):
    """What a side's messages are called: definition and wire name."""
    for branch in CONTRACT["$defs"][side]["oneOf"]:
        name = branch["$ref"].rsplit("/", 1)[-1]
        yield name, CONTRACT["$defs"][name]["properties"]["type"]["const"]


def answer(verdicts, known=None):
    """Answers: a verdict for each message, and the names by which the tool knows the messages."""
    json.dump({"verdicts": verdicts, "names": known or {}}, sys.stdout)
