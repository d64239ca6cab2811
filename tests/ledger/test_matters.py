"""Matters: layers of lists and the one answer that follows."""

from __future__ import annotations

from ledger.matters import LAYERS, Layer, Matter, MatterList, Verdict, look_up, normalise, resolve

TODAY = "2026-11-22"


def make_list(
    layer: Layer, *items: tuple[str, Verdict], version: int = 1, start: str = "2020-01-01"
) -> MatterList:
    """Return a list of one layer; codes are numbered per layer."""
    return MatterList(
        layer=layer,
        place=layer,
        version=version,
        from_date=start,
        matters=tuple(
            Matter(code=f"{layer}-{n}", name=name, verdict=verdict, layer=layer, place=layer)
            for n, (name, verdict) in enumerate(items)
        ),
    )


def test_what_a_higher_layer_forbids_no_lower_one_allows() -> None:
    for higher in range(len(LAYERS) - 1):
        lists = [
            make_list(LAYERS[higher], ("死亡证明", Verdict.FORBIDDEN)),
            make_list(LAYERS[higher + 1], ("死亡证明", Verdict.ALLOWED)),
        ]

        answer = look_up(resolve(lists, TODAY), "死亡证明")

        assert answer.verdict is Verdict.FORBIDDEN
        assert answer.matter is not None and answer.matter.layer == LAYERS[higher]


def test_a_lower_layer_may_forbid_what_a_higher_one_allows() -> None:
    lists = [
        make_list("province", ("居住证明", Verdict.ALLOWED)),
        make_list("county", ("居住证明", Verdict.FORBIDDEN)),
    ]

    assert look_up(resolve(lists, TODAY), "居住证明").reason == "forbidden"


def test_a_lower_layer_may_fill_a_gap() -> None:
    lists = [make_list("national"), make_list("township", ("分户证明", Verdict.ALLOWED))]

    assert look_up(resolve(lists, TODAY), "分户证明").reason == "on-list"


def test_a_lower_layer_may_narrow_but_not_widen_discretion() -> None:
    narrowed = [
        make_list("county", ("贷款", Verdict.ALLOWED)),
        make_list("township", ("贷款", Verdict.DISCRETIONARY)),
    ]
    widened = [
        make_list("county", ("贷款", Verdict.DISCRETIONARY)),
        make_list("township", ("贷款", Verdict.ALLOWED)),
    ]

    for lists in (narrowed, widened):
        assert look_up(resolve(lists, TODAY), "贷款").reason == "discretionary"


def test_what_stands_on_no_list_is_refused_and_says_so() -> None:
    answer = look_up(resolve([make_list("national")], TODAY), "随便什么")

    assert (answer.verdict, answer.reason, answer.matter) == (Verdict.FORBIDDEN, "off-list", None)


def test_only_the_newest_version_in_force_counts() -> None:
    lists = [
        make_list("county", ("租住证明", Verdict.ALLOWED), version=1),
        make_list("county", ("租住证明", Verdict.FORBIDDEN), version=2, start="2026-01-01"),
        make_list("county", ("租住证明", Verdict.ALLOWED), version=3, start="2027-01-01"),
    ]

    assert look_up(resolve(lists, TODAY), "租住证明").reason == "forbidden"
    assert look_up(resolve(lists, "2025-12-31"), "租住证明").reason == "on-list"


def test_names_agree_across_spellings() -> None:
    assert normalise("居(租)住 证明") == normalise("居（租）住证明")


def test_codes_of_different_lists_stay_unique() -> None:
    one = Matter(code="1", name="甲", verdict=Verdict.ALLOWED, layer="national", place="x")
    two = Matter(code="1", name="乙", verdict=Verdict.ALLOWED, layer="county", place="y")
    lists = [
        MatterList(layer=m.layer, place=m.place, version=1, from_date="2020-01-01", matters=(m,))
        for m in (one, two)
    ]

    codes = [matter.code for matter in resolve(lists, TODAY)]

    assert sorted(codes) == ["1", "county-1"]
