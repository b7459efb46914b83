"""The steps are those of the notes, in their order, and each has its own check."""

from __future__ import annotations

import pytest

import trace_derivative as td
from trace_derivative.render_unicode import definition_unicode, side_unicode


def told(d: td.Derivation) -> list[str]:
    """Each step on one line: kind, both sides, the names used."""
    lines = []
    for s in d.steps:
        names = "; ".join(definition_unicode(x) for x in s.where)
        line = f"{s.kind}: {side_unicode(s.lhs)} = {side_unicode(s.rhs)}"
        lines.append(f"{line} | {names}" if names else line)
    return lines


def test_steps_of_6_are_7_to_9() -> None:
    d = td.derive("tr(A X B)", wrt="X")
    assert told(d) == [
        "function: f = tr[A X B]",
        "expansion: f = Σ_i [A X B]_ii",
        "expansion: Σ_i [A X B]_ii = Σ_i Σ_j A_ij [X B]_ji",
        "expansion: Σ_i Σ_j A_ij [X B]_ji = Σ_i Σ_j A_ij Σ_k X_jk B_ki",
        "expansion: Σ_i Σ_j A_ij Σ_k X_jk B_ki = Σ_i Σ_j Σ_k A_ij X_jk B_ki",
        "occurrence: ∂f/∂X_jk = Σ_i A_ij B_ki",
        "occurrence: Σ_i A_ij B_ki = [B A]_kj",
        "matrix: ∂tr[A X B]/∂X = Aᵀ Bᵀ",
    ]


def test_steps_of_13_are_14_to_18() -> None:
    d = td.derive("tr(A X B X C^T)", wrt="X")
    sums = "Σ_i Σ_j Σ_k Σ_l Σ_m A_ij X_jk B_kl X_lm C_im"
    f = "∂tr[A X B X Cᵀ]/∂X"
    names = "D = B X Cᵀ; E = A X B"
    opened = "∂tr[A X D]/∂X + ∂tr[E X Cᵀ]/∂X"
    result = "Aᵀ C Xᵀ Bᵀ + Bᵀ Xᵀ Aᵀ C"
    back = "Aᵀ (B X Cᵀ)ᵀ + (A X B)ᵀ C"
    assert told(d) == [
        "function: f = tr[A X B X Cᵀ]",
        "expansion: f = Σ_i [A X B X Cᵀ]_ii",
        f"expansion: Σ_i [A X B X Cᵀ]_ii = {sums}",
        "occurrence: ∂f/∂X_jk|(1) = Σ_i Σ_l Σ_m A_ij B_kl X_lm C_im",
        "occurrence: Σ_i Σ_l Σ_m A_ij B_kl X_lm C_im = [B X Cᵀ A]_kj",
        "occurrence: ∂f/∂X_lm|(2) = Σ_i Σ_j Σ_k A_ij X_jk B_kl C_im",
        "occurrence: Σ_i Σ_j Σ_k A_ij X_jk B_kl C_im = [Cᵀ A X B]_ml",
        "index: ∂f/∂X_jk = Σ_i Σ_l Σ_m A_ij B_kl X_lm C_im + Σ_i Σ_l Σ_m A_il X_lm B_mj C_ik",
        f"matrix: {f} = {result}",
        f"identities: {f} = {opened} | {names}",
        f"identities: {opened} = Aᵀ Dᵀ + Eᵀ C | {names}",
        f"identities: Aᵀ Dᵀ + Eᵀ C = {back} | {names}",
        f"identities: {back} = {result} | {names}",
    ]


def test_rotation_of_35_and_36() -> None:
    d = td.derive("tr(J A diag(x) B)", wrt="x", shapes="J: ones")
    assert told(d)[-5:] == [
        "identities: f = tr[𝟏 𝟏ᵀ A diag(x) B]",
        "identities: tr[𝟏 𝟏ᵀ A diag(x) B] = 𝟏ᵀ A diag(x) B 𝟏",
        "identities: ∂f/∂x = ∂(aᵀ diag(x) b)/∂x | a = Aᵀ 𝟏; b = B 𝟏",
        "identities: ∂(aᵀ diag(x) b)/∂x = a ⊙ b | a = Aᵀ 𝟏; b = B 𝟏",
        "identities: a ⊙ b = Aᵀ 𝟏 ⊙ B 𝟏 | a = Aᵀ 𝟏; b = B 𝟏",
    ]
    assert "∂f/∂x_j = Σ_i Σ_k A_ij B_jk" in "\n".join(told(d))
    assert "(Σ_i A_ij) (Σ_k B_jk) = [Aᵀ 𝟏 ⊙ B 𝟏]_j" in "\n".join(told(d))


def test_expanded_form_goes_through_23() -> None:
    d = td.derive("norm2(X - W*H)^2", wrt="W", form="expanded")
    lines = told(d)
    four = "tr[X Xᵀ] - tr[X Hᵀ Wᵀ] - tr[W H Xᵀ] + tr[W H Hᵀ Wᵀ]"
    assert "identities: f = tr[(X - W H) (X - W H)ᵀ]" in lines
    assert f"identities: tr[(X - W H) (X - W H)ᵀ] = {four}" in lines


@pytest.mark.parametrize("route", ["index", "identities", "both"])
def test_each_step_has_its_own_check(route: str) -> None:
    d = td.derive("tr(A X B X C^T)", wrt="X", route=route)
    assert len(d.step_checks) == len(d.steps)
    assert len({c.name for c in d.step_checks}) == len(d.steps)
    assert all(c.passed and c.samples >= 3 for c in d.step_checks)


def test_route_decides_which_steps_are_shown() -> None:
    kinds = {
        r: {s.kind for s in td.derive("tr(A X X)", wrt="X", route=r).steps}
        for r in ("index", "identities", "both")
    }
    assert "identities" not in kinds["index"]
    assert "occurrence" not in kinds["identities"]
    assert {"identities", "occurrence", "matrix"} <= kinds["both"]


def test_last_step_of_each_route_is_the_result() -> None:
    for route in ("index", "identities"):
        d = td.derive("tr(A X X' B)", wrt="X", route=route)
        assert d.steps[-1].rhs == d.gradient


def test_names_avoid_symbols_dimensions_and_abbreviations() -> None:
    d = td.derive("tr(K*X*E*X)", wrt="X", where={"K": "E*D"}, shapes="X: F F")
    used = {x.symbol.name for s in d.steps for x in s.where}
    assert used
    assert not used & {"D", "E", "F", "K", "X"}
