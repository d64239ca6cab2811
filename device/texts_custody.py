"""What clerks read about the keeping of seals: prompts and codes. Rows: key, Chinese, English."""

from __future__ import annotations

from collections.abc import Mapping

Row = tuple[str, str, str]

PROMPTS: tuple[Row, ...] = (
    ("home.custody", "印章保管", "Keeping of seals"),
    ("custody.title", "印章保管", "Keeping of seals"),
    (
        "custody.none",
        "没有可用的开仓许可。要开仓，请先找镇里开。",
        "No hatch permit is here. Ask the township for one.",
    ),
    (
        "custody.offline",
        "没联网:新的许可到不了;已经到的照样能用。",
        "Offline: no new permit can arrive; those that are here work.",
    ),
    ("custody.until", "应还:{at}", "Due back {at}"),
    ("custody.order", "开仓许可", "Hatch permit"),
    ("custody.hatch-state", "没办结", "Not settled"),
    ("custody.resume", "接着办", "Go on"),
    ("custody.lost", "报告丢失", "Report it lost"),
    ("custody.no-fit", "现在不能用", "Not usable now"),
    ("custody.place.in", "在机器里", "In the machine"),
    ("custody.place.out", "外借中", "Taken out"),
    ("custody.place.removed", "不在机器里", "Not in the machine"),
    ("custody.place.lost", "已报丢失", "Reported lost"),
    ("custody.place.void", "已作废", "Void"),
    ("custody.purpose.seal-in", "放入印章", "Put the seal in"),
    ("custody.purpose.seal-out", "取出印章", "Take the seal out for good"),
    ("custody.purpose.service", "加油墨或检修", "Ink or service"),
    ("custody.purpose.takeout", "外借", "Lend it"),
    ("custody.purpose.return", "归还", "Bring it back"),
    ("custody.purpose.handover", "移交", "Hand it over"),
    ("custody.second.title", "请第二个人刷卡", "The second person lays a card"),
    (
        "custody.second.lead",
        "开仓要两个人在场。请另一个人刷卡，再输密码。",
        "Two persons must be there. The other one lays a card and enters the PIN.",
    ),
    (
        "custody.second.handover",
        "请接收人刷卡，再输密码。",
        "The receiver lays a card and enters the PIN.",
    ),
    ("custody.witness.title", "请见证人刷卡", "The witness lays a card"),
    (
        "custody.witness.lead",
        "移交要有第三个人见证。请他刷卡，再输密码。",
        "A third person must witness it: lay a card and enter the PIN.",
    ),
    (
        "custody.same",
        "这是在场的同一个人。请换一个人刷卡。",
        "That is one of the persons here already. Another person, please.",
    ),
    ("custody.ready.title", "现在打开仓门?", "Open the hatch now?"),
    (
        "custody.ready.lead",
        "{first} 和 {second} 一起开仓。门锁松开 {seconds} 秒，请马上拉开。",
        "{first} and {second} open it together. It unlocks for {seconds} seconds: pull at once.",
    ),
    ("custody.ready.open", "打开仓门", "Open the hatch"),
    ("custody.busy", "正在开…", "Opening…"),
    ("custody.hatch.title", "仓门开着时要做的事", "While the hatch is open"),
    (
        "custody.do.seal-in",
        "把印章装进印座，关好仓门。",
        "Put the seal into its holder and shut the hatch.",
    ),
    ("custody.do.seal-out", "取出印章，关好仓门。", "Take the seal out and shut the hatch."),
    (
        "custody.do.service",
        "加油墨、清洁或检修。压了几次，请数清楚。完了关好仓门。",
        "Ink, clean or repair. Count every press. Then shut the hatch.",
    ),
    (
        "custody.do.takeout",
        "取出印章交给借用人，关好仓门。",
        "Take the seal out, hand it over, and shut the hatch.",
    ),
    (
        "custody.do.return",
        "在纸上盖一个印，核对印章，把印章装回，关好仓门。",
        "Make one imprint on paper, compare it, put the seal back, shut the hatch.",
    ),
    (
        "custody.do.handover",
        "取出印章，在纸上盖一个印，看清后装回，关好仓门。",
        "Take the seal out, make one imprint on paper, put it back, shut the hatch.",
    ),
    ("custody.hatch.open", "仓门开着", "The hatch is open"),
    ("custody.hatch.shut", "仓门关好了", "The hatch is shut"),
    ("custody.hatch.present", "印章在印座里", "The seal is in its holder"),
    ("custody.hatch.absent", "印章不在印座里", "The seal is not in its holder"),
    ("custody.hatch.done", "做完了", "Done"),
    ("custody.hatch.again", "再开一次门", "Open it again"),
    ("custody.holder.title", "交给谁?(姓名)", "Who takes it? (name)"),
    ("custody.place.title", "带到哪里?", "Where to?"),
    ("custody.days.title", "几天内还?", "Back within how many days?"),
    ("custody.days.most", "最多 {most} 天", "At most {most} days"),
    ("custody.check.title", "印章是好的吗?", "Is the seal sound?"),
    ("custody.check.sound", "是好的，和留样一样", "Sound, as the sample shows"),
    ("custody.check.damaged", "有损坏", "Damaged"),
    ("custody.works.title", "做了什么?(可选几样)", "What was done? (several may be chosen)"),
    ("custody.works.ink", "加油墨", "Ink"),
    ("custody.works.cleaning", "清洁", "Cleaning"),
    ("custody.works.repair", "修理", "Repair"),
    ("custody.works.inspection", "检查", "Inspection"),
    (
        "custody.sample.title",
        "把盖了印的纸放好，拍照",
        "Lay the sheet with the imprint and photograph it",
    ),
    ("custody.sample.take", "拍照", "Photograph"),
    ("custody.sample.again", "重拍", "Take it again"),
    (
        "custody.counted.title",
        "开仓期间，机器压了几次?",
        "How often was the press worked meanwhile?",
    ),
    (
        "custody.counted.hint",
        "没有压过就填 0。和机器记的数不同，机器会锁定。",
        "0 if never. If the machine counted otherwise, it locks.",
    ),
    ("custody.wrong", "这样填不行，请改一下。", "That cannot be; please correct it."),
    ("custody.confirm.title", "都对吗?", "Is all of this right?"),
    ("custody.confirm.seal", "印章", "Seal"),
    ("custody.confirm.purpose", "做什么", "What for"),
    ("custody.confirm.persons", "在场的人", "Persons"),
    ("custody.confirm.where", "印章现在", "The seal is now"),
    ("custody.confirm.holder", "借用人", "Taken by"),
    ("custody.confirm.place", "去处", "Place"),
    ("custody.confirm.days", "天数", "Days"),
    ("custody.confirm.check", "核对", "Check"),
    ("custody.confirm.works", "做了", "Done"),
    ("custody.confirm.counted", "压的次数", "Presses"),
    ("custody.confirm.submit", "记下来", "Write it down"),
    ("custody.settled", "已记下。", "Written down."),
    ("custody.lost.title", "印章丢了吗?", "Is the seal lost?"),
    (
        "custody.lost.lead",
        "点“丢了”后，这枚印章马上停用。找到了也要镇里两个人同意才能再用。请同时打电话给镇里和派出所。",
        "It is stopped at once. Even when found, two persons of the township must agree first. "
        "Call the township and the police as well.",
    ),
    ("custody.lost.yes", "丢了，马上停用", "Lost: stop it now"),
    ("custody.lost.no", "没丢，返回", "Not lost: back"),
    ("custody.lost.done", "已停用并报告。", "Stopped and reported."),
)

_TROUBLES: tuple[Row, ...] = (
    (
        "seal-handled",
        "仓门的事还没办完，印章暂停使用。",
        "The hatch is not settled; the seal is not in use.",
    ),
    ("seal-out", "印章外借，还没还。", "The seal is lent and not back yet."),
    ("seal-removed", "印章不在机器里。", "The seal is not in the machine."),
    ("seal-lost", "印章已报丢失，停用。", "The seal is reported lost and stopped."),
    ("seal-void", "印章已作废。", "The seal is void."),
)

CODES: Mapping[str, tuple[Row, ...]] = {
    "reason": (
        *_TROUBLES,
        (
            "no-hatch-permit",
            "没有这个开仓许可，或已用过、已撤回。",
            "No such hatch permit, or it is used or withdrawn.",
        ),
        (
            "hatch-permit-over",
            "开仓许可过期了，请镇里重开。",
            "The hatch permit is over; ask for another one.",
        ),
        (
            "hatch-not-opened",
            "没有用这个许可开过仓。",
            "The hatch was not opened under this permit.",
        ),
        (
            "hatch-refused",
            "门锁没有松开。请再试，或点“做完了”结清。",
            "The hatch did not unlock. Try again, or settle it.",
        ),
        ("hatch-open", "仓门还开着。请先关好。", "The hatch is still open. Shut it first."),
        (
            "seal-elsewhere",
            "印章现在不在该在的地方，这个许可用不上。",
            "The seal is elsewhere; this permit does not fit.",
        ),
        ("second-same", "要两个不同的人。", "It takes two different persons."),
        ("witness-same", "见证人要是第三个人。", "The witness must be a third person."),
        ("answer-missing", "还有没填的。", "An answer is missing."),
        ("days-wrong", "天数不对。", "The number of days cannot be."),
        ("check-missing", "请先核对印章。", "Check the seal first."),
        ("works-missing", "请选做了什么。", "Say what was done."),
        ("sample-missing", "请先拍印样。", "Photograph the imprint first."),
        ("count-wrong", "次数不对。", "The count cannot be."),
    ),
    "fault": _TROUBLES,
    "todo": (
        (
            "seal-handled",
            "请两个人到“印章保管”接着办完。",
            "Two persons settle it under “Keeping of seals”.",
        ),
        (
            "seal-out",
            "请借用人归还，凭镇里的许可放回。",
            "It must be brought back; the township permits the opening.",
        ),
        (
            "seal-removed",
            "请镇里开“放入印章”的许可。",
            "The township must permit putting the seal in.",
        ),
        (
            "seal-lost",
            "请镇里处理。找到也先别用。",
            "The township must act. Do not use it even if found.",
        ),
        ("seal-void", "请镇里登记新印章。", "The township must register a new seal."),
    ),
    "hold": (
        ("service-count", "开仓期间压的次数对不上", "Presses during an opening do not add up"),
    ),
    "error": (("custody-refused", "现在不能这样做。", "That is not possible now."),),
    "hint": (
        (
            "custody-refused",
            "按提示办，或请镇里重开许可。",
            "Do what is named, or ask for another permit.",
        ),
    ),
}
