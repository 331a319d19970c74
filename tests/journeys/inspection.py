"""What is asked of every page and state: axe finds nothing in light and dark, and nothing sticks out."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from tests.journeys.visitor import Visitor
from tests.rig.browsers import AXE_RULES_OF_COLOUR, violations_on

Inspect = Callable[[Visitor], None]
NARROW = (320, 640)
"""The narrowest screen of WCAG 1.4.10, and 1280 pixels at 200 %."""
STICKS_OUT = """() => {
  const root = document.scrollingElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const culprits = [...document.querySelectorAll('body *')].filter(
    each => each.getBoundingClientRect().right > root.clientWidth + 1);
  return (culprits.length ? culprits : [root]).slice(0, 3).map(each => each.outerHTML.slice(0, 160));
}"""
CUT_OFF = """() => [...document.querySelectorAll('main :is(p, li, dd, td, th, h1, h2, label, summary, .button)')]
  .filter(each => each.checkVisibility() && !each.closest('.visually-hidden, thead')
                  && getComputedStyle(each).overflowX !== 'visible' && each.scrollWidth > each.clientWidth + 1)
  .map(each => each.outerHTML.slice(0, 160))"""


def troubles_on(page: Page, axe_source: str) -> list[str]:
    """What shuts somebody out of the page as it stands, a line each."""
    found = [f"light {line}" for line in violations_on(page, axe_source)]
    page.emulate_media(color_scheme="dark")
    found += [f"dark {line}" for line in violations_on(page, axe_source, AXE_RULES_OF_COLOUR)]
    page.emulate_media(color_scheme="light")
    usual = page.viewport_size
    assert usual
    for width in NARROW:
        page.set_viewport_size({"width": width, "height": usual["height"]})
        for script in (STICKS_OUT, CUT_OFF):
            found += [f"{width} px: too wide: {markup}" for markup in page.evaluate(script)]
    found += [f"{NARROW[-1]} px {line}" for line in violations_on(page, axe_source)]
    page.set_viewport_size(usual)
    return found
