"""What the screen says about permits that need no answer of the township. Key, Chinese, English."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("offline.link", "断网能盖什么", "What works offline"),
    ("offline.title", "断网能盖什么？", "What can be stamped offline?"),
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
        "在等镇里审批，要联网才有答复。",
        "Waits for the township: needs the network.",
    ),
    (
        "offline.other",
        "其他事项：可以先申请、拍照，存在机器里；联网后送镇里审批，批准了才能盖。",
        "Everything else: apply now, it is kept; the township decides once there is a network.",
    ),
    (
        "offline.none",
        "现在没有不联网就能盖的事。",
        "Nothing can be stamped without the network now.",
    ),
    ("offline.apply", "办这件", "Apply"),
    (
        "offline.held",
        "机器已锁定，什么都不能盖。",
        "The machine is locked: nothing can be stamped.",
    ),
    (
        "confirm.standing",
        "这件事有常备许可：不用等审批，提交后就能盖。今天还能盖 {today} 次。",
        "A standing permit covers it: no waiting. {today} left today.",
    ),
    (
        "confirm.standing-few",
        "今天常备许可只剩 {today} 次，不够 {n} 份：要等镇里审批。",
        "The standing permit has {today} left today, not {n}: the township must approve.",
    ),
    (
        "reason.permit-day-over",
        "今天的次数用完了，明天再来。",
        "Today's impressions are used; come tomorrow.",
    ),
    (
        "reason.permit-draft",
        "这个常备许可还没有第二个人发布。",
        "No second person has released it.",
    ),
    (
        "reason.operator-agreed",
        "您是定下这个常备许可的人，不能自己盖，请别人来盖。",
        "You agreed to this permit; somebody else must press.",
    ),
    (
        "reason.request-refused",
        "镇里不同意这个申请，不能盖。",
        "The township refused this request.",
    ),
    (
        "todo.permit-day-over",
        "明天再盖，或重新申请，等镇里审批。",
        "Come tomorrow, or apply for an approval.",
    ),
    ("todo.operator-agreed", "请另一位经办人刷卡来盖。", "Let another clerk sign in."),
    ("emergency.begin", "应急用印", "Emergency"),
    (
        "emergency.lead",
        "没法等审批的急事：要两位审批人各读一个信封里的应急码。用后镇里会自动立案核查。",
        "For what cannot wait: two approvers each read a code from their envelope. The township "
        "follows up on every use.",
    ),
    ("emergency.reason", "为什么不能等？", "Why can it not wait?"),
    ("emergency.reason.disaster", "救灾抢险", "Disaster relief"),
    ("emergency.reason.medical", "急救就医", "Medical emergency"),
    ("emergency.reason.funeral", "丧葬", "Funeral"),
    ("emergency.reason.deadline", "今天到期，过时作废", "A deadline today"),
    ("emergency.reason.other", "其他急事", "Something else"),
    ("emergency.words", "把情况写清楚（镇里会看）", "What happened?"),
    ("emergency.words-missing", "请写清楚是什么急事。", "Please say what happened."),
    ("emergency.first", "第一位审批人的应急码", "The first approver's code"),
    ("emergency.second", "第二位审批人的应急码", "The second approver's code"),
    (
        "emergency.slip",
        "应急码没对上：有字看错或打错了。请一组一组再核对，重新输入。",
        "A character is wrong: compare group by group and type it again.",
    ),
    (
        "emergency.read-out",
        "每组 4 个字，最后 1 个是核对字。",
        "Groups of 4, then one check character.",
    ),
    ("emergency.busy", "正在核对…", "Checking..."),
    (
        "emergency.wait",
        "输错过应急码，{seconds} 秒后才能再试。",
        "A code was wrong: wait {seconds} seconds.",
    ),
    (
        "reason.emergency-none",
        "镇里没有给这台机器定应急办法。",
        "No emergency terms for this machine.",
    ),
    (
        "reason.emergency-unlisted",
        "这件事不在应急事项里，不能用应急码盖。",
        "This item is not among the emergency items.",
    ),
    (
        "reason.emergency-stopped",
        "应急办法已被镇里停用。",
        "The township has stopped the emergency terms.",
    ),
    ("reason.emergency-expired", "应急码已过期。", "The emergency codes have expired."),
    ("reason.emergency-used-up", "应急次数已经用完。", "All emergency uses are spent."),
    (
        "reason.emergency-copies",
        "份数超过应急办法的上限。",
        "More copies than an emergency allows.",
    ),
    (
        "reason.emergency-code-wrong",
        "应急码不对。请等一会儿，核对信封后再试。",
        "A code is wrong. Wait, compare with the envelope, and try again.",
    ),
    (
        "reason.emergency-code-used",
        "应急码已经用过，每个只能用一次。",
        "A code was used before; each counts once.",
    ),
    (
        "reason.emergency-same-approver",
        "两个应急码是同一位审批人的，要两位不同的人。",
        "Both codes are one approver's; two persons are needed.",
    ),
    (
        "reason.emergency-own",
        "经办人自己不能当审批人，请另一位审批人读码。",
        "Who asks or presses cannot approve; another approver reads a code.",
    ),
    (
        "reason.emergency-wait",
        "刚输错过应急码，还要等一会儿。",
        "A code was wrong moments ago; wait.",
    ),
    (
        "reason.emergency-reason",
        "请选原因，并写清楚情况。",
        "Choose a reason and say what happened.",
    ),
    (
        "reason.emergency-needless",
        "这个申请不用应急：已经有批准，或已结束。",
        "This request needs no emergency.",
    ),
    (
        "stamp.confirm",
        "别动纸：请打电话给审批人，看照片放行",
        "Keep still: an approver looks at the photo",
    ),
    (
        "reason.confirm-offline",
        "这件事要审批人看照片放行，现在没联网，不能盖。",
        "An approver must see the photo: no network.",
    ),
    ("reason.confirm-timeout", "审批人没有在时间内放行。", "The approver did not answer in time."),
    (
        "reason.confirm-refused",
        "审批人看了照片，没有放行。",
        "The approver looked at the photo and refused.",
    ),
    ("reason.confirm-other", "放行的不是这一次，不能盖。", "The release was for another one."),
    ("reason.confirm-moved", "放行后纸动过，不能盖。", "The paper moved after the release."),
    ("todo.confirm-offline", "联网后再试。", "Try again with a network."),
    (
        "todo.confirm-timeout",
        "先打电话请审批人准备好，再点“再试一次”。",
        "Call the approver first, then try again.",
    ),
    ("todo.confirm-refused", "打电话问审批人原因。", "Ask the approver why."),
    ("todo.confirm-moved", "放好纸，别动，再试一次。", "Lay the paper, keep still, try again."),
)
