"""`envgen docs`: the pages of systems."""

import re
from pathlib import Path

from tests.helpers import Outcome, Repo, Run, catalog

SHOP = """\
system: shop
components:
  api:
    type: deployment
    releases: {app: {image: registry.example/shop/api}}
    gates: [{metric: accuracy, at-least: 0.9}]
    port: 8080
    uses: [prices]
    environments: {dev: {uses: [prices, end]}}
  page:
    type: deployment
    releases: {app: {image: registry.example/shop/page}}
    port: 8080
    uses: [api]
    expose: {host: shop.example}
  prices:
    type: config
    data: {tea: "3"}
  end:
    type: config
    data: {now: "1"}
    environments: {prod: null}
"""
PAGE = "docs/systems/shop.md"
EMPTY = "# The shop\n\nWhat it does.\n\n<!-- envgen docs -->\n<!-- end of envgen docs -->\n\n## Why\n"
DRAWN = """\
<!-- envgen docs -->
```mermaid
flowchart LR
  subgraph g0["dev, prod"]
    c_api[["api<br/><i>deployment</i>"]]
    c_page[["page<br/><i>deployment</i>"]]
    c_prices["prices<br/><i>config</i>"]
  end
  subgraph g1["dev"]
    c_end["end<br/><i>config</i>"]
  end
  outside((outside))
  outside --> c_page
  c_api --> c_end
  c_api --> c_prices
  c_page --> c_api
```

| component | type | environments | releases | gates |
| --- | --- | --- | --- | --- |
| `api` | `deployment` | dev, prod | app `registry.example/shop/api` | accuracy >= 0.9 |
| `end` | `config` | dev |  |  |
| `page` | `deployment` | dev, prod | app `registry.example/shop/page` |  |
| `prices` | `config` | dev, prod |  |  |
<!-- end of envgen docs -->
"""


def shop(repo: Repo, page: str = EMPTY) -> Path:
    return repo({**catalog(shop=SHOP), PAGE: page})


def test_only_what_stands_between_the_marks_is_written(repo: Repo, run: Run) -> None:
    root = shop(repo)

    assert run("docs", cwd=root) == Outcome(0, "", "1 pages written\n")
    assert (root / PAGE).read_text() == f"# The shop\n\nWhat it does.\n\n{DRAWN}\n## Why\n"
    assert run("docs", cwd=root) == Outcome(0, "", "0 pages written\n")
    assert run("docs", "--check", cwd=root).code == 0


def test_a_page_that_is_missing_is_begun(repo: Repo, run: Run) -> None:
    root = repo(catalog(shop=SHOP))

    assert run("docs", "--check", cwd=root) == Outcome(
        1, f"{PAGE}:3:1: the page is not what the catalog gives; run envgen docs [drift]\n", "1 error\n"
    )
    assert run("docs", cwd=root).code == 0
    assert (root / PAGE).read_text() == f"# shop\n\n{DRAWN}"


def test_a_page_that_the_catalog_left_behind_is_found(repo: Repo, run: Run) -> None:
    root = shop(repo)
    run("docs", cwd=root)
    path = root / "gitops/systems/shop.yaml"
    path.write_text(path.read_text().replace("uses: [api]", "uses: [api, prices]"))

    assert run("docs", "--check", cwd=root).stdout == (
        f"{PAGE}:5:1: the page is not what the catalog gives; run envgen docs [drift]\n"
    )


def test_a_page_without_marks_is_left_alone(repo: Repo, run: Run) -> None:
    root = shop(repo, "# The shop\n")

    assert run("docs", cwd=root) == Outcome(
        1,
        f"{PAGE}:1:1: the page has no place for the diagram; write <!-- envgen docs --> and <!-- end of envgen docs -->"
        " on lines of their own [docs-marks]\n",
        "1 error\n",
    )
    assert (root / PAGE).read_text() == "# The shop\n"


def test_a_page_of_a_system_that_is_gone_is_for_people_to_remove(repo: Repo, run: Run) -> None:
    pages = {"docs/systems/bakery.md": EMPTY, "docs/systems/notes.md": "# Notes on all systems\n"}
    root = repo({**catalog(shop=SHOP), PAGE: EMPTY, **pages})

    for command in (("docs",), ("docs", "--check")):
        assert run(*command, cwd=root) == Outcome(
            1,
            "docs/systems/bakery.md:1:1: the catalog has no such system; remove the page, or the marks [docs-marks]\n",
            "1 error\n",
        )
    assert (root / "docs/systems/bakery.md").read_text() == EMPTY


def test_a_use_of_some_environments_alone_says_which(repo: Repo, run: Run) -> None:
    text = SHOP.replace("dev: {uses: [prices, end]}", "dev: {uses: []}")
    root = repo({**catalog(shop=text), PAGE: EMPTY})
    run("docs", cwd=root)

    assert '  c_api -->|"prod"| c_prices\n' in (root / PAGE).read_text()


def test_a_catalog_that_is_wrong_is_explained(repo: Repo, run: Run) -> None:
    root = repo(catalog(shop=SHOP.replace("uses: [api]", "uses: [apy]")))

    assert run("docs", cwd=root).stdout == (
        "gitops/systems/shop.yaml:14:12: unknown component 'apy'; did you mean 'api'? [unknown-use]\n"
    )


def test_every_box_is_drawn_before_an_arrow_needs_it(repo: Repo, run: Run) -> None:
    root = shop(repo)
    run("docs", cwd=root)
    lines = (root / PAGE).read_text().splitlines()
    drawn = {found[1] for line in lines if (found := re.match(r"\s+(\w+)[\[(]", line))}
    ends = [found.groups() for line in lines if (found := re.match(r"  (\w+) -->(?:\|.*\|)? (\w+)$", line))]

    assert ends
    assert {end for pair in ends for end in pair} <= drawn


def test_a_route_opens_what_it_leads_to(repo: Repo, run: Run) -> None:
    way = "  way: {type: route, to: api, host: api.example, port: 8080}\n"
    root = repo({**catalog(shop=SHOP + way), PAGE: EMPTY})

    assert run("docs", cwd=root).code == 0
    text = (root / PAGE).read_text()
    assert re.findall(r"outside --> \w+", text) == ["outside --> c_page", "outside --> c_way"]
    assert "  c_way --> c_api\n" in text
