"""Examples of every kind of entry, for `make_records`."""

from __future__ import annotations

from ledger import (
    records,
    records_confirms,
    records_custody,
    records_office,
    records_people,
    records_permits,
    records_retention,
    records_seals,
)

VILLAGE = "420625103201"
H = {letter: letter * 64 for letter in "abcdef"}


def photo(letter: str) -> records.PhotoRef:
    """Return a photo reference."""
    return records.PhotoRef(sha256=H[letter], size=182000, sealed_sha256=H["f"], sealed_size=182300)


def bodies() -> list[records.Record]:
    """Return examples of every kind of entry; new ones last, so that old ones keep their bytes."""
    seal = "s-committee"
    use = {"permit": "p-0123456789abcdef", "seal": seal, "n": 1, "of": 2, "controller": "B"}
    return [
        records.Start(version="0.1.0", controller="B", strokes={seal: 41}, reason="started"),
        records.Heartbeat(
            state="idle", strokes={seal: 41}, impressions=3, waiting=0, free_mb=8000,
            alarms=("camera-gone",),
        ),
        records.Config(config_sha256=H["a"], version="0.1.0"),
        records.SealRequest(
            seal=seal, matter="CM-09", list_version=3, copies=2, pages_count=1, filed_by="c-wang",
            applicant_commitment=H["a"], applicant_masked_commitment=H["b"],
            purpose_commitment=H["c"], payee_commitment=H["d"], amount_commitment=H["e"],
            pages_commitment=H["f"],
        ),
        records.Refusal(
            about=None, permit=None, matter="MZF2020-20-11", seal=seal, reason="forbidden",
            list_version=3, filed_by="c-wang", text_commitment=H["a"],
        ),
        records.Approval(
            request=H["a"], approver="a-li", office="approver", decision="approve",
            evidence="password-session", note_commitment=H["b"],
        ),
        records.Permit(
            permit="p-0123456789abcdef", scope="document", machine="m-420625103201", seal=seal,
            matter="CM-09", list_version=3, impressions=2, not_before_ms=None,
            not_after_ms=1_795_000_000_000, request=H["a"], approvals=(H["b"],),
        ),
        records.Revocation(
            permit="p-0123456789abcdef", machine="m-420625103201", by="a-li", reason="mistake"
        ),
        records.Intent(page=H["c"], operator="c-wang", counter_before=41, **use),
        records.SealUse(
            intent=H["d"], matter="CM-09", before=photo("a"), after=photo("b"), counter_before=41,
            counter_after=42, findings=("page-same", "impression-seen"), operator="c-wang",
            flags=("late_photo", "offline"), **use,
        ),
        records.Void(intent=H["d"], evidence="counter"),
        records.Incident(
            intent=H["d"], seal=seal, code="outcome-unknown", impressions_min=0,
            impressions_max=9, held=True, photos=(photo("a"),), text_commitment=None,
        ),
        records.CountStatement(incident=H["e"], impressions=1, by="a-li"),
        records.HoldRelease(machine="m-420625103201", hold=H["e"], impressions=1, by="a-li"),
        records_office.Correction(entry=H["d"], wrong="matter", by="a-li", text_commitment=H["a"]),
        records.ListRelease(
            version=3, layer="township", place="清溪镇", from_date="2026-11-01", file_sha256=H["a"],
            file_size=4096, by="admin",
        ),
        records.AlertRecord(
            alert="al-0001", rule="no-permit", severity="red", entry=H["d"],
            machine="m-420625103201", finding_commitment=H["a"],
        ),
        records.CaseStep(case="c-0001", alert="al-0001", step="opened", by="a-li",
                         text_commitment=H["a"]),
        records.LogStart(
            origin="seal.qingxi.example/420625000000/420625103000/2027",
            previous="seal.qingxi.example/420625000000/420625103000/2026\n1\n"
            "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqo=\n\n— example AAAAAA==\n",
            cause="year",
        ),
        records_retention.RetentionPolicy(
            openings_years=3, photos_years=3, step="done", asked=H["a"], by="a-li"
        ),
        records_retention.Erasure(
            entries=(H["d"],), what="both", cause="request", step="asked", asked=None, by="a-li"
        ),
        records.AlertRecord(
            alert="al-0002", about_commitment=H["a"], finding_commitment=H["b"]
        ),
        records.CaseStep(case="c-0002", alert="al-0002", step="opened", by_commitment=H["a"],
                         text_commitment=H["b"]),
        records.CaseStep(
            case="c-0002", alert="al-0002", step="closed", by_commitment=H["c"],
            text_commitment=H["d"], rule="over-count", severity="red", entry=H["e"],
            machine="m-420625103201",
        ),
        records_people.PolicyRelease(
            version=2, file_sha256=H["a"], file_size=2704, from_date="2026-12-01", by="a-li",
            released_by="b-zhao",
        ),
        records_people.Delegation(
            absent="a-li", substitute="b-zhao", offices=("director",), from_ms=1_793_000_000_000,
            until_ms=1_794_000_000_000, by="a-li", ends=None,
        ),
        records.Refusal(
            about=H["a"], permit=None, matter="CM-09", seal=seal, reason="returned",
            list_version=3, filed_by="c-wang", text_commitment=H["b"], by="a-li",
        ),
        records.Approval(
            request=H["a"], approver="b-zhao", office="director", decision="approve",
            evidence="password-session", note_commitment=H["b"], documents=("contract",),
            documents_commitment=H["c"], delegation=H["d"],
        ),
        records.Permit(
            permit="p-fedcba9876543210", scope="document", machine="m-420625103201", seal=seal,
            matter="CM-09", list_version=3, impressions=2, not_before_ms=None,
            not_after_ms=1_795_000_000_000, request=H["a"], approvals=(H["b"], H["c"]), policy=2,
        ),
        records_office.ListDraft(
            layer="township", place="清溪镇", from_date="2026-12-01", file_sha256=H["b"],
            file_size=8192, by="admin",
        ),
        records.ListRelease(
            version=4, layer="township", place="清溪镇", from_date="2026-12-01", file_sha256=H["b"],
            file_size=8192, by="admin", released_by="b-zhao", draft=H["c"],
        ),
        records.Heartbeat(
            state="idle", strokes={seal: 42}, impressions=4, waiting=0, free_mb=8000, alarms=(),
            list_version=4, list_at_ms=1_793_000_000_000,
        ),
        records_office.CalendarRelease(
            version=1, year=2027, opens_minute=510, closes_minute=1050, by="admin",
            released_by=None, days=(
                records_office.CalendarDay(date="2027-01-01", works=False, name="元旦"),
                records_office.CalendarDay(date="2027-02-20", works=True),
            ),
        ),
        records_office.LedgerExport(
            what="ledger", form="pdf", from_date="2026-11-01", to_date="2026-11-30",
            village=VILLAGE, rows=17, file_sha256=H["d"], by="b-zhao",
        ),
        records_permits.StandingPermit(
            permit="s-0123456789abcdef", machine="m-420625103201", seal=seal, matter="CM-09",
            list_version=3, per_day=5, total=50, not_after_ms=1_795_000_000_000, by="a-li",
            released_by="b-zhao",
        ),
        records.SealRequest(
            seal=seal, matter="CM-09", list_version=3, copies=1, pages_count=1,
            filed_by="c-wang", applicant_commitment=H["a"], applicant_masked_commitment=H["b"],
            purpose_commitment=H["c"], payee_commitment=H["d"], amount_commitment=H["e"],
            pages_commitment=H["f"], permit="s-0123456789abcdef",
        ),
        records.Intent(
            page=H["c"], operator="c-wang", counter_before=42, controller="B", request=H["a"],
            permit="s-0123456789abcdef", n=1, of=1, seal=seal,
        ),
        records_custody.Hatch(
            step="permitted", permit="h-0123456789abcdef", seal=seal, purpose="takeout",
            by="b-zhao", machine="m-420625103201", asked=H["a"], not_after_ms=1_795_000_000_000,
        ),
        records_custody.Hatch(
            step="opened", permit="h-0123456789abcdef", seal=seal, purpose="takeout", by="c-wang",
            second="k-chen", strokes_before=41,
        ),
        records_custody.TakeOut(
            step="out", permit="h-0123456789abcdef", seal=seal, hatch=H["a"], by="c-wang",
            second="k-chen", from_ms=1_793_000_000_000, until_ms=1_793_200_000_000,
            holder_commitment=H["b"], place_commitment=H["c"],
        ),
        records_custody.Hatch(
            step="closed", permit="h-0123456789abcdef", seal=seal, purpose="takeout", by="c-wang",
            second="k-chen", present=False, strokes_before=41, strokes_after=41, counted=0,
            proof="counter",
        ),
        records_custody.TakeOut(
            step="returned", permit="h-fedcba9876543210", seal=seal, hatch=H["a"], by="c-wang",
            second="k-chen", taken=H["b"], check="sound", sample=photo("c"),
        ),
        records_custody.Handover(
            permit="h-00000000000000aa", seal=seal, hatch=H["a"], giver="k-chen", receiver="k-liu",
            witness="s-sun", sample=photo("c"),
        ),
        records_custody.Service(
            permit="h-00000000000000bb", seal=seal, hatch=H["a"], technician="t-ma",
            second="k-liu", works=("ink", "cleaning"),
        ),
        records_custody.SealState(
            state="void", seal=seal, machine="m-420625103201", by="b-zhao", second="b-qian",
            asked=H["a"], reason_commitment=H["b"],
        ),
        records_people.PeopleList(
            place=VILLAGE, machine="m-420625103201", version=3, file_sha256=H["a"],
            file_size=900, not_after_ms=1_805_000_000_000, by="a-li", released_by="b-zhao",
        ),
        records_people.AccountAct(
            account="c-wang", act="given", offices=("clerk",), village=VILLAGE, by="a-li",
            released_by="b-zhao",
        ),
        records.Start(
            version="0.1.0", controller="B", strokes={seal: 41}, reason="started",
            opener="age1cpuf23gsrra0rp0qyvpe0u73vwf9mdcxezzu94znydurlup4x49qxusn7h",
        ),
        records_permits.EmergencyTerms(
            terms="e-0123456789abcdef", machine="m-420625103201", seal=seal, matters=("CM-09",),
            list_version=3, uses=2, impressions=2, not_after_ms=1_795_000_000_000, by="a-li",
            released_by="b-zhao",
        ),
        records_permits.EmergencyCodes(
            series="k-0123456789ab", terms="e-0123456789abcdef", machine="m-420625103201",
            holder="a-li",
            codes=(records_permits.CodeHash(code="k-0123456789ab-1", sha256=H["a"]),),
        ),
        records_permits.EmergencyPermit(
            permit="x-0123456789abcdef", terms="e-0123456789abcdef", request=H["a"], seal=seal,
            matter="CM-09", list_version=3, impressions=1, not_after_ms=1_795_000_000_000,
            approvers=("a-li", "b-zhao"), codes=("k-0123456789ab-1", "k-ba9876543210-1"),
            by="c-wang", reason="disaster", reason_commitment=H["b"],
        ),
        records.SealRequest(
            seal=seal, matter="CM-09", list_version=3, copies=1, pages_count=1, filed_by="c-wang",
            applicant_commitment=H["a"], applicant_masked_commitment=H["b"],
            purpose_commitment=H["c"], payee_commitment=H["d"], amount_commitment=H["e"],
            pages_commitment=H["f"], makes_up=H["a"],
        ),
        records.Permit(
            permit="p-0000000000000001", scope="document", machine="m-420625103201", seal=seal,
            matter="CM-09", list_version=3, impressions=1, not_before_ms=None,
            not_after_ms=1_795_000_000_000, request=H["a"], approvals=(H["b"],), policy=2,
            confirm="each-impression",
        ),
        records_confirms.ImpressionAsk(
            permit="p-0000000000000001", request=H["a"], n=1, seal=seal, before=photo("a"),
            operator="c-wang", until_ms=1_793_000_120_000,
        ),
        records_confirms.ImpressionConfirm(
            ask=H["d"], machine="m-420625103201", permit="p-0000000000000001", n=1, photo=H["a"],
            decision="release", not_after_ms=1_793_000_060_000, by="a-li",
        ),
        records_office.AlertAnswer(
            alert="al-0123456789abcdef01234567", answer_commitment=H["a"], text_commitment=H["b"],
            by_commitment=H["c"],
        ),
        records_custody.Hatch(
            step="asked", permit="h-00000000000000cc", seal=seal, purpose="sample", by="b-zhao",
            machine="m-420625103201", not_after_ms=1_795_000_000_000, reason_commitment=H["b"],
        ),
        records_seals.SealSample(
            permit="h-00000000000000cc", seal=seal, hatch=H["a"], by="c-wang", second="k-chen",
            sample=photo("d"),
        ),
        records_seals.SealRegistration(
            machine="m-420625103201", seal=seal, version=1, by="a-li", sample=H["a"],
            shape="round", width=420, height=420, specimen=photo("e"), words_commitment=H["c"],
        ),
        records_seals.SealRegistration(
            machine="m-420625103201", seal=seal, version=1, by="a-li", asked=H["b"],
            released_by="b-zhao", from_ms=1_793_000_000_000,
        ),
        records_seals.SampleCheck(
            machine="m-420625103201", seal=seal, sample=H["d"], registration=H["e"],
            result="another", reason="other-strokes", agreeing=712, seen=934,
        ),
        records.SealRequest(
            seal=seal, matter="CM-09", list_version=3, copies=3, pages_count=3, filed_by="c-wang",
            applicant_commitment=H["a"], applicant_masked_commitment=H["b"],
            purpose_commitment=H["c"], payee_commitment=H["d"], amount_commitment=H["e"],
            pages_commitment=H["f"], seams=1,
        ),
        records.Permit(
            permit="p-0000000000000002", scope="document", machine="m-420625103201", seal=seal,
            matter="CM-09", list_version=3, impressions=3, not_before_ms=None,
            not_after_ms=1_795_000_000_000, request=H["a"], approvals=(H["b"],), seams=1,
        ),
        records.Intent(
            permit="p-0000000000000002", n=3, of=3, seal=seal, page=H["b"], operator="c-wang",
            counter_before=42, controller="B", flags=(records.SEAM,),
        ),
        records_custody.Hatch(
            step="closed", permit="h-00000000000000dd", seal=seal, purpose="handover", by="k-chen",
            second="k-liu", present=True, strokes_before=43, strokes_after=44, counted=1,
            proof="counter", unsampled="no-photo",
        ),
        records_custody.Handover(
            permit="h-00000000000000dd", seal=seal, hatch=H["a"], giver="k-chen", receiver="k-liu",
            witness="s-sun",
        ),
        records_confirms.ImpressionAsk(
            permit="p-0000000000000003", request=H["a"], n=3, seal=seal, before=photo("a"),
            operator="c-wang", until_ms=1_793_000_120_000, form="seam",
        ),
        records_office.CodeIssue(machine="m-420625103201", hours=24, by="a-li"),
        records.Refusal(
            about=H["a"], permit="p-0000000000000003", matter="CM-09", seal=seal,
            reason="withdrawn", list_version=3, filed_by="c-wang", text_commitment=None,
            by="c-wang",
        ),
    ]  # fmt: skip
