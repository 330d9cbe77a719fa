"""What makes a figure readable, whatever is drawn: for tests of pictures."""

import itertools
import re

import numpy as np


def assert_readable(figure):
    """Lay a figure out, and check everything that does not depend on what is drawn."""
    lay_out(figure)
    assert_texts_stay_apart(figure)
    assert_legends_cover_no_data(figure)
    assert_axes_have_labels(figure)


def lay_out(figure):
    """Draw a figure, which lays it out first, and keep everything in its place."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure).draw()
    figure.set_layout_engine("none")


def texts(figure):
    """Every text that is seen, with its box in pixels; slanted ones are left out, whose boxes are not their shapes."""
    from matplotlib.axes import Axes
    from matplotlib.text import Text

    renderer = figure.canvas.get_renderer()
    hidden = {id(t) for ax in figure.findobj(Axes) for t in concealed(ax)}  # insets too
    return [
        (text.get_text(), text.get_window_extent(renderer)) for text in figure.findobj(Text)
        if text.get_visible() and text.get_text().strip() and id(text) not in hidden and text.get_rotation() % 90 == 0
    ]  # fmt: skip


def concealed(ax):
    """Texts of an axis that is not drawn, or whose ticks lie outside its limits."""
    from matplotlib.text import Text

    if not ax.axison:
        return [*ax.xaxis.findobj(Text), *ax.yaxis.findobj(Text)]
    outside = []
    for axis in (ax.xaxis, ax.yaxis):
        low, high = sorted(axis.get_view_interval())
        room = 1e-9 * (high - low)
        for tick in axis.get_major_ticks() + axis.get_minor_ticks():
            if not low - room <= tick.get_loc() <= high + room:
                outside += [tick.label1, tick.label2]
    return outside


def overlap(one, other, room=1.5):
    """Whether two boxes share more than a margin."""
    wide = min(one.x1, other.x1) - max(one.x0, other.x0)
    high = min(one.y1, other.y1) - max(one.y0, other.y0)
    return wide > room and high > 2 * room


def assert_texts_stay_apart(figure):
    """No text lies outside, and no two overlap."""
    found = texts(figure)
    outside = [text for text, box in found if box.x0 < -2 or box.y0 < -2
               or box.x1 > figure.bbox.x1 + 2 or box.y1 > figure.bbox.y1 + 2]  # fmt: skip
    assert not outside
    assert not [(a, b) for (a, one), (b, other) in itertools.combinations(found, 2) if overlap(one, other)]


def assert_legends_cover_no_data(figure):
    """No legend lies on a point or a bar, or says something twice."""
    renderer = figure.canvas.get_renderer()
    for ax in figure.axes:
        legend = ax.get_legend()
        if legend is None:
            continue
        labels = [text.get_text() for text in legend.get_texts()]
        assert len(labels) == len(set(labels))
        box = legend.get_window_extent(renderer)
        for line in ax.lines:
            if line.get_transform() == ax.transData:
                places = line.get_transform().transform(np.column_stack(line.get_data(orig=False)))
                inside = ax.bbox.contains  # what lies outside the axes is cut off
                assert not any(box.contains(*place) and inside(*place) for place in places), (line.get_label(), labels)
        for patch in ax.patches:
            shape = patch.get_window_extent(renderer)
            seen = shape.intersection(shape, ax.bbox)
            assert seen is None or not overlap(seen, box), labels


def assert_axes_have_labels(figure):
    """Every axis with numbers says what they are."""
    for ax in figure.axes:
        if not ax.axison:
            continue
        for axis, shared in ((ax.xaxis, ax.get_shared_x_axes()), (ax.yaxis, ax.get_shared_y_axes())):
            numbers = [t.get_text() for t in axis.get_ticklabels() if re.search(r"\d", t.get_text())]
            words = type(axis.get_major_locator()).__name__ == "FixedLocator"
            if not numbers or words or not axis.get_visible():
                continue
            others = [axis] + [getattr(one, axis.axis_name + "axis") for one in shared.get_siblings(ax)]
            above = [part.get_supxlabel() for part in (figure, *figure.findobj(lambda a: hasattr(a, "get_supxlabel")))]
            assert any(a.get_label_text() for a in others) or (axis.axis_name == "x" and any(above))
