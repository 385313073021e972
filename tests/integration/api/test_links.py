"""The pages behind links of messages, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import count

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from tests.tracking_builder import BASE_URL, House, store_in

from tenure.api.links import links_router
from tenure.errors import Unavailable
from tenure.store import Store

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
_numbers = count(1)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with store_in(tmp_path_factory.mktemp("store")) as opened:
        yield opened


@pytest.fixture
def house(store: Store) -> House:
    return House(store, f"v{next(_numbers)}")


@pytest.fixture
def web(house: House) -> Iterator[TestClient]:
    api = FastAPI()
    api.include_router(links_router(house.tracking, house.surveys, house.clock, "Acme <Ltd>"))
    with TestClient(api, base_url=BASE_URL, follow_redirects=False, headers={"User-Agent": FIREFOX}) as client:
        yield client


def path(url: str | None) -> str:
    assert url is not None
    return url.removeprefix(BASE_URL)


def test_a_click_redirects_only_to_the_signed_target(web: TestClient, house: House) -> None:
    link = path(house.links.click_url(house.sent(), "https://app.example.com/x?y=1"))
    answer = web.get(link + "?to=https://evil.example.net", headers={"Host": "evil.example.net"})
    assert (answer.status_code, answer.headers["location"]) == (302, "https://app.example.com/x?y=1")
    assert answer.headers["referrer-policy"] == "no-referrer" and answer.headers["cache-control"] == "no-store"
    assert house.kinds() == ["clicked"]


def test_a_head_request_redirects_and_is_no_click(web: TestClient, house: House) -> None:
    link = path(house.links.click_url(house.sent(), "https://app.example.com"))
    assert web.head(link).status_code == 302
    assert house.kinds() == ["scanner_click"]


def test_a_forged_link_is_a_page_and_leads_nowhere(web: TestClient) -> None:
    answer = web.get("/t/c/forged")
    assert answer.status_code == 404 and "location" not in answer.headers
    assert "This link is not valid" in answer.text and answer.headers["content-type"].startswith("text/html")


def test_the_pixel_is_an_image_whatever_the_token(web: TestClient, house: House) -> None:
    for link in (path(house.links.open_pixel_url(house.sent())), "/t/o/forged.gif"):
        answer = web.get(link)
        assert (answer.status_code, answer.headers["content-type"], answer.content[:6]) == (200, "image/gif", b"GIF89a")
    assert house.kinds() == ["opened"]


def test_RFC_8058_a_post_unsubscribes_and_a_get_only_asks(web: TestClient, house: House) -> None:
    link = path(house.links.unsubscribe_url(house.sent()))
    asked = web.get(link)
    assert "<button" in asked.text and 'method="post"' in asked.text and web.head(link).status_code == 200
    assert house.kinds() == []
    done = web.post(link, data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200 and "You are unsubscribed" in done.text
    assert web.post(link, files={"List-Unsubscribe": (None, "One-Click")}).status_code == 200
    assert house.kinds() == ["unsubscribed"]


def test_a_survey_is_shown_answered_and_thanked_for(web: TestClient, house: House) -> None:
    link = path(house.links.survey_url(house.sent()))
    asked = web.get(link + "?score=9")
    assert asked.status_code == 200 and house.kinds() == []
    form = Form(asked.text)
    assert form.numbers == [str(number) for number in range(11)] and form.checked == ["9"] and form.labelled
    assert web.post(link, data={"score": "9", "comment": "Gut & schön"}).text.count("Thank you") >= 1
    assert house.kinds() == ["survey_answered"]


def test_a_missing_score_is_said_on_the_page_and_the_comment_stays(web: TestClient, house: House) -> None:
    answer = web.post(path(house.links.survey_url(house.sent())), data={"comment": "</textarea><script>x</script>"})
    assert answer.status_code == 422 and "Choose one from 0 to 10" in answer.text and 'role="alert"' in answer.text
    assert "<script>" not in answer.text and "&lt;/textarea&gt;" in answer.text
    assert house.kinds() == []


def test_pages_run_nothing_and_load_nothing(web: TestClient, house: House) -> None:
    answer = web.get(path(house.links.survey_url(house.sent())))
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "<script" not in answer.text and "http" not in answer.text.replace("https://success.example.com", "")
    assert "Acme &lt;Ltd&gt;" in answer.text


def test_when_the_store_cannot_be_asked_the_page_says_so_and_clicks_still_lead_on(
    web: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    touch = house.sent()

    def down(*arguments: object, **named: object) -> None:
        raise Unavailable("The store is locked.")

    links = path(house.links.unsubscribe_url(touch)), path(house.links.click_url(touch, "https://app.example.com"))
    monkeypatch.setattr(house.store.touches, "get", down)
    answer = web.post(links[0])
    assert answer.status_code == 503 and answer.headers["retry-after"] == "60" and "try again" in answer.text
    assert web.get(links[1]).status_code == 302


def test_a_body_that_is_too_large_is_refused(web: TestClient, house: House) -> None:
    assert web.post(path(house.links.survey_url(house.sent())), content=b"x" * 100_000).status_code == 413


class Form(HTMLParser):
    """The radio buttons of a page, which are chosen, and whether everything has a label."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.numbers: list[str] = []
        self.checked: list[str] = []
        self._stack: list[str] = []
        self._inside, self._for, self._ids = True, set[str](), set[str]()
        self.feed(page)

    @property
    def labelled(self) -> bool:
        return self._inside and self._ids <= self._for

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "label":
            self._for.add(found.get("for") or "")
        if tag == "textarea":
            self._ids.add(found.get("id") or "")
        if tag == "input":
            self.numbers.append(found["value"] or "")
            self._inside = self._inside and "label" in self._stack
            self.checked += [found["value"] or ""] if "checked" in found else []
        else:
            self._stack.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._stack and self._stack.pop() != tag:
            pass
