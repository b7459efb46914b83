"""The cache: right answers only, never a stale or a damaged one, and the same bytes as without."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from sphinx_trace_derivative import cache, engine, lookup
from sphinx_trace_derivative.options import Request
from tests.browser.builds import environment
from tests.sphinxext.conftest import CONF, Build, Built, page
from trace_derivative.derivation import Derivation
from trace_derivative.verify import Verifier

ONE = ".. trace-derivative:: tr(A X B)\n   :name: one"
TWO = ".. trace-derivative:: norm2(X - W*H)^2\n   :wrt: W, H\n   :name: two"
INLINE = "It is :trace-derivative:`tr(A X' B); X`."
EXPANSION = ".. trace-derivative:expansion:: tr(A B)\n   :name: three"
CLAIM = ".. trace-derivative:: tr(A X)\n   :expect: A'"
REFUTED = ".. trace-derivative:: tr(A X)\n   :expect: 2*A'\n   :expect-fails:"
NOTICE = ".. trace-derivative:: tr(A B)\n   :wrt: X\n   :shapes: X: m n"
EVERYTHING = (ONE, TWO, INLINE, EXPANSION, CLAIM, REFUTED, NOTICE)

Calls: TypeAlias = list[str]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """The functions that the engine is asked to derive or to expand."""
    made: Calls = []

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def run(request: Request, *rest: Any) -> Any:
            made.append(request.function)
            return work(request, *rest)

        return run

    monkeypatch.setattr(engine, "_derive", counted(engine._derive))
    monkeypatch.setattr(engine, "_expand", counted(engine._expand))
    return made


@pytest.fixture
def checks(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """The equalities that are checked by numbers."""
    made: Calls = []
    compare = Verifier.compare

    def counted(self: Verifier, name: str, *rest: Any, **more: Any) -> Any:
        made.append(name)
        return compare(self, name, *rest, **more)

    monkeypatch.setattr(Verifier, "compare", counted)
    return made


def forget(built: Built) -> None:
    """Remove the output and what Sphinx keeps of it, but not the cache."""
    shutil.rmtree(built.folder)
    for path in Path(built.app.doctreedir).iterdir():
        if path.is_file():
            path.unlink()


def entries(built: Built) -> list[Path]:
    """The files of the cache."""
    return sorted(p for p in (Path(built.app.doctreedir) / cache.FOLDER).rglob("*") if p.is_file())


def output(folder: Path) -> dict[str, bytes]:
    """All that was built, by name; the inventories and indices included."""
    files = (p for p in folder.rglob("*") if p.is_file() and p.suffix != ".pickle")
    return {str(p.relative_to(folder)): p.read_bytes() for p in files if p.name != ".buildinfo"}


# ------------------------------------------------------------------------ hits


def test_second_build_derives_nothing_and_is_the_same(build: Build, calls: Calls) -> None:
    files = {"index.rst": page(*EVERYTHING)}
    cold = build(files)
    first, log = output(cold.folder), cold.log
    doctree, records = cold.doctree().pformat(), cold.records()
    assert len(calls) == len(EVERYTHING)
    forget(cold)
    warm = build(files)
    assert len(calls) == len(EVERYTHING)
    assert output(warm.folder) == first
    assert (warm.doctree().pformat(), warm.records()) == (doctree, records)
    assert warm.log == log
    assert "[trace_derivative.notice]" in log


def test_cache_makes_no_difference(build: Build, calls: Calls) -> None:
    files = {"index.rst": page(*EVERYTHING)}
    with_cache = build(files, out="with")
    without = build(files, out="without", trace_derivative_cache=False)
    assert output(with_cache.folder) == output(without.folder)
    assert entries(without) == []
    forget(without)
    build(files, out="without", trace_derivative_cache=False)
    assert len(calls) == 3 * len(EVERYTHING)


def test_switching_the_cache_reads_nothing_anew(build: Build, calls: Calls) -> None:
    files = {"index.rst": page(ONE)}
    build(files)
    build(files, trace_derivative_cache=False)
    assert len(calls) == 1


def test_what_the_page_adds_is_not_part_of_the_question(build: Build, calls: Calls) -> None:
    build({"index.rst": page(ONE)})
    other = ONE.replace("one", "other\n   :steps: closed\n   :caption: Words\n   :class: wide")
    built = build({"index.rst": page(other)})
    assert len(calls) == 1
    assert "equation-other" in built.page()
    numbered = build({"index.rst": page(ONE + "\n   :numbers: =9")})
    assert len(calls) == 1
    assert "(9)" in numbered.page()


def test_other_presentation_takes_over_the_checks(
    build: Build, calls: Calls, checks: Calls
) -> None:
    files = {"index.rst": page(*EVERYTHING)}
    notation = {"transpose": "top", "trace": "paren"}
    want = output(build(files, out="other", trace_derivative_notation=notation).folder)
    forget(build(files))
    assert checks
    calls.clear()
    checks.clear()
    got = output(build(files, trace_derivative_notation=notation).folder)
    assert len(calls) == len(EVERYTHING)
    assert checks == []
    assert got == want


# ------------------------------------------------------------------------ misses

CHANGES = {
    "expression": ONE.replace("A X B", "A X C"),
    "shapes": ONE + "\n   :shapes: X: m n",
    "assumption": ONE + "\n   :assume: A: symmetric",
    "structure": ONE + "\n   :structure: X: symmetric",
    "route": ONE + "\n   :route: index",
    "form": ONE + "\n   :form: expanded",
    "show": ONE + "\n   :show: all",
    "claim": ONE + "\n   :expect: A'*B'",
    "samples": ONE + "\n   :samples: 4",
    "tolerance": ONE + "\n   :tolerance: 1e-6",
    "verification": ONE + "\n   :no-verify:",
    "cuts": ONE + "\n   :numbers: expansion=1/2",
    "abbreviation": ".. trace-derivative:: tr(A X D)\n   :where: D = B*C",
}


@pytest.mark.parametrize("name", CHANGES)
def test_changed_question_is_a_miss(build: Build, calls: Calls, name: str) -> None:
    build({"index.rst": page(ONE)}, builder="dummy")
    build({"index.rst": page(CHANGES[name])}, builder="dummy")
    assert len(calls) == 2


def test_changed_limits_are_a_miss(build: Build, calls: Calls) -> None:
    files = {"index.rst": page(ONE)}
    build(files, builder="dummy")
    build(files, builder="dummy", trace_derivative_limits={"terms": 1000})
    assert len(calls) == 2


def test_every_field_of_a_request_is_accounted_for() -> None:
    named = [*lookup.MEANING, *lookup.LOOK, *lookup.PAGE]
    assert sorted(named) == sorted(Request._fields)


def forget_fingerprint() -> None:
    """Work the digest of the engine out anew, as another process would."""
    cache.fingerprint.cache_clear()
    cache.folder_of.cache_clear()


@pytest.fixture
def fresh_fingerprint() -> Iterator[None]:
    """A digest of the engine that is worked out anew, before and after."""
    forget_fingerprint()
    yield
    forget_fingerprint()


@pytest.mark.usefixtures("fresh_fingerprint")
def test_other_version_is_a_miss(
    build: Build, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = build({"index.rst": page(ONE)}, builder="dummy")
    monkeypatch.setattr(cache, "_version", lambda name: f"{name} of tomorrow")
    forget_fingerprint()
    forget(built)
    build({}, builder="dummy")
    assert len(calls) == 2


@pytest.mark.usefixtures("fresh_fingerprint")
def test_changed_source_of_the_engine_is_a_miss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "rule.py"
    monkeypatch.setattr(cache, "_sources", lambda: [source])
    found = []
    for text in ("a = 1", "a = 2", "a = 1"):
        source.write_text(text, encoding="utf-8")
        forget_fingerprint()
        found.append(cache.fingerprint())
    assert found[0] == found[2] != found[1]


def test_source_of_the_engine_is_found() -> None:
    names = {path.name for path in cache._sources()}
    assert {"api.py", "verify.py", "presentation.py", "results.py"} <= names


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: data[:-20],
        lambda data: data.replace(b"A", b"B"),
        lambda data: b"\xff" * len(data),
        lambda data: data + b" ",
    ],
    ids=["empty", "cut", "altered", "noise", "longer"],
)
def test_damaged_entry_is_a_miss(
    build: Build, calls: Calls, damage: Callable[[bytes], bytes]
) -> None:
    files = {"index.rst": page(ONE)}
    cold = build(files)
    want, kept = output(cold.folder), {p: p.read_bytes() for p in entries(cold)}
    for path, data in kept.items():
        path.write_bytes(damage(data))
    forget(cold)
    warm = build(files)
    assert len(calls) == 2
    assert output(warm.folder) == want
    assert warm.log == ""
    assert {p: p.read_bytes() for p in entries(warm)} == kept


def test_entry_under_another_name_is_a_miss(build: Build, calls: Calls) -> None:
    cold = build({"index.rst": page(ONE)}, builder="dummy")
    other = build({"index.rst": page(CLAIM)}, builder="dummy", out="other")
    for mine, its in zip(entries(cold), entries(other), strict=True):
        mine.write_bytes(its.read_bytes())
    forget_dummy(cold)
    built = build({"index.rst": page(ONE)}, builder="dummy")
    assert len(calls) == 3
    assert built.records()[0].function == "tr(A*X*B)"


def forget_dummy(built: Built) -> None:
    for path in Path(built.app.doctreedir).glob("*.*"):
        path.unlink()


@pytest.mark.parametrize("where", ["folder", "entry"])
def test_cache_that_cannot_be_written_is_no_fault(build: Build, tmp_path: Path, where: str) -> None:
    place = tmp_path / "out" / "doctrees" / cache.FOLDER
    if where == "entry":
        place = place / cache.fingerprint()
    place.parent.mkdir(parents=True)
    place.write_text("in the way", encoding="utf-8")
    built = build({"index.rst": page(ONE)})
    assert built.log == ""
    assert built.records()[0].status == "verified"


# ------------------------------------------------------------------------ what is not kept

FAILURES = {
    "false claim": ".. trace-derivative:: tr(A X)\n   :expect: 2*A'",
    "misfit": ".. trace-derivative:: tr(A X B)\n   :expect: A*B'",
    "right after all": ".. trace-derivative:: tr(A X)\n   :expect: A'\n   :expect-fails:",
    "refusal": ".. trace-derivative:: tr(A X",
    "shape": ".. trace-derivative:: A X B",
    "inline": "It is :trace-derivative:`tr(A X`.",
}


@pytest.mark.parametrize("name", FAILURES)
def test_failures_are_not_kept_and_said_again(build: Build, name: str) -> None:
    files = {"index.rst": page(FAILURES[name])}
    cold = build(files)
    want = output(cold.folder)
    assert len(cold.warnings) == 1
    assert entries(cold) == []
    forget(cold)
    warm = build(files)
    assert warm.log == cold.log
    assert output(warm.folder) == want


def test_failed_verification_is_not_kept(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    from trace_derivative import derivation
    from trace_derivative.expr import scale
    from trace_derivative.simplify import simplify

    monkeypatch.setattr(derivation, "simplify", lambda e: scale(2, simplify(e)))
    for block in (ONE, TWO):
        built = build({"index.rst": page(block)}, builder="dummy")
        assert "[trace_derivative.verification]" in built.log
        assert entries(built) == []


def test_expansion_that_fails_is_not_kept(build: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    check = Verifier.check

    def failing(self: Verifier, *given: Any) -> Any:
        return replace(check(self, *given), passed=False, message="no")

    monkeypatch.setattr(Verifier, "check", failing)
    built = build({"index.rst": page(EXPANSION)}, builder="dummy")
    assert "[trace_derivative.verification]" in built.log
    assert entries(built) == []


def test_unverified_derivation_is_never_served_as_verified(build: Build, calls: Calls) -> None:
    files = {"index.rst": page(ONE)}
    assert build(files, trace_derivative_verify=False).records()[0].status == "unchecked"
    assert build(files).records()[0].status == "verified"
    assert len(calls) == 2


# ------------------------------------------------------------------------ old entries


def test_few_unused_entries_stay(build: Build, calls: Calls) -> None:
    build({"index.rst": page(ONE)}, builder="dummy")
    build({"index.rst": page(CLAIM)}, builder="dummy")
    build({"index.rst": page(ONE)}, builder="dummy")
    assert len(calls) == 2


def test_unused_entries_are_removed(
    build: Build, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "SPARE", 0)
    for number in range(5):
        block = f".. trace-derivative:: tr(A X B) + {number}"
        built = build({"index.rst": page(block, INLINE), "b.rst": page(TWO)}, builder="dummy")
    # Six are used, as many are kept beside them.
    assert len(entries(built)) == 12
    forget_dummy(built)
    build({}, builder="dummy")
    assert len(calls) == 7


def test_entries_of_old_engines_are_removed(build: Build, tmp_path: Path) -> None:
    folder = tmp_path / "out" / "doctrees" / cache.FOLDER
    for name in ("old", "older"):
        (folder / name).mkdir(parents=True)
    built = build({"index.rst": page(ONE)}, builder="dummy")
    left = {path.name for path in folder.iterdir()}
    assert len(left) == 2
    assert entries(built)[0].parent.name == cache.fingerprint()


# ------------------------------------------------------------------------ side by side

PAGES = {f"page{n}.rst": page(block) for n, block in enumerate(EVERYTHING)}
TOC = {"index.rst": page(".. toctree::\n   :glob:\n\n   page*", "See :eq:`one`.")}


def test_parallel_builds_are_the_same(build: Build) -> None:
    files = {**TOC, **PAGES}
    single = build(files, out="single")
    double = build(files, out="double", jobs=2)
    want = output(single.folder)
    assert output(double.folder) == want
    assert sorted(double.warnings) == sorted(single.warnings)
    assert [p.read_bytes() for p in entries(double)] == [p.read_bytes() for p in entries(single)]
    for built, jobs in ((single, 2), (double, 1), (double, 2)):
        forget(built)
        again = build({}, out=built.folder.parent.name, jobs=jobs)
        assert output(again.folder) == want
        assert sorted(again.warnings) == sorted(single.warnings)


def test_two_builds_at_once_share_a_cache(tmp_path: Path) -> None:
    source, shared = tmp_path / "source", tmp_path / "shared"
    source.mkdir()
    shared.mkdir()
    for name, text in {"conf.py": CONF, **TOC, **PAGES}.items():
        (source / name).write_text(text, encoding="utf-8")
    started = []
    for name in ("a", "b", "c"):
        doctrees = tmp_path / f"{name}.doctrees"
        doctrees.mkdir()
        (doctrees / cache.FOLDER).symlink_to(shared)
        options = ["-q", "-j2", "-d", str(doctrees), str(source), str(tmp_path / name)]
        command = [sys.executable, "-m", "sphinx", *options]
        started.append(
            subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, encoding="utf-8")
        )
    logs = [process.communicate()[1] for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert "[trace_derivative.notice]" in logs[0]
    assert logs[0].count("WARNING") == logs[1].count("WARNING") == logs[2].count("WARNING") == 1
    assert output(tmp_path / "a") == output(tmp_path / "b") == output(tmp_path / "c")
    names = [p.name for p in shared.rglob("*") if p.is_file()]
    assert all(name.endswith((".page", ".checks")) for name in names)


def test_derivations_take_over_their_checks() -> None:
    """What the cache puts into a derivation are names that it has."""
    assert {"step_checks", "verification", "expected_check"} <= set(vars(Derivation))
