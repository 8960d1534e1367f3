"""`python -m bench.speed.worker KIND REQUEST`: one measurement, told as a JSON document on standard output.

REQUEST is a JSON document: `clip`, `seconds` (of video), `rounds`, `warm` (once before that does not count), `device`, `boxes`
(of the faces, for those who do not find them), `model`, `detector`. The answer: `load_s`, `seconds` and `stages_ms` of each
round, `tracks`; or `error` with `code` and `message`.
"""

import json
import sys

from bench.speed import ours
from lipgate.core.errors import LipgateError


def main(kind: str, request: str) -> int:
    """Do it; 1 where it is an error that has a name."""
    asked = json.loads(request)
    try:
        match kind:
            case "lipgate":
                answer = ours.score(asked)
            case "decode":
                answer = ours.decode(asked)
            case "faces":
                answer = ours.find_faces(asked)
            case "reference":
                from bench.speed import reference

                answer = reference.run(asked)
            case _:
                raise ValueError(kind)
    except LipgateError as error:
        print(json.dumps({"error": {"code": error.code, "message": error.message}}))
        return 1
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
