"""Write src/spondyl/data/physics/kv_compton_transfer.csv: what bound Compton electrons take, element by element."""

from pathlib import Path

from spondyl.physics.kv.binding import ENERGIES_KEV, computed_shares
from spondyl.physics.kv.energies import HEAVIEST

TARGET = Path(__file__).parents[1] / "src/spondyl/data/physics/kv_compton_transfer.csv"
HEAD = """\
# Mean share of a photon's energy that an element's Compton electrons take. Impulse approximation with Biggs's Compton
# profiles (Biggs, Mendelsohn and Mann 1975, At Data Nucl Data Tables 16:201) and binding energies, both from xraylib.
# Own computation: spondyl.physics.kv.binding.computed_shares, written by tools/kv_compton_transfer.py.
# Columns are photon energies in keV.
"""


def main() -> None:
    lines = ["z," + ",".join(f"{energy:.6g}" for energy in ENERGIES_KEV)]
    for z in range(1, HEAVIEST + 1):
        lines.append(f"{z}," + ",".join(f"{share:.5g}" for share in computed_shares(z)))
    TARGET.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
