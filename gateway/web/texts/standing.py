"""Standing permits. Rows: key, Chinese, English."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("menu.standing", "常备许可", "Standing permits"),
    ("standing.title", "常备许可", "Standing permits"),
    (
        "standing.lead",
        "风险低的事项可以事先定好次数和期限，村里盖章时不用再等审批，没有网络也能盖。每次仍要申请、拍照、签名入账。"
        "一人起草，另一人发布；任何一人可以立即撤销。",
        "For low-risk items a count and a period are agreed beforehand: the village need not wait, "
        "also without a network. Each use is still a signed request with photos. One drafts, "
        "another person releases; any one may revoke at once.",
    ),
    ("standing.waiting", "等另一人发布", "Waits for another person"),
    ("standing.drafted", "{name} 起草", "drafted by {name}"),
    ("standing.released", "{name} 发布", "released by {name}"),
    ("standing.release", "发布", "Release"),
    ("standing.own", "您起草的，须由另一人发布。", "You drafted it; another person releases it."),
    (
        "standing.terms",
        "每天最多 {day} 次，总共 {total} 次，至 {until}",
        "{day} a day, {total} in all, until {until}",
    ),
    ("standing.list", "已发布", "Released"),
    ("standing.none", "还没有常备许可。", "There is none yet."),
    ("standing.draft", "起草一个", "Draft one"),
    ("standing.machine", "印章机", "Machine"),
    ("standing.seal", "印章", "Seal"),
    ("standing.matter", "事项（名称或编号）", "Item (name or code)"),
    (
        "standing.matter-hint",
        "只限清单直接允许、一名审批人就能批、不要材料的事项；写了金额的申请照常审批。",
        "Only items that the list allows and one person approves without evidence; requests with "
        "an amount are approved as always.",
    ),
    ("standing.per-day", "每天最多几次", "Most a day"),
    ("standing.total", "总共几次", "Most in all"),
    ("standing.until", "到哪天为止（含当天）", "Last day"),
    ("standing.submit", "提交草案", "Submit the draft"),
    ("standing.stale", "草案已过期", "the draft is over"),
    ("permit.per-day", "每天最多", "Most a day"),
    ("permit.standing", "常备许可", "standing"),
    ("done.standing-drafted", "草案已提交，等另一人发布。", "Drafted; another person releases it."),
    ("done.standing-released", "已发布，正发往印章机。", "Released and on its way to the machine."),
    ("rule.standing-use", "常备许可超范围用印", "Standing permit exceeded"),
    ("kind.standing-permit", "常备许可", "Standing permit"),
    ("role.standing-permit", "常备许可", "Standing permit"),
    (
        "finding.standing-use.day",
        "常备许可 {permit} 每天最多 {allowed} 次，{day} 已用 {made} 次。",
        "Standing permit {permit} allows {allowed} a day; {made} on {day}.",
    ),
    (
        "finding.standing-use.request",
        "按常备许可 {permit} 用印，但没有写明这个许可的申请。",
        "A use under {permit} without a request that names it.",
    ),
    (
        "finding.standing-use.intent",
        "按常备许可 {permit} 用印，但机器没有先登记这一次，次数和申请都没法核对。",
        "A use under {permit} that the machine did not reserve before: neither its day nor its"
        " request can be told.",
    ),
    (
        "finding.standing-use.copies",
        "按常备许可 {permit} 申请 {allowed} 份，盖到第 {made} 份。",
        "A request under {permit} asked for {allowed}, impression {made} was made.",
    ),
    (
        "finding.standing-use.agreed",
        "{operator} 参与定下常备许可 {permit}，又自己用印。",
        "{operator} agreed to {permit} and pressed under it.",
    ),
)
