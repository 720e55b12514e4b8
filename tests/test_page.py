"""The page in a real Chromium, before a real server over a real index: seeds, and articles made to be awkward."""

import calendar
import json
import random
import re
import shutil
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from hatchling.builders.wheel import WheelBuilder

from index.update import update
from scripts.screenshots import browser, chromium, served
from search.api.parameters import MAX_K, MAX_TEXT
from search.verdict import WEAK

pytest.importorskip("playwright")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect

expect.set_options(timeout=20_000)

ROOT = Path(__file__).parent.parent
CUBA = "What did China and Cuba promise each other?"
RUSSIA = "Siapa mitra dagang terbesar Rusia?"
RICE = "Berapa harga beras?"
HOSTILE = {
    "title": "<script>window.hit=1</script><img src=x onerror=window.hit=2> Banjir <b>Demak</b>",
    "text": "Warga mengungsi <script>window.hit=3</script> ke balai desa sejak Senin. "
    "Banjir di Demak 😀🇮🇩 setinggi dua meter merendam 1.200 rumah <img src=x onerror=window.hit=4>. "
    "Bantuan datang dari Semarang & Kudus.",
    "source": '<i>Koran</i> & "Kawan"',
    "published": "2024-03-20",
    "url": "javascript:window.hit=5",
}
REVERSED = {
    "title": "Kapal \u202etenggelam\u202c di {Selat Sunda",
    "text": "Kapal barang \u202etenggelam\u202c di Selat Sunda pada Minggu malam; tiga awaknya hilang, kata Basarnas.",
    "source": "Harian " + "Sangat" * 30,
    "published": "2021",
    "url": "https://harian.example/a_(b)?x={1}&y=<2>",
}
ENGLISH = {
    "title": "Volcano erupts on Flores",
    "text": "Mount Lewotobi on Flores erupted on Monday night and ash closed the airport of Maumere, officials said.",
    "source": "The Post",
    "published": "2024-11-04",
    "url": "https://post.example/volcano",
}
COPY = "Presiden meresmikan jembatan Kapuas sepanjang dua kilometer di Pontianak yang menghubungkan dua kecamatan."


def months() -> Iterator[dict[str, str]]:
    """An article a month about the price of rice, from two publishers."""
    for n, name in enumerate("Jakarta Bandung Medan Padang Ambon Manado Kupang Palu Jambi Serang Solo Malang".split()):
        yield {
            "title": f"Harga beras di {name}",
            "text": f"Harga beras di pasar {name} mencapai {11 + n} ribu rupiah per kilogram, kata pedagang setempat. "
            f"Pembeli di {name} mengeluh karena upah tidak ikut naik.",
            "source": "Kabar Pasar" if n % 3 else "Warta Tani",
            "published": f"2023-{n + 1:02}-15",
            "url": f"https://pasar.example/{n}",
        }


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    if chromium() is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def address(chrome: Browser, seeds_index: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over the seeds and the awkward articles."""
    folder = tmp_path_factory.mktemp("page")
    shutil.copytree(seeds_index, folder / ".telusur")
    copies = [{"text": COPY, "source": source, "published": "2024-01-05"} for source in ("Antara", "Pontianak Pos")]
    rows = [*months(), HOSTILE, REVERSED, ENGLISH, *copies]
    (folder / "awkward.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    update(folder / ".telusur", [folder / "awkward.jsonl"])
    with served(folder / ".telusur") as at:
        yield at


class Reader:
    """Somebody before the page, who notices every complaint of the browser and every request to elsewhere."""

    def __init__(self, chrome: Browser, address: str, **setting: Any) -> None:
        setting = {"locale": "id-ID", "viewport": {"width": 1100, "height": 760}, **setting}
        self.context: BrowserContext = chrome.new_context(**setting, permissions=["clipboard-read", "clipboard-write"])
        self.address = address
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.page = self.open()

    def open(self) -> Page:
        page = self.context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: self.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("dialog", lambda dialog: self.complaints.append(dialog.message) or dialog.dismiss())
        page.on("request", lambda request: self.notice(request.url))
        return page

    def notice(self, url: str) -> None:
        if not url.startswith((self.address + "/", "data:")):
            self.elsewhere.append(url)

    def leave(self) -> None:
        """Close everything; nothing was complained about, and nobody else was asked for anything."""
        self.context.close()
        assert self.complaints == []
        assert self.elsewhere == []

    def go(self, path: str, wait: str = ".hit") -> Page:
        self.page.goto(self.address + path)
        self.page.wait_for_selector(wait)
        return self.page

    def ask(self, question: str, wait: str = ".hit", **more: str) -> Page:
        return self.go("/?q=" + quote(question) + "".join(f"&{name}={quote(more[name])}" for name in more), wait)

    def filters(self) -> None:
        """Wait for the filters, which come after the hits."""
        self.page.wait_for_selector("#filters-body .count", state="attached")

    def clipboard(self) -> str:
        return str(self.page.evaluate("navigator.clipboard.readText()"))

    def focused(self) -> str:
        return str(self.page.evaluate("(document.activeElement.closest('.hit, [id]') || {}).id || ''"))


@pytest.fixture
def reader(chrome: Browser, address: str) -> Iterator[Reader]:
    """Somebody who reads Indonesian, at a desk; in the end nothing was complained about."""
    someone = Reader(chrome, address)
    yield someone
    someone.leave()


def api(address: str, path: str) -> Any:
    with urllib.request.urlopen(address + path) as response:
        return json.load(response)


def titles(page: Page) -> list[str]:
    return page.locator(".hit h2").all_inner_texts()


# --- asking -----------------------------------------------------------------------------------------------------------


def test_the_answering_sentence_is_marked(reader: Reader, seeds: Path) -> None:
    page = reader.ask(CUBA)
    first = (seeds / "000_430c46955cfb6541.txt").read_text(encoding="utf-8").split("\n")[0]
    assert page.locator("#hit-1 mark").all_inner_texts() == [first]
    kicker = page.locator("#hit-1 .kicker").inner_text()
    assert "VOA Indonesia" in kicker
    assert kicker.endswith("(tanggal disimpulkan)")  # the text names the day of its report, nobody that of publication
    assert page.title() == f"{CUBA} – Telusur"


def test_hits_stand_in_the_order_of_the_answer(reader: Reader) -> None:
    page = reader.ask(RICE)
    hits = api(reader.address, f"/api/search?query={quote(RICE)}&k=10")["hits"]
    assert len(hits) == 10
    assert titles(page) == [hit["title"] for hit in hits]
    assert page.locator(".hit .place").all_inner_texts() == [f"{h['path']}[{h['row']}]:{h['line_start']}" for h in hits]


def test_more_hits_on_demand(reader: Reader) -> None:
    page = reader.ask(RICE)
    page.get_by_role("button", name="Tampilkan 10 lagi").click()
    page.wait_for_selector("#hit-11")
    hits = api(reader.address, f"/api/search?query={quote(RICE)}&k=50")["hits"]
    assert titles(page)[:12] == [hit["title"] for hit in hits][:12]
    assert reader.focused() == "hit-11"


def test_marks_count_code_points(reader: Reader) -> None:
    page = reader.ask("Seberapa tinggi banjir di Demak?")
    sentence = "Banjir di Demak 😀🇮🇩 setinggi dua meter merendam 1.200 rumah <img src=x onerror=window.hit=4>."
    assert page.locator("#hit-1 mark").all_inner_texts() == [sentence]


def test_asking_by_typing(reader: Reader) -> None:
    page = reader.go("/", ".front")
    assert reader.focused() == "q"
    page.keyboard.type(CUBA)
    page.keyboard.press("Enter")
    page.wait_for_selector("#hit-1")
    assert parse_qs(urlsplit(page.url).query) == {"q": [CUBA]}
    assert reader.focused() == "q"


def test_answers_come_while_one_types(reader: Reader) -> None:
    page = reader.go("/", ".front")
    page.fill("#q", CUBA)
    expect(page.locator("#hit-1 .source")).to_have_text("VOA Indonesia")
    page.go_back()
    page.wait_for_selector(".front")


def test_an_outdated_request_is_given_up(reader: Reader) -> None:
    page = reader.go("/", ".front")
    given_up = []
    page.on("requestfailed", lambda request: given_up.append(request.url))
    page.route("**/api/search?query=" + "Beras*", lambda route: None)  # never answered
    page.fill("#q", "Beras")
    page.keyboard.press("Enter")
    page.fill("#q", CUBA)
    page.keyboard.press("Enter")
    expect(page.locator("#hit-1 .source")).to_have_text("VOA Indonesia")
    assert [parse_qs(urlsplit(url).query)["query"] for url in given_up] == [["Beras"]]


def test_nothing_relevant_is_a_proper_answer(reader: Reader) -> None:
    page = reader.ask("Resep rendang padang", ".nothing")
    expect(page.get_by_role("heading", name="Tidak ada artikel yang relevan")).to_be_visible()
    articles = api(reader.address, "/api/status")["articles"]
    assert f"dari {articles} artikel" in page.locator(".nothing").inner_text()
    assert page.locator(".hit").count() == 0
    page.get_by_role("button", name="Tunjukkan yang terdekat saja").click()
    page.wait_for_selector(".hit")
    assert page.locator(".notice").inner_text().startswith("Tidak ada yang tampaknya menjawab")
    assert "all=true" in page.url


def test_removing_all_filters_removes_the_last_of_them(reader: Reader) -> None:
    page = reader.go("/?q=Resep+rendang+padang&no_dates=true", ".nothing")
    page.get_by_role("button", name="Hapus semua saringan").click()
    expect(page.locator(".chips")).to_have_count(0)
    assert "no_dates" not in page.url


def test_a_weak_answer_says_so(reader: Reader) -> None:
    def weaken(route: Any) -> None:
        answer = route.fetch().json()
        route.fulfill(json={**answer, "confidence": 0.6})

    reader.page.route("**/api/search*", weaken)
    page = reader.ask(CUBA)
    assert page.locator(".notice").inner_text().startswith("Kecocokan lemah")
    assert "60" in page.locator(".sure").inner_text()
    page.unroute_all(behavior="ignoreErrors")


def test_the_same_text_elsewhere(reader: Reader) -> None:
    page = reader.ask("Siapa meresmikan jembatan Kapuas?")
    assert page.locator("#hit-1 .also").inner_text() in (
        "Juga di: Pontianak Pos, 5 Januari 2024",
        "Juga di: Antara, 5 Januari 2024",
    )


# --- reading ----------------------------------------------------------------------------------------------------------


def test_the_article_with_the_passage_in_place(reader: Reader, seeds: Path) -> None:
    page = reader.ask(RUSSIA)
    marked = page.locator("#hit-1 mark").inner_text()
    page.locator("#hit-1").get_by_role("link", name="Baca di artikel").click()
    page.wait_for_selector(".asked")
    assert page.locator(".asked mark").inner_text() == marked
    expect(page.locator(".asked mark")).to_be_in_viewport()
    assert reader.focused() == page.locator(".asked").get_attribute("id") == urlsplit(page.url).fragment
    shown = " ".join(page.locator(".story .body section > p").all_inner_texts())
    written = (seeds / "003_9b7df8ee4e7d4e57.txt").read_text(encoding="utf-8")
    assert re.sub(r"\s+", " ", shown).strip() == re.sub(r"\s+", " ", written).strip()
    other = reader.open()
    other.goto(page.url)  # somebody it was sent to
    assert other.locator(".asked mark").inner_text() == marked


def test_keyboard(reader: Reader) -> None:
    page = reader.ask(RICE)
    page.keyboard.press("/")
    assert reader.focused() == "q"
    page.keyboard.press("ArrowDown")
    assert reader.focused() == "hit-1"
    for key, hit in (("j", "hit-2"), ("ArrowDown", "hit-3"), ("k", "hit-2"), ("ArrowUp", "hit-1"), ("j", "hit-2")):
        page.keyboard.press(key)
        assert reader.focused() == hit
    title = titles(page)[1]
    page.keyboard.press("Enter")
    page.wait_for_selector(".story")
    assert page.locator("#story-title").inner_text() == title
    page.keyboard.press("Escape")
    page.wait_for_selector("#hit-2")
    assert reader.focused() == "hit-2"
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("r")
    page.wait_for_selector(".about")
    assert page.locator(".about h1").inner_text() == title


def test_related_is_never_the_article_itself(reader: Reader) -> None:
    page = reader.ask(RICE)
    title = titles(page)[0]
    page.locator("#hit-1 .to-related").click()
    page.wait_for_selector(".about")
    assert len(titles(page)) == 10
    assert title not in titles(page)


def test_related_to_a_pasted_text(reader: Reader) -> None:
    page = reader.go("/?text", "textarea")
    text = "Gunung meletus di Flores, abu vulkanik menutup bandara."
    page.fill("textarea", text)
    page.get_by_role("button", name="Cari yang terkait").click()
    page.wait_for_selector(".hit")
    assert titles(page)[0] == ENGLISH["title"]
    assert text not in page.url
    page.locator("#hit-1 h2 a").click()
    page.wait_for_selector(".story")
    page.go_back()
    page.wait_for_selector(".hit")
    assert page.input_value("textarea") == text


# --- filters and addresses --------------------------------------------------------------------------------------------


def test_a_publisher_chosen(reader: Reader) -> None:
    page = reader.ask(RICE)
    reader.filters()
    before = api(reader.address, f"/api/search?query={quote(RICE)}&k=50")["hits"]
    count = sum(hit["source"] == "Warta Tani" for hit in before)
    box = page.get_by_role("checkbox", name="Warta Tani")
    assert page.locator("label", has=box).locator(".count").inner_text() == str(count)
    box.check()
    page.wait_for_selector(".chip")
    assert {*page.locator(".hit .source").all_inner_texts()} == {"Warta Tani"}
    assert parse_qs(urlsplit(page.url).query)["source"] == ["Warta Tani"]
    page.get_by_role("button", name="Hapus saringan: Warta Tani").click()
    page.wait_for_selector(".chip", state="detached")
    assert {*page.locator(".hit .source").all_inner_texts()} >= {"Warta Tani", "Kabar Pasar"}


def test_a_period_dragged_over_the_histogram(reader: Reader) -> None:
    page = reader.ask("Harga beras di pasar", source="Kabar")
    reader.filters()
    bars = page.locator(".histogram .bar")
    names = [title.split(":")[0] for title in bars.locator("title").all_text_contents()]
    start, end = names.index("Maret 2023"), names.index("Juni 2023")
    first, last = bars.nth(start).bounding_box(), bars.nth(end).bounding_box()
    assert first
    assert last
    page.mouse.move(first["x"] + 1, first["y"] + 20)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] - 1, last["y"] + 20)
    page.mouse.up()
    expect(page.locator(".chip")).to_have_count(3)
    asked = parse_qs(urlsplit(page.url).query)
    assert (asked["since"], asked["until"]) == (["2023-03-01"], ["2023-06-30"])
    dates = [node.get_attribute("datetime") for node in page.locator(".hit time").all()]
    assert sorted(filter(None, dates)) == ["2023-03-15", "2023-05-15", "2023-06-15"]
    reader.filters()
    assert page.input_value("#since") == "2023-03-01"


def test_a_deep_link_and_the_way_back(reader: Reader) -> None:
    page = reader.ask("Harga beras di pasar", source="Kabar Pasar", until="2023-03", language="id", mode="lexical")
    dates = [node.get_attribute("datetime") for node in page.locator(".hit time").all()]
    assert sorted(filter(None, dates)) == ["2023-02-15", "2023-03-15"]
    assert page.input_value("#q") == "Harga beras di pasar"
    reader.filters()
    assert page.input_value("#mode") == "lexical"
    assert page.input_value("#until") == "2023-03-31"
    here = page.url
    page.fill("#q", CUBA)
    page.keyboard.press("Enter")
    page.wait_for_selector(".nothing")  # these filters hold for the next question too
    page.go_back()
    page.wait_for_selector(".hit")
    assert page.url == here
    assert page.input_value("#q") == "Harga beras di pasar"
    page.go_forward()
    page.wait_for_selector(".nothing")
    page.get_by_role("button", name="Hapus semua saringan").click()  # and the way of searching
    expect(page.locator("#hit-1 .source")).to_have_text("VOA Indonesia")


# --- citing -----------------------------------------------------------------------------------------------------------


def test_citations_on_the_clipboard(reader: Reader) -> None:
    page = reader.ask("Kapan gunung di Flores meletus?")
    hit = api(reader.address, f"/api/search?query={quote('Kapan gunung di Flores meletus?')}&k=1")["hits"][0]
    place = f"{hit['path']}[{hit['row']}]:1"
    marked_down = re.sub(r"([_~\[\]])", r"\\\1", place)
    tex = place.replace("_", "\\_")
    quoted, title, url = ENGLISH["text"], ENGLISH["title"], ENGLISH["url"]
    expected = {
        "Teks": f"“{quoted}” — The Post, 4 November 2024 — {title} — https://post.example/volcano — {place}",
        "Markdown": f"> {quoted}\n>\n> — The Post, 4 November 2024, [{title}]({url}) ({marked_down})",
        "BibTeX": "\n".join(
            (
                f"@online{{thepost-2024-{hit['article_id']}-1,",
                f"  title = {{{{{title}}}}},",
                "  organization = {{The Post}},",
                "  year = {2024},",
                "  month = {11},",
                "  date = {2024-11-04},",
                "  url = {https://post.example/volcano},",
                "  langid = {english},",
                f"  note = {{{tex}}},",
                f"  annote = {{“{quoted}”}},",
                "}",
            )
        ),
    }
    for name, citation in expected.items():
        page.locator("#hit-1").get_by_role("button", name=name).click()
        expect(page.get_by_role("status")).to_have_text(f"Kutipan ({name}) disalin.")
        assert reader.clipboard() == citation


def test_a_citation_without_the_clipboard_of_a_safe_context(reader: Reader) -> None:
    reader.page.add_init_script("Object.defineProperty(navigator, 'clipboard', {value: undefined})")
    page = reader.ask(CUBA)
    page.keyboard.press("j")
    page.keyboard.press("c")
    expect(page.get_by_role("status")).to_have_text("Kutipan (Teks) disalin.")
    page.fill("#q", "")
    page.focus("#q")
    page.keyboard.press("Control+v")
    assert page.input_value("#q").startswith("“Presiden China Xi Jinping")


def test_citations_of_hostile_text_stay_whole(reader: Reader) -> None:
    page = reader.ask("Kapal tenggelam di Selat Sunda")
    for name in ("Markdown", "BibTeX"):
        page.locator("#hit-1").get_by_role("button", name=name).click()
        expect(page.get_by_role("status")).to_have_text(f"Kutipan ({name}) disalin.")
        copied = reader.clipboard()
        assert "\u202e" not in copied
        if name == "Markdown":
            assert "(https://harian.example/a_%28b%29?x={1}&y=%3C2%3E)" in copied
        else:
            assert "url = {https://harian.example/a_(b)?x=%7B1%7D&y=%3C2%3E}" in copied
            assert copied.count("{") == copied.count("}")
            assert "month" not in copied


# --- safety -----------------------------------------------------------------------------------------------------------


def test_article_text_stays_text(reader: Reader) -> None:
    page = reader.ask("Seberapa tinggi banjir di Demak?")
    assert titles(page)[0] == HOSTILE["title"]
    assert page.locator("#hit-1 .source").inner_text() == HOSTILE["source"]
    assert page.locator("#hit-1 .to-original").count() == 0  # javascript: is no address of an original
    reader.filters()
    page.locator("#hit-1 h2 a").click()
    page.wait_for_selector(".story")
    assert HOSTILE["text"] in re.sub(r"\s+", " ", page.locator(".story .body").inner_text())
    assert page.locator(":is(main, aside) :is(script, img, i)").count() == 0
    assert page.evaluate("window.hit") is None


def test_text_is_shown_in_the_order_it_is_written(reader: Reader) -> None:
    page = reader.ask("Kapal tenggelam di Selat Sunda")
    assert "\u202e" not in page.locator("#hit-1").inner_text()
    assert page.locator("#hit-1 mark").inner_text() == re.sub("[\u202c\u202e]", "", REVERSED["text"])


def test_originals_open_beside(reader: Reader) -> None:
    page = reader.ask("Kapan gunung di Flores meletus?")
    link = page.locator("#hit-1 .to-original")
    assert link.get_attribute("href") == ENGLISH["url"]
    assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener noreferrer")


def test_the_policy_holds(reader: Reader) -> None:
    page = reader.ask(CUBA)
    page.evaluate(
        """() => new Promise((resolve) => {
            addEventListener('securitypolicyviolation', resolve, { once: true });
            const script = document.createElement('script');
            script.textContent = 'window.hit = 6';
            document.body.append(script);
        })"""
    )
    assert page.evaluate("window.hit") is None
    assert len(reader.complaints) == 1
    assert "Content Security Policy" in reader.complaints.pop()


# --- states, languages, screens ---------------------------------------------------------------------------------------


def test_a_server_that_went_away_and_came_back(reader: Reader) -> None:
    page = reader.go("/", ".front")
    reader.context.set_offline(True)
    page.fill("#q", CUBA)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Server tidak menjawab")).to_be_visible()
    reader.context.set_offline(False)
    expect(page.locator("#hit-1 .source")).to_have_text("VOA Indonesia")  # without a hand
    assert {text.split("net::")[-1] for text in reader.complaints} == {"ERR_INTERNET_DISCONNECTED"}
    reader.complaints.clear()


def test_an_index_that_cannot_be_read_yet(reader: Reader) -> None:
    body = {"error": "there is no index at .telusur", "hint": "make one with `telusur index FOLDER`"}
    reader.page.route("**/api/*", lambda route: route.fulfill(status=503, json=body))
    page = reader.ask(CUBA, ".wrong")
    assert page.locator(".told").inner_text() == f"{body['error']} — {body['hint']}"
    page.unroute("**/api/*")
    page.get_by_role("button", name="Coba lagi").click()
    page.wait_for_selector("#hit-1")
    assert all("503" in text for text in reader.complaints)
    reader.complaints.clear()


def test_an_article_that_is_not_there(reader: Reader) -> None:
    page = reader.go("/?a=00000000", ".wrong")
    assert page.locator("h1").inner_text() == "Tidak ditemukan"
    assert all("404" in text for text in reader.complaints)
    reader.complaints.clear()


def test_the_language_of_the_browser_and_the_one_chosen(chrome: Browser, address: str) -> None:
    someone = Reader(chrome, address, locale="en-US")
    page = someone.ask("Apa kata Xi Jinping kepada Putin?")
    assert page.locator("html").get_attribute("lang") == "en"
    assert "8 February 2024" in page.locator(".hits").inner_text()
    page.get_by_role("button", name="Bahasa Indonesia").click()
    expect(page.locator("#ask button")).to_have_text("Cari")
    assert "8 Februari 2024" in page.locator(".hits").inner_text()
    page.reload()
    page.wait_for_selector(".hit")
    assert page.locator("html").get_attribute("lang") == "id"
    someone.leave()


PLACES = [
    "/",
    "/?text",
    f"/?q={quote(CUBA)}",
    f"/?q={quote(RICE)}&source=Kabar",
    "/?q=Resep%20rendang%20padang",
    "ARTICLE",
]


def place(address: str, path: str) -> str:
    if path != "ARTICLE":
        return path
    hit = api(address, f"/api/search?query={quote('Kapal tenggelam di Selat Sunda')}&k=1")["hits"][0]
    return f"/?a={hit['article_id']}&mark=0-30#p1"


# What differs in the dark is the colours.
@pytest.mark.parametrize(("scheme", "rules"), [("light", {}), ("dark", {"runOnly": ["color-contrast"]})])
def test_axe_finds_nothing_serious(chrome: Browser, address: str, scheme: Any, rules: Any) -> None:
    someone = Reader(chrome, address, color_scheme=scheme)
    found = {}
    for path in PLACES:
        page = someone.go(place(address, path), ".front, textarea, .hit, .nothing, .story")
        page.wait_for_load_state("networkidle")
        found[path] = Axe().run(page, options=rules).response
    page.keyboard.press("?")
    found["help"] = Axe().run(page, options=rules).response
    someone.leave()
    assert all(len(response["passes"]) > 0 for response in found.values())
    serious = [
        (path, violation["id"], [node["html"] for node in violation["nodes"]])
        for path, response in found.items()
        for violation in response["violations"]
        if violation["impact"] in ("serious", "critical")
    ]
    assert serious == []


def test_a_narrow_phone_scrolls_in_one_direction(chrome: Browser, address: str) -> None:
    someone = Reader(chrome, address, viewport={"width": 360, "height": 740})
    for path in [*PLACES, "/?q=Kapal%20tenggelam%20di%20Selat%20Sunda"]:
        page = someone.go(place(address, path), ".front, textarea, .hit, .nothing, .story")
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth") == 360, path
    page.locator("#filters-open").click()
    expect(page.locator("#since")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    someone.leave()


# --- the files ------------------------------------------------------------------------------------------------------


def test_pieces_are_slices_of_the_text(reader: Reader) -> None:
    """Any spans of any text: what Python's slices give, which count code points."""
    draw = random.Random(5)
    cases = []
    for _ in range(200):
        text = "".join(draw.choices("ab 😀é\u0301🇮🇩\n", k=draw.randint(1, 40)))
        ends = sorted(draw.sample(range(len(text) + 1), k=draw.choice((0, 2, 4)) if len(text) > 3 else 0))
        start, end = sorted(draw.choices(range(len(text) + 1), k=2))
        cases.append(
            {"text": text, "spans": list(zip(ends[::2], ends[1::2], strict=False)), "start": start, "end": end}
        )
    page = reader.go("/", ".front")
    found = page.evaluate(
        """async (cases) => {
            const { pieces } = await import('/passage.js');
            return cases.map(({ text, spans, start, end }) => pieces(text, spans, start, end));
        }""",
        cases,
    )
    for case, parts in zip(cases, found, strict=True):
        text, start, end = case["text"], case["start"], case["end"]
        assert "".join(part["text"] for part in parts) == text[start:end]
        marked = [text[max(a, start) : min(b, end)] for a, b in case["spans"] if max(a, start) < min(b, end)]
        assert [part["text"] for part in parts if part["kind"]] == marked


def test_an_excerpt_holds_its_sentence(reader: Reader) -> None:
    draw = random.Random(6)
    text = " ".join("".join(draw.choices("abcdé😀", k=draw.randint(1, 9))) for _ in range(300))
    spans = [sorted(draw.sample(range(len(text)), k=2)) for _ in range(100)]
    page = reader.go("/", ".front")
    found = page.evaluate(
        """async ([text, spans]) => {
            const { excerpt } = await import('/passage.js');
            return spans.map((span) => excerpt(text, [span]));
        }""",
        [text, spans],
    )
    for (a, b), (start, end) in zip(spans, found, strict=True):
        assert start <= a < b <= end
        assert end - start <= max(460, b - a + 310)


def test_bins_and_the_calendar(reader: Reader) -> None:
    page = reader.go("/", ".front")
    names = [f"{year}-{month:02}" for year in (1900, 2000, 2023, 2024) for month in range(1, 13)]
    found = page.evaluate(
        """async (names) => {
            const { bins, lastDay } = await import('/histogram.js');
            const dates = (...given) => bins(given);
            return [names.map(lastDay), [
                dates('2023-11-30', '2024-02', '2024-02-01', null),
                dates('2024-02-28', '2024-03-01', '2024-03-01'),
                dates('1998', '2001-05-05', '2024'),
            ]];
        }""",
        names,
    )
    assert found[0] == [f"{n}-{calendar.monthrange(int(n[:4]), int(n[5:]))[1]}" for n in names]
    shown = [([(bar["name"], bar["count"]) for bar in one["bars"]], one["undated"]) for one in found[1]]
    assert shown[0] == ([("2023-11", 1), ("2023-12", 0), ("2024-01", 0), ("2024-02", 2)], 1)
    assert shown[1] == ([("2024-02-28", 1), ("2024-02-29", 0), ("2024-03-01", 2)], 0)
    assert shown[2][0][0] == ("1998", 1)
    assert sum(count for _, count in shown[2][0]) == 3
    assert len(shown[2][0]) == 27


def test_an_address_is_read_as_it_is_written(reader: Reader) -> None:
    page = reader.go("/", ".front")
    views = [
        "/?q=a+%26+b%3F&source=X&source=Y+%C3%A9&language=id&since=2023&until=2024-02-08&mode=lexical&path=a%2F*&all=true",
        "/?r=0a1b2c3d%231&source=X",
        "/?text",
        "/?a=0a1b2c3d&mark=3-17#p2",
        "/",
    ]
    written = page.evaluate(
        """async (views) => {
            const { readAddress, writeAddress } = await import('/address.js');
            return views.map((view) => writeAddress(readAddress(location.origin + view)));
        }""",
        views,
    )
    assert written == views


def test_both_languages_say_everything(reader: Reader) -> None:
    page = reader.go("/", ".front")
    both = page.evaluate(
        """async () => {
            const { WORDS } = await import('/words.js');
            const shape = (said) => (typeof said === 'string' ? said !== '' : said.length);
            return Object.values(WORDS).map((words) => Object.entries(words).map(([key, said]) => [key, shape(said)]));
        }"""
    )
    assert len(both) == 2
    assert both[0] == both[1]


def test_the_page_is_in_the_package() -> None:
    packed = {file.distribution_path for file in WheelBuilder(str(ROOT)).recurse_included_files()}
    page = {path.relative_to(ROOT).as_posix() for path in (ROOT / "search" / "page").iterdir()}
    assert {"search/page/index.html", "search/page/page.css", "search/page/main.js"} <= page <= packed


def test_limits_are_those_of_the_server() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "search" / "page").glob("*.js"))
    figures = {
        name: float(figure.replace("_", "")) for name, figure in re.findall(r"const ([A-Z_]+) = ([\d._]+);", text)
    }
    assert figures["WEAK"] == WEAK
    assert figures["MAX_TEXT"] == MAX_TEXT
    assert figures["DEEP"] <= MAX_K


def test_modules_name_only_each_other() -> None:
    """No other host, no path, nothing that a build would have to make."""
    folder = ROOT / "search" / "page"
    for path in folder.iterdir():
        text = path.read_text(encoding="utf-8")
        imported = re.findall(r"""(?:from|import)\s*\(?["']([^"']+)["']""", text) if path.suffix == ".js" else []
        assert all((folder / name).is_file() and name.startswith("./") for name in imported), path.name
        assert not {*re.findall(r"https?://[^\s'\"]+", text)} - {"http://www.w3.org/2000/svg"}, path.name
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", text), path.name
