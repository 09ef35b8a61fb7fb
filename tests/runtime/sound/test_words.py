import math

import pytest

from runtime.sound.words import Bm25, stem, terms


@pytest.mark.parametrize(("forms", "common"), [
    (("wave", "waves", "waving"), "wav"), (("drive", "drives", "driving"), "driv"), (("run", "runs", "running"), "run"),
    (("fly", "flies", "flying"), "fly"), (("race", "racing", "raced", "races"), "rac"), (("skid", "skidding"), "skid"),
    (("fall", "falling"), "fall"), (("bus",), "bus"), (("glass",), "glass"), (("bird", "birds"), "bird"),
    (("king",), "king"), (("sing", "sings"), "sing")])
def test_forms_of_a_word_meet(forms: tuple[str, ...], common: str) -> None:
    assert {stem(form) for form in forms} == {common}


def test_only_words_that_carry_meaning_are_kept() -> None:
    assert terms("A wide shot of the dog's RUN across the Meadow, close-up!") == ["dog", "run", "meadow"]
    assert terms("") == []
    assert terms("Ein Zug fährt über die Brücke") == ["ein", "zug", "fährt", "über", "die", "brück"]


def test_bm25_by_hand() -> None:
    ranking = Bm25([{"dog": 2.0, "bark": 1.0}, {"dog": 1.0, "run": 1.0, "meadow": 2.0, "grass": 1.0}, {"cat": 2.0}])
    # Lengths 3, 5, 2: mean 10/3. dog is in 2 of 3, bark in 1 of 3.
    dog, bark = math.log(1 + 1.5 / 2.5), math.log(1 + 2.5 / 1.5)
    damping = 1.2 * (0.25 + 0.75 * 3 / (10 / 3))
    expected = dog * 2 * 2.2 / (2 + damping) + bark * 1 * 2.2 / (1 + damping)
    assert ranking.score(0, ["dog", "bark", "dog", "moon"]) == pytest.approx(expected, rel=1e-12)
    damping = 1.2 * (0.25 + 0.75 * 5 / (10 / 3))
    assert ranking.score(1, ["dog"]) == pytest.approx(dog * 2.2 / (1 + damping), rel=1e-12)
    assert ranking.score(2, ["dog", "bark"]) == 0.0
    assert ranking.idf("moon") == pytest.approx(bark)


def test_no_documents_are_no_error() -> None:
    assert Bm25([]).idf("dog") > 0
