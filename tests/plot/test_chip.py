"""Pictures of chips: what they show is what was computed."""

import numpy as np
import pytest

from qsb_hw import plot


def test_the_matrix_of_s_has_its_numbers(judged, tmp_path):
    for found in (judged.network, judged.network.parts[0][1]):
        figure, ax = plot.plot_s_matrix(found)
        image = ax.images[0].get_array()
        np.testing.assert_allclose(image[0, 1], judged.network.S[0, 1], rtol=1e-9)
        assert np.ma.getmaskarray(np.ma.masked_invalid(image))[0, 0]
        assert len(ax.texts) == 2
        assert ax.images[0].norm.vmax == pytest.approx(judged.network.S[0, 1])  # S is at most 1, so is the scale
        figure.savefig(tmp_path / "s.png")


def test_the_graph_has_nodes_and_links(judged):
    _, ax = plot.plot_graph(judged.chip, judged.links)
    words = [text.get_text() for text in ax.texts]
    assert any("V/2π" in word and "S of the pair" in word for word in words)
    assert sum("n0 = 1" in word for word in words) == 2
    assert len(ax.lines) == 3
    _, bare = plot.plot_graph(judged.chip)
    assert len(bare.lines) == 3


def test_the_picture_of_a_verdict(judged, tmp_path):
    figure, axes = plot.plot_chip_assessment(judged)
    assert figure.get_suptitle() == f"two: {judged.verdict.value}"
    assert len(axes) >= 3
    figure.savefig(tmp_path / "chip.png")
    figure, _ = plot.plot_chip(judged)
    figure.savefig(tmp_path / "sync.png")


def test_nodes_side_by_side(judged):
    named = [(node.device.name, node) for node in judged.nodes]
    _, axes = plot.plot_nodes([(name, node.effective) for name, node in named])
    assert [ax.get_title(loc="left") for ax in axes] == ["A, stabilised level 1", "B\\$, stabilised level 1"]
    _, axes = plot.plot_populations_of_nodes([(name, node.comparison) for name, node in named])
    assert axes[1].get_title(loc="left").startswith("B\\$, trace distance")
