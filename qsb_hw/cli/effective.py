"""``qsb-hw effective``: γ, σ, n± and rates with the baths eliminated."""

from __future__ import annotations

from qsb_hw.cli.options import Json, Levels, Plot, Spec
from qsb_hw.cli.output import present
from qsb_hw.cli.progress import progress
from qsb_hw.cli.subject import Node, loaded


def effective(spec: Spec, as_json: Json = False, plot: Plot = None, levels: Levels = None, node: Node = None) -> None:
    """Map a device, or every node of a chip, to γ, σ, n± in both conventions and to the rate of every transition."""
    with progress("reading the file"):
        from qsb_hw.analysis.analysis import analyse
        from qsb_hw.elimination.eliminate import both_conventions
        from qsb_hw.model.chip import Chip
        from qsb_hw.show.fields import With

        found = loaded(spec, node)
        each = []
        for device in found.nodes if isinstance(found, Chip) else (found,):
            analysis = analyse(device, levels=levels, complete=False)
            derived, published = both_conventions(analysis.oscillator)
            each.append(With(analysis, effective=derived, published=published))
    from qsb_hw.plot import plot_nodes, plot_rates
    from qsb_hw.show.chip import CHIP_ELIMINATED, chip_effective_view
    from qsb_hw.show.record import ELIMINATED, effective_view

    if isinstance(found, Chip):
        present(
            CHIP_ELIMINATED, With(found, chip=found, nodes=each), chip_effective_view, as_json=as_json, plot=plot,
            picture=lambda _: plot_nodes([(n.device.name, n.effective) for n in each]), spec=spec,
        )  # fmt: skip
        return
    present(
        ELIMINATED, each[0], effective_view, as_json=as_json, plot=plot,
        picture=lambda one: plot_rates(one.effective, one.published), spec=spec,
    )  # fmt: skip
