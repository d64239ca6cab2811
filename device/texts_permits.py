"""What the screen says about permits that need no answer of the township. Key, Chinese, English."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("offline.link", "不联网能盖什么", "What works offline"),
    ("offline.title", "不联网能盖什么?", "What can be stamped offline?"),
    ("offline.now", "现在能盖", "Now"),
    ("offline.later", "现在不能", "Not now"),
    (
        "offline.request",
        "已批准 · {applicant} · 还能盖 {left} 次",
        "Approved · {applicant} · {left} left",
    ),
    (
        "offline.standing",
        "常备许可 · 今天还能盖 {today} 次 · 总共剩 {left} 次 · {until} 止",
        "Standing permit · {today} left today, {left} in all · until {until}",
    ),
    (
        "offline.waiting",
        "在等镇里审批,要联网才有答复。",
        "Waits for the township: needs the network.",
    ),
    (
        "offline.other",
        "其他事项:可以先申请、拍照,存在机器里;联网后送镇里审批,批准了才能盖。",
        "Everything else: apply now, it is kept; the township decides once there is a network.",
    ),
    (
        "offline.none",
        "现在没有不联网就能盖的事。",
        "Nothing can be stamped without the network now.",
    ),
    ("offline.apply", "办这件", "Apply"),
    ("offline.held", "机器已锁定,什么都不能盖。", "The machine is locked: nothing can be stamped."),
    (
        "confirm.standing",
        "这件事有常备许可:不用等审批,提交后就能盖。今天还能盖 {today} 次。",
        "A standing permit covers it: no waiting. {today} left today.",
    ),
    (
        "confirm.standing-few",
        "今天常备许可只剩 {today} 次,不够 {n} 份:要等镇里审批。",
        "The standing permit has {today} left today, not {n}: the township must approve.",
    ),
    (
        "reason.permit-day-over",
        "今天的次数用完了,明天再来。",
        "Today's impressions are used; come tomorrow.",
    ),
    (
        "reason.permit-draft",
        "这个常备许可还没有第二个人发布。",
        "No second person has released it.",
    ),
    (
        "reason.operator-agreed",
        "您是定下这个常备许可的人,不能自己盖,请别人来盖。",
        "You agreed to this permit; somebody else must press.",
    ),
    ("reason.request-refused", "镇里不同意这个申请,不能盖。", "The township refused this request."),
    (
        "todo.permit-day-over",
        "明天再盖,或重新申请,等镇里审批。",
        "Come tomorrow, or apply for an approval.",
    ),
    ("todo.operator-agreed", "请另一位经办人刷卡来盖。", "Let another clerk sign in."),
)
