"""Every public function documents itself with an example, and every example of a public name gives what it shows."""

import doctest
import inspect
import io

import numpy as np
import pytest

import qsb_hw as qh

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def examples(name):
    """Examples in the docstring of a public name, and of its methods where it is a class."""
    subject = getattr(qh, name)
    if not (inspect.isclass(subject) or inspect.isfunction(subject)):
        return []
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = finder.find(subject, name, module=inspect.getmodule(subject), globs={"qh": qh, "np": np})
    return [test for test in found if test.examples]


@pytest.mark.parametrize("name", sorted(qh.__all__))
def test_examples_give_what_they_show(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    report = io.StringIO()
    for test in examples(name):
        result = doctest.DocTestRunner(optionflags=FLAGS).run(test, out=report.write, clear_globs=False)
        assert not result.failed, report.getvalue()


def test_every_public_function_has_an_example_and_says_what_it_returns():
    functions = {name for name in qh.__all__ if inspect.isfunction(getattr(qh, name))}
    complete = {n for n in functions if examples(n) and "\n    Returns\n    ---" in getattr(qh, n).__doc__}
    assert not functions - complete
