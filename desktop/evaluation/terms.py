"""Terms of presentation attack detection, as ISO/IEC 30107-3:2023 has them, and what is not claimed."""

CLAIM = (
    "These are figures of the operator's own test; they are not a test by an accredited laboratory and no conformance to "
    "ISO/IEC 30107-3 or CEN/TS 18099 is claimed."
)

DEFINITIONS = {
    "APCER": "attack presentation classification error rate: share of the attacks of one species that were accepted",
    "BPCER": "bona fide presentation classification error rate: share of genuine clips that were not accepted, those without an "
    "answer among them",
    "APNRR": "attack presentation non-response rate: share of the attacks of one species without an answer",
    "BPNRR": "bona fide presentation non-response rate: share of genuine clips without an answer",
    "APCER at BPCER": "APCER at the strictest score threshold that refuses no more than that share of genuine clips; all other "
    "rules as they are",
    "rule of three": "where none of n persons was hit, the rate is at most 3 / n with 95 % certainty",
    "FAR": "false accepts of all attacks of a label together",
    "FRR": "the same as BPCER",
}
"""Terms as ISO/IEC 30107-3:2023 has them, and the older names."""
