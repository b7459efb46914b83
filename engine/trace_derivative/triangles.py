"""Expr -> Expr: identities of `tril` and `triu`, and of the triangle of ones that is their mask."""

from __future__ import annotations

from collections.abc import Sequence

from . import expr as ex
from .expr import Expr
from .vanishing import in_triangle


def is_mask(e: Expr) -> bool:
    """Is it a triangle of ones?"""
    return isinstance(e, ex.Triangle) and isinstance(e.arg, ex.Ones)


def triangle_rule(e: Expr) -> Expr:
    """A triangle of a triangle, or of a transpose."""
    match e:
        case ex.Triangle(arg=ex.Triangle(arg=arg, part=inner), part=part):
            return e.arg if inner == part else ex.diag(ex.diagonal(arg))
        case ex.Triangle(arg=ex.Transpose(arg=arg), part=part):
            return ex.transpose(ex.triangle(ex.mirrored(part), arg))
        case ex.Triangle(arg=ex.Hadamard(factors=factors), part=part):
            inside = [f for f in factors if isinstance(f, ex.Triangle) and f.part == part]
            return e.arg if inside else e
        case ex.Triangle(arg=arg, part=part) if in_triangle(arg, part, {}):
            return arg
        case ex.Triangle(arg=arg, part=part) if in_triangle(arg, ex.mirrored(part), {}):
            return ex.diag(ex.diagonal(arg))
        case _:
            return e


def masked(chain: list[Expr]) -> list[Expr]:
    """`diag(u)*M*diag(v)` with a mask M as the triangle of `u*v'`."""
    for n in range(len(chain) - 2):
        if not isinstance(chain[n + 1], ex.Triangle):
            continue
        match chain[n : n + 3]:
            case [ex.Diag(arg=u), ex.Triangle(arg=ex.Ones(), part=part), ex.Diag(arg=v)]:
                left = u if u.shape[1] == 1 else ex.transpose(u)
                right = v if v.shape[0] == 1 else ex.transpose(v)
                return [*chain[:n], ex.triangle(part, ex.mul(left, right)), *chain[n + 3 :]]
    return chain


def in_triangles(factors: Sequence[Expr]) -> list[Expr]:
    """Elementwise factors with the masks among them put around the others."""
    masks = list(dict.fromkeys(f for f in factors if is_mask(f)))
    others = [f for f in factors if not is_mask(f)]
    if not masks or not others:
        return [*masks, *others]
    body = ex.hadamard(*others)
    for mask in masks:
        assert isinstance(mask, ex.Triangle)
        body = ex.triangle(mask.part, body)
    return [body]
