"""Compiled: electron streams and their spread along rays, and their exchange from ray to ray."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from spondyl.dose.radiological import LEAST_DENSITY

FORWARD_MM = 3.8
"""Water in which the forward stream comes to its new level, all but 1/e."""
BACK_MM = (0.4, 1.6)
BACK_SHARE = (0.13, 0.11)
"""What comes back in water per forward stream, near and far part, and from how far."""
BACK_OWN = 0.5
"""Share of the far back stream's lateral variance that it gains on its own way: isotropic over 1.6 mm, 5 of 10 mm2."""
SURFACE_MM = 1.0
"""Above this depth electrons are as in water: the kernel's build-up holds."""
PARTS = 2
"""Cells from plane to plane."""
WIDTHS = (0.2, 3.0)
"""Relative densities that spread is held to."""


@njit(cache=True, parallel=True)
def follow_rays(
    density, material, origin, spacing, source, axis, eu, ev, sad, frame, by_material, groups, first0, second0,
    variance, released, state, path, aside,
):  # fmt: skip
    """Fill `state` (planes, nv, nu, 5), and at each plane `path`, the density that electrons see, and `aside`.

    `aside` is the mean square of their lateral cosine over water's.
    """
    planes, nv, nu, _ = state.shape
    nz, ny, nx = density.shape
    cells = planes * PARTS
    count = groups.shape[1]
    for ray in prange(nv * nu):
        j, i = ray // nu, ray % nu
        d = axis + ((frame[0] + i * frame[2]) * eu + (frame[1] + j * frame[2]) * ev) / sad
        h = np.sqrt(d[0] * d[0] + d[1] * d[1] + d[2] * d[2]) * frame[4] / PARTS
        electrons, forward, back, spread = np.empty(cells), np.empty(cells), np.empty(cells), np.empty(cells)
        first, second = first0.copy(), second0.copy()
        stream = 1 / (1 + BACK_SHARE[0] + BACK_SHARE[1])
        total, wide, last = 0.0, 1.0, 0
        for c in range(cells):
            t = frame[3] + frame[4] / PARTS * (c + 0.5 - PARTS / 2)
            x = int(np.floor((source[0] + t * d[0] - origin[0]) / spacing[0] + 0.5))
            y = int(np.floor((source[1] + t * d[1] - origin[1]) / spacing[1] + 0.5))
            z = int(np.floor((source[2] + t * d[2] - origin[2]) / spacing[2] + 0.5))
            rho, m = 0.0, 0
            if 0 <= x < nx and 0 <= y < ny and 0 <= z < nz:
                rho, m = density[z, y, x], material[z, y, x]
            back[c] = by_material[m, 3] if rho > 0 else 1.0
            r = rho * by_material[m, 1]
            kerma = by_material[m, 2] / (1 + (BACK_SHARE[0] + BACK_SHARE[1]) * back[c]) if rho > 0 else stream
            electrons[c] = r
            if total > SURFACE_MM:
                way = r * h / FORWARD_MM
                left = np.exp(-way)
                forward[c] = kerma + (stream - kerma) * ((1 - left) / way if way > 1e-6 else 1.0)
                stream = kerma + (stream - kerma) * left
                square = 0.0
                for g in range(count):
                    step = h / groups[2, g]
                    own = groups[3, g] + (groups[4, g] * r * first[g - 1] if g > 0 else 0.0)
                    first[g] = (first[g] + step * own) / (1 + step * r * (groups[0, g] + groups[1, g]))
                    own = 2 * first[g] + (groups[4, g] * r * second[g - 1] if g > 0 else 0.0)
                    second[g] = (second[g] + step * own) / (1 + step * r * groups[0, g])
                    square += groups[5, g] * second[g]
                wide = square / variance
            else:
                forward[c] = stream
            spread[c] = wide
            if r > LEAST_DENSITY:
                last = c
            total += rho * by_material[m, 0] * h
            if c % PARTS == PARTS // 2 - 1:
                state[c // PARTS, j, i, 0] = total
                aside[c // PARTS, j, i] = by_material[m, 4] if rho > 0 else 1.0
                path[c // PARTS, j, i] = max(r, LEAST_DENSITY) if total > 0 else 0.0
        spread[last + 1 :] = spread[last]  # the air behind all else deserves no maps of its own
        near, far = BACK_SHARE[0] * back[cells - 1] * stream, BACK_SHARE[1] * back[cells - 1] * stream
        there, gone = spread[cells - 1], BACK_MM[1]
        for k in range(planes - 1, -1, -1):
            ahead, behind, wides, wides_back = 0.0, 0.0, 0.0, 0.0
            for c in range(k * PARTS + PARTS - 1, k * PARTS - 1, -1):
                r = max(electrons[c], 1e-4)
                x1, x2 = r * h / BACK_MM[0], r * h / BACK_MM[1]
                e1, e2 = np.exp(-x1), np.exp(-x2)
                level1, level2 = BACK_SHARE[0] * back[c] * forward[c], BACK_SHARE[1] * back[c] * forward[c]
                ahead += forward[c] + level1 + (near - level1) * (1 - e1) / x1
                behind += level2 + (far - level2) * (1 - e2) / x2
                near = level1 + (near - level1) * e1
                far = level2 + (far - level2) * e2
                there = spread[c] + (there - spread[c]) * e2
                if electrons[c] > 0:
                    gone = BACK_MM[1] / r + (gone - BACK_MM[1] / r) * e2
                wides += spread[c]
                wides_back += (1 - BACK_OWN) * there + BACK_OWN * (gone / BACK_MM[1]) ** 2
            dose = _at_depth(released, state[k, j, i, 0]) / PARTS
            state[k, j, i, 1] = ahead * dose
            state[k, j, i, 2] = min(max(np.sqrt(PARTS / wides), WIDTHS[0]), WIDTHS[1])
            state[k, j, i, 3] = behind * dose
            state[k, j, i, 4] = min(max(np.sqrt(PARTS / wides_back), WIDTHS[0]), WIDTHS[1])


@njit(cache=True, parallel=True)
def mix_rays(state, path, aside, frame, sad, reach2, released):
    """Exchange streams between rays, and divide them by what each ray would have in water.

    Exchange is steady diffusion, exponentials of sqrt(reach2) where the forward stream is as wide as in water, along u
    and then along v. What it evens out is stream times mean square lateral cosine, the electrons' pressure to the side.
    """
    planes, nv, nu, _ = state.shape
    for k in prange(planes):
        pixel = frame[2] * (frame[3] + k * frame[4]) / sad
        scale = reach2 / (pixel * pixel)
        upper, solved = np.empty(max(nu, nv)), np.empty(max(nu, nv))
        mobile = scale * path[k] / (state[k, :, :, 2] ** 2 * aside[k])
        for part in (1, 3):
            for j in range(nv):
                _solve(state[k, j, :, part], path[k, j], mobile[j], aside[k, j], upper, solved)
            for i in range(nu):
                _solve(state[k, :, i, part], path[k, :, i], mobile[:, i], aside[k, :, i], upper, solved)
        for j in range(nv):
            for i in range(nu):
                own = _at_depth(released, state[k, j, i, 0])
                state[k, j, i, 1] /= own
                state[k, j, i, 3] /= own


@njit(cache=True, inline="always")
def _at_depth(released, depth):
    """Value at `depth` of what is given at 0.5, 1.5, ... mm, held at the ends."""
    at = min(max(depth - 0.5, 0.0), released.shape[0] - 1.001)
    n = int(at)
    return released[n] + (at - n) * (released[n + 1] - released[n])


@njit(cache=True, inline="always")
def _solve(values, path, mobile, aside, upper, solved):
    """In place: path x values less the divergence of mobile times the gradient of aside x values is what it was."""
    n = values.shape[0]
    lower = 0.0
    for i in range(n):
        above = 0.0
        if i + 1 < n and path[i] > 0 and path[i + 1] > 0:
            above = 2 * mobile[i] * mobile[i + 1] / (mobile[i] + mobile[i + 1])
        kept = path[i] if path[i] > 0 else 1.0
        pivot = kept + (lower + above) * aside[i]
        solved[i] = kept * values[i]
        if i > 0:
            pivot -= lower * aside[i - 1] * upper[i - 1]
            solved[i] += lower * aside[i - 1] * solved[i - 1]
        solved[i] /= pivot
        upper[i] = above * (aside[i + 1] if i + 1 < n else 0.0) / pivot
        lower = above
    values[n - 1] = solved[n - 1]
    for i in range(n - 2, -1, -1):
        values[i] = solved[i] + upper[i] * values[i + 1]
