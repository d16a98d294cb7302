"""The comparison of an interop run with its adjudicated expectation must notice every disagreement."""

import unittest

from run import compare


def result(outcome="failed", findings=("a.b",), failures=("the members of scimulate-0a1b2c3d-4-G",)):
    return {"scenarios": [{
        "name": "s", "dialect": "oin", "outcome": outcome,
        "findings": [{"requirement": slug} for slug in findings],
        "steps": [{"title": "expect", "failures": [{"summary": text} for text in failures]}],
    }]}


def expected(verdict="server"):
    entry = {"verdict": verdict, "citation": "RFC 7644 §3.3", "why": "because"}
    return {
        "outcomes": {"s [oin]": "failed"},
        "findings": {"a.b": entry},
        "failures": {"s [oin]: expect: the members of G": entry},
    }


class Compare(unittest.TestCase):
    def test_what_was_adjudicated_is_accepted_whatever_the_names_of_the_run(self):
        self.assertEqual(compare("x", result(), expected()), [])

    def test_everything_else_is_a_disagreement(self):
        for changed in (
            result(outcome="passed"), result(findings=()), result(findings=("a.b", "c.d")),
            result(failures=()), result(failures=("the members of G", "more")),
        ):
            self.assertNotEqual(compare("x", changed, expected()), [], changed)

    def test_an_entry_without_a_verdict_is_a_disagreement(self):
        self.assertNotEqual(compare("x", result(), expected(verdict="")), [])


if __name__ == "__main__":
    unittest.main()
