"""Who reads, reads in their language: pages, refusals, figures. What is stored and printed is the shop's."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from flask import render_template_string

from pos import config, language
from pos.app import App, create_app
from pos.errors import BadSettings
from pos.said import nsaid, said
from pos.store import notices
from tests.store.looking import bodies
from tests.web.conftest import Page

MARKS = str.maketrans("", "", "\u2066\u2067\u2068\u2069\u200e\u200f")


def reads(page: Page, tag: str) -> Page:
    """The browser's own choice, as static/js/language.js makes it."""
    page.client.set_cookie("tillkeep_language", tag, domain="127.0.0.1")
    return page


def with_shop(shop: config.Config, **values: str) -> config.Config:
    return replace(shop, shop=replace(shop.shop, **values))


def test_a_page_is_in_the_language_the_browser_chose(page: Page) -> None:
    assert '<html lang="en-GB" dir="ltr">' in page.get("/sign-in").text
    there = reads(page, "ar").get("/sign-in").text
    assert '<html lang="ar" dir="rtl" data-words="/words/ar.' in there
    assert "<h1>تسجيل الدخول</h1>" in there


@pytest.mark.parametrize("chosen", ["", "xx", "../en", "ar_EG"])
def test_a_choice_there_is_not_is_the_shops(page: Page, chosen: str) -> None:
    assert '<html lang="en-GB" dir="ltr">' in reads(page, chosen).get("/sign-in").text


def test_the_words_of_the_scripts_are_kept_for_ever_under_their_mark(page: Page) -> None:
    mark = language.of("ar").mark
    answer = page.get(f"/words/ar.{mark}.json")
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.json == json.loads(language.of("ar").words)
    again = page.get(f"/words/ar.{mark}.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert page.get("/words/ar.older.json").headers["Cache-Control"] == "no-cache"
    assert page.get("/words/xx.1.json").status_code == 404


def test_a_refusal_is_said_in_the_readers_language_under_the_same_code(anna: Page, basket) -> None:
    wrong = basket(customer="Nobody")
    english = anna.post("/api/create-sale", wrong).json
    arabic = reads(anna, "ar").post("/api/create-sale", wrong).json
    assert english["message"] == "Customer Nobody is not known here."
    assert arabic["message"].translate(MARKS) == "العميل Nobody غير معروف هنا."
    assert {**english, "message": ""} == {**arabic, "message": ""}


def test_money_is_as_the_reader_writes_it_and_figures_are_plain(anna: Page, basket) -> None:
    priced = reads(anna, "ar").post("/api/price", basket(3)).json
    assert (priced["total_text"], priced["total"]) == ("14.97\u00a0£", "14.97")
    assert priced["items_text"].translate(MARKS) == "3 أصناف"


def test_what_is_stored_does_not_know_who_read(anna: Page, basket, till: App) -> None:
    sale = basket(discount={"kind": "amount", "value": "0.09", "reason": "Damaged"}, total="4.90")
    sale["payments"][0]["amount"] = "4.90"
    answer = reads(anna, "ar").post("/api/create-sale", sale)
    assert answer.status_code == 201, answer.json
    (stored,) = bodies(till.store)
    assert stored.isascii()
    assert json.loads(stored)["discount"]["reason"] == "Damaged"


class TestOfAnArabicShop:
    @pytest.fixture
    def settings_of(self, shop: config.Config) -> config.Config:
        return with_shop(shop, language="ar", currency="GBP")

    def test_paper_is_in_the_language_of_the_shop_whoever_reads(self, admin: Page, basket) -> None:
        number = admin.post("/api/create-sale", basket(2)).json["receipt"]["number"]
        page = reads(admin, "en").get(f"/receipts/{number}").text
        paper = page[page.index("<article") : page.index("</article>")].translate(MARKS)
        assert 'lang="ar" dir="rtl"' in paper
        assert "الإجمالي، صنفان" in paper and "النقد" in paper
        assert "Print receipt" in page, "the page around it is the reader's"

    def test_a_browser_that_chose_nothing_reads_it(self, page: Page) -> None:
        assert '<html lang="ar" dir="rtl"' in page.get("/sign-in").text


class TestOfAGermanLocale:
    @pytest.fixture
    def settings_of(self, shop: config.Config) -> config.Config:
        return with_shop(shop, locale="de_DE", currency="EUR")

    def test_figures_are_as_the_shop_set_them_and_another_language_has_its_own(self, page: Page) -> None:
        assert page.session()["shop"]["locale"] == "de-DE"
        assert reads(page, "ar").session()["shop"]["locale"] == "ar"


def test_a_language_there_is_not_stops_the_start(shop: config.Config) -> None:
    with pytest.raises(BadSettings, match="there are: en, ar"):
        create_app(with_shop(shop, language="xx"))


def test_a_notice_is_read_in_the_language_of_its_reader(till: App, admin: Page) -> None:
    place = said("Make room: {least} MB are asked for ([storage] disk_free_mb_min).", least=500)
    words = said("The clock of this machine was set back by {time}.", time=nsaid("{n} hour", "{n} hours", 3))
    notices.raise_notice(till.store, "clock-jump", "needs", words, place)
    (english,) = admin.get("/api/notices").json["notices"]
    assert (english["text"], english["remedy"]) == (words, place)
    there = language.of("ar").say(words)
    (arabic,) = reads(admin, "ar").get("/api/notices").json["notices"]
    assert arabic["text"] == there != words and "3" in there
    assert admin.get("/api/status").json["needs_list"][0]["text"] == there
    assert there in admin.get("/notices").text


def test_a_fact_of_a_templates_text_that_is_a_text_itself_is_in_that_language_too(till: App) -> None:
    shown = "{{ _('by %(what)s', what=words) }}"
    with till.flask.test_request_context(headers={"Cookie": "tillkeep_language=ar"}):
        found = render_template_string(shown, words=said("Name"))
    assert found.translate(MARKS) == f"حسب {language.of('ar').say('Name')}" and "Name" not in found
