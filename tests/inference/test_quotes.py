"""Quotes and speakers: what must hold for texts of sixteen languages, and for any string at all."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stancewire.inference.quotes import find_quotes
from stancewire.inference.quotes.lexicon import WORD, codes, guess, language
from stancewire.records import Quote


def words(text: str, quote: Quote) -> list[str]:
    return [text[start:end].strip(" ,.") for start, end in quote.spans]


def only(text: str, lang: str | None = None) -> Quote:
    quotes = find_quotes(text, lang)
    assert len(quotes) == 1, [words(text, quote) for quote in quotes]
    return quotes[0]


def speaker(text: str, lang: str | None = None) -> str | None:
    found = only(text, lang).speaker
    return found.text if found else None


@pytest.mark.parametrize(
    ("lang", "text", "said"),
    [
        ("en", "“We will not send a single ship,” said Maud Ferrier on Monday.", "We will not send a single ship"),
        ("en", "‘We will not send a single ship,’ said Maud Ferrier on Monday.", "We will not send a single ship"),
        ("en", '"We will not send a single ship," said Maud Ferrier.', "We will not send a single ship"),
        ("de", "„Wir schicken kein einziges Schiff“, sagte Maud Ferrier.", "Wir schicken kein einziges Schiff"),
        ("de", "»Wir schicken kein einziges Schiff«, sagte Maud Ferrier.", "Wir schicken kein einziges Schiff"),
        ("pl", "„Nie wyślemy ani jednego okrętu”, powiedziała Maud Ferrier.", "Nie wyślemy ani jednego okrętu"),
        ("fr", "« On n'enverra pas un seul navire », a déclaré Maud Ferrier.", "On n'enverra pas un seul navire"),
        ("fr", "‹ On n'enverra pas un seul navire ›, a déclaré Maud Ferrier.", "On n'enverra pas un seul navire"),
        ("ja", "首相は「船は一隻も送らないと決めた」と述べた。", "船は一隻も送らないと決めた"),
        ("ja", "首相は『船は一隻も送らないと決めた』と述べた。", "船は一隻も送らないと決めた"),
        ("zh", "部长说：“我们一艘船也不会派出去。”", "我们一艘船也不会派出去。"),
        ("ko", "장관은 “배를 한 척도 보내지 않겠다”고 말했다.", "배를 한 척도 보내지 않겠다"),
        ("ar", "قال الوزير إن «البلاد لن ترسل سفينة واحدة إلى هناك».", "البلاد لن ترسل سفينة واحدة إلى هناك"),
        ("tr", "Bakan, “Oraya tek bir gemi bile göndermeyeceğiz” dedi.", "Oraya tek bir gemi bile göndermeyeceğiz"),
        ("ru", "«Мы не отправим ни одного корабля», — сказала Мод Ферье.", "Мы не отправим ни одного корабля"),
    ],
)
def test_the_words_between_the_marks_of_each_language_are_the_quote(lang: str, text: str, said: str) -> None:
    assert words(text, only(text, lang)) == [said.strip(" ,.")]


@pytest.mark.parametrize("marks", ["“{} »", '“{}"', "«{}”", '„{}"', "“{}“", "”{}”"])
def test_marks_that_do_not_match_still_make_a_pair(marks: str) -> None:
    text = marks.format("We have waited for this treaty long enough") + ", said Maud Ferrier on Monday."
    assert words(text, only(text, "en")) == ["We have waited for this treaty long enough"]


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", " ", ""])
def test_the_spaces_inside_guillemets_are_no_part_of_the_span(space: str) -> None:
    text = f"«{space}Nous avons assez attendu ce traité{space}», a dit Maud Ferrier."
    ((start, end),) = only(text, "fr").spans
    assert text[start:end] == "Nous avons assez attendu ce traité"


def test_nested_marks_belong_to_the_outer_quote() -> None:
    text = "“She told us ‘never again’ and we believed every word,” said Maud Ferrier."
    assert words(text, only(text, "en")) == ["She told us ‘never again’ and we believed every word"]


def test_apostrophes_are_no_marks() -> None:
    text = "The workers’ lawyer wasn't there. 'It's the owners' fault, and they don't care,' said Maud Ferrier."
    assert words(text, only(text, "en")) == ["It's the owners' fault, and they don't care"]
    assert find_quotes("It’s the dogs’ home, and that’s ’n boek van ’t meisje.") == []


def test_a_mark_that_is_never_closed_ends_with_its_paragraph() -> None:
    text = "Maud Ferrier said: “We have waited long enough for this treaty.\n\nThe session goes on tomorrow."
    assert words(text, only(text, "en")) == ["We have waited long enough for this treaty"]


def test_a_quote_that_goes_on_in_the_next_paragraph_is_one_quote() -> None:
    text = "Maud Ferrier said: “We have waited long enough.\n\n“The treaty must be signed before the winter.”"
    assert len(only(text, "en").spans) == 2


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "“We have waited long enough,” said Maud Ferrier, “and the treaty must be signed.”"),
        ("fr", "« Nous avons assez attendu », a dit Maud Ferrier, « et le traité doit être signé. »"),
        ("de", "„Wir haben lange gewartet“, sagte Maud Ferrier, „und der Vertrag muss unterschrieben werden.“"),
        ("ru", "«Мы ждали достаточно долго, — сказала Мод Ферье, — и договор надо подписать»."),
        ("es", "—Hemos esperado bastante —dijo Maud Ferrier—, y el tratado debe firmarse ya."),
        ("fr", "« Nous avons assez attendu, a dit Maud Ferrier, et le traité doit être signé. »"),
    ],
)
def test_a_quote_broken_by_its_reporting_clause_is_one_quote_with_two_spans(lang: str, text: str) -> None:
    quote = only(text, lang)
    assert len(quote.spans) == 2
    assert quote.speaker is not None
    assert quote.speaker.text in {"Maud Ferrier", "Мод Ферье"}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("es", "«Ningún puerto es seguro», dijo Maud Ferrier. «Lo que falta», agregó ella, «es un faro en cada cabo.»"),
        ("de", "„Kein Hafen ist sicher“, sagte Maud Ferrier. „Wir brauchen“, betonte sie, „einen Turm an jedem Kap.“"),
    ],
)
def test_a_quote_with_a_reporting_clause_of_its_own_goes_on_with_no_quote_before_it(lang: str, text: str) -> None:
    assert [len(quote.spans) for quote in find_quotes(text, lang)] == [1, 2]


def test_a_short_name_before_a_full_stop_is_no_abbreviation() -> None:
    text = (
        "Der Bau begann gestern. „Das ist ein Irrweg“, sagte Karl Otto. „Wir bauen trotzdem weiter wie geplant“, sagte "
        "die Sprecherin der Firma."
    )
    speakers = [quote.speaker and quote.speaker.text for quote in find_quotes(text, "de")]
    assert len(speakers) == 2
    assert speakers[0] == "Karl Otto"
    assert "Sprecherin" in (speakers[1] or "")


@pytest.mark.parametrize("title", ["M.", "Mme", "Mme.", "le Dr.", "J."])
def test_the_point_of_a_title_ends_no_reporting_clause(title: str) -> None:
    quote = only(f"« Le port de Brest, a insisté {title} Ferrier, restera ouvert tout l'hiver. »", "fr")
    assert len(quote.spans) == 2
    assert quote.speaker is not None
    assert quote.speaker.text.endswith("Ferrier")


def test_a_quote_runs_on_over_the_lines_of_a_text_with_one_sentence_a_line() -> None:
    text = (
        "The harbour was full on Monday.\n"
        "“We have waited for this treaty long enough.\n"
        "We won't wait for ‘another’ one,” said Maud Ferrier.\n"
        "“No port is safe without it.”\n"
        "The session goes on.\n"
    )
    assert len(only(text, "en").spans) == 3


def test_fragments_that_hang_on_one_verb_are_one_quote() -> None:
    text = "Maud Ferrier called the treaty “a trap for all our ports” and “the worst of all the offers made so far”."
    assert len(only(text, "en").spans) == 2


def test_two_verbs_make_two_quotes() -> None:
    text = "Maud Ferrier called it “a trap for all our ports” and Paul Kervella said “we never agreed to any of this”."
    assert len(find_quotes(text, "en")) == 2


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Speaking to Harbour News, Maud Ferrier said: “We have waited for this treaty long enough.”", "Maud Ferrier"),
        ("Maud Ferrier landed in Oslo. However, she added, “no port is safe without this treaty”.", "Maud Ferrier"),
    ],
)
def test_who_is_spoken_to_and_what_opens_a_sentence_does_not_speak(text: str, name: str) -> None:
    assert speaker(text, "en") == name


@pytest.mark.parametrize(
    ("lang", "text", "office"),
    [
        (
            "fr",
            "« Nous partirons demain à la première heure », a dit Ko Tin. « La junte contrôle tout le pays », assure "
            "le porte-parole de la junte.",
            "porte-parole de la junte",
        ),
        (
            "en",
            "“We will leave the country in the morning,” said Ko Tin. “The junta controls the whole country,” said the "
            "spokesman of the junta.",
            "spokesman",
        ),
    ],
)
def test_the_office_in_the_reporting_clause_wins_over_the_speaker_before(lang: str, text: str, office: str) -> None:
    speakers = [quote.speaker and quote.speaker.text for quote in find_quotes(text, lang)]
    assert speakers[0] == "Ko Tin"
    assert office in (speakers[1] or "")


def test_all_mentions_of_a_speaker_are_one_entity() -> None:
    text = (
        "Prime Minister Aino Laine met reporters. “We will sign the treaty before the winter,” Laine said. “It took us "
        "long enough,” she added.\n\nThe prime minister also said “no port will be closed to anyone this year”."
    )
    speakers = [quote.speaker for quote in find_quotes(text, "en")]
    assert [found and found.entity for found in speakers] == ["Prime Minister Aino Laine"] * len(speakers)


def test_two_people_of_one_surname_stay_two() -> None:
    text = (
        "“We will sign the treaty before the winter,” said Aino Laine. “Nobody in my village will sign this treaty,” "
        "said Pekka Laine."
    )
    speakers = [quote.speaker for quote in find_quotes(text, "en")]
    assert [found and found.entity for found in speakers] == ["Aino Laine", "Pekka Laine"]


def test_vowel_signs_do_not_cut_arabic_words() -> None:
    assert WORD.findall("ماريو أورّيغو") == ["ماريو", "أورّيغو"]
    assert "ذكّرت" in language("ar")["verbs"]


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The film “Northern Snow” opens in Oslo on Friday."),
        ("fr", "Le navire « Étoile du Nord » a quitté le port de Brest mardi."),
        ("de", "Die Zeitung „Der Morgen“ erscheint seit gestern wieder."),
        ("en", "He grew up in the so-called “golden age” of the railways."),
        ("zh", "他读完了《北方的雪》，又去看了一场电影。"),
        ("en", '5\' 10" tall, with a 27" wheel.'),
    ],
)
def test_titles_names_and_scare_quotes_are_no_quotes(lang: str, text: str) -> None:
    assert find_quotes(text, lang) == []


@pytest.mark.parametrize(
    ("lang", "text", "name"),
    [
        ("en", "“We have waited long enough for this treaty,” Maud Ferrier said on Monday.", "Maud Ferrier"),
        ("en", "According to Maud Ferrier, “the treaty is a step towards a lasting peace”.", "Maud Ferrier"),
        ("it", "«Abbiamo aspettato abbastanza questo trattato», ha detto Maud Ferrier.", "Maud Ferrier"),
        ("es", "«Hemos esperado bastante este tratado», dijo Maud Ferrier.", "Maud Ferrier"),
        ("pt", "“Já esperámos bastante por este tratado”, disse Maud Ferrier.", "Maud Ferrier"),
        ("nl", "‘We hebben lang genoeg op dit verdrag gewacht’, zei Maud Ferrier.", "Maud Ferrier"),
        ("cs", "„Čekali jsme na tu smlouvu dost dlouho,“ řekla Maud Ferrier.", "Maud Ferrier"),
        ("uk", "«Ми досить довго чекали на цю угоду», — сказала Мод Ферʼє.", "Мод Ферʼє"),
        ("zh", "安理会轮值主席的发言人朴河俊说：“各国专家还在看文本，本周不安排表决。”", "朴河俊"),
        ("ar", "أما نجية بوسيف، وهي معلمة في المدينة، فقالت: «تركت الباب مفتوحاً كي لا يكسروه».", "نجية بوسيف"),
        ("fr", "La Corée du Nord a dénoncé l'envoi de « vieux canons rouillés à nos portes ».", "La Corée du Nord"),
    ],
)
def test_the_name_in_the_reporting_clause_is_the_speaker(lang: str, text: str, name: str) -> None:
    assert speaker(text, lang) == name


def test_a_pronoun_stands_for_the_name_before_it() -> None:
    text = "Maud Ferrier arrived in Oslo on Monday. “We have waited long enough for this treaty,” she said."
    assert speaker(text, "en") == "Maud Ferrier"


def test_nobody_speaks_where_nobody_is_named() -> None:
    assert speaker("“We have waited long enough for this treaty.”", "en") is None


def test_offsets_count_code_points_of_the_given_text() -> None:
    text = "🚢🚢 “We have waited e\u0301nough for this treaty,” said Maud Ferrier."
    quote = only(text, "en")
    assert text[slice(*quote.spans[0])].startswith("We have waited e\u0301nough")
    assert quote.speaker is not None
    assert quote.speaker.span is not None
    assert text[slice(*quote.speaker.span)] == quote.speaker.text


def test_every_language_has_its_words_and_is_recognised() -> None:
    assert codes() == tuple(TELLING)
    for code in codes():
        assert any(language(code)["verbs"].find(TELLING[code], 0, len(TELLING[code]))), code
        assert guess(TELLING[code]) == code


TELLING = {
    "ar": "قال الوزير إن السفينة لن تبحر قبل نهاية الشهر.",
    "cs": "Ministryně řekla, že se loď nevrátí dřív než na konci měsíce a že ji to mrzí.",
    "de": "Die Ministerin sagte, dass das Schiff nicht vor dem Ende des Monats fährt.",
    "en": "The minister said that the ship would not leave before the end of the month.",
    "es": "La ministra dijo que el barco no saldrá antes del fin de mes y que no hay otro.",
    "fr": "La ministre a dit que le navire ne partira pas avant la fin du mois.",
    "it": "La ministra ha detto che la nave non partirà prima della fine del mese.",
    "ja": "大臣は、船は月末まで出ないと述べた。",
    "ko": "장관은 배가 월말까지 떠나지 않는다고 말했다.",
    "nl": "De minister zei dat het schip niet voor het einde van de maand vertrekt.",
    "pl": "Ministra powiedziała, że statek nie wypłynie przed końcem miesiąca, ale jest gotowy.",
    "pt": "A ministra disse que o navio não sai antes do fim do mês e que há outro.",
    "ru": "Министр сказала, что корабль не выйдет до конца месяца и что это её решение.",
    "tr": "Bakan, geminin ay sonundan önce kalkmayacağını ve bunun için bir neden olduğunu söyledi.",
    "uk": "Міністерка сказала, що корабель не вийде до кінця місяця і що це її рішення.",
    "zh": "部长说，船在月底以前不会开。",
}

PIECES = [
    *"“”„«»‹›‘’‚'\"「」『』《》—–-…!?.,:;。、，\n\u00a0\u202f\u200b\x00İßﬁ",
    "\n\n",
    "``",
    "''",
    " said ",
    " dit ",
    " Maud Ferrier",
]
TEXTS = st.lists(
    st.sampled_from(PIECES)
    | st.text(st.characters(exclude_categories=("Cs",)), max_size=4)
    | st.sampled_from([*TELLING.values()]),
    max_size=40,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from([None, "xx", "pt-BR", *codes()]))
def test_any_text_gives_quotes_whose_spans_are_valid_ordered_and_apart(text: str, lang: str | None) -> None:
    end_of_last = 0
    for quote in find_quotes(text, lang):
        assert quote.spans
        for start, end in quote.spans:
            assert end_of_last <= start < end <= len(text)
            end_of_last = end
        assert quote.topics is None
        assert quote.probability is not None
        assert 0.5 <= quote.probability <= 1
        if quote.speaker:
            assert quote.speaker.span is not None
            assert text[slice(*quote.speaker.span)] == quote.speaker.text
            assert quote.speaker.probability is not None
            assert 0 <= quote.speaker.probability <= 1
            assert quote.speaker.entity


@pytest.mark.parametrize(
    "piece", ['"a ', "“", "«a»»„", "— said X ", "‘a ", 'a. "', "\n“", "A" * 50, ", said ", "«a, dit X, "]
)
def test_time_grows_with_length_and_no_faster(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        begin = time.process_time()
        find_quotes(text, "fr")
        return time.process_time() - begin

    seconds(1000)
    assert seconds(40_000) < 0.2 + 12 * seconds(10_000)
