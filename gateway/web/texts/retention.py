"""Retention: periods, what is due, erasing by two persons. Rows: key, Chinese, English."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("menu.retention", "保存与清除", "Retention"),
    ("retention.title", "保存与清除", "Retention and erasing"),
    (
        "retention.lead",
        "台账本身永久保存。姓名、用途、金额等不公开的内容和照片到期后由两人清除：一人提出，"
        "另一人确认，每一步都入账。",
        "The ledger itself stays for ever. Withheld values and photos are erased when their time "
        "is over, by two persons: one asks, another confirms, and each step is an entry.",
    ),
    ("retention.policy", "现行保存期限", "Periods in force"),
    ("retention.openings-years", "不公开的内容（年）", "Withheld values (years)"),
    ("retention.photos-years", "照片（年）", "Photos (years)"),
    ("retention.years", "{n} 年", "{n} years"),
    ("retention.change", "提出新的期限", "Ask for other periods"),
    (
        "retention.policy-asked",
        "{name} 提出：内容 {openings} 年，照片 {photos} 年",
        "{name} asks for: values {openings} years, photos {photos} years",
    ),
    ("retention.set", "确认新的期限", "Confirm these periods"),
    ("retention.waiting", "等另一人确认的清除", "Waiting for another person"),
    ("retention.waiting-none", "没有等待确认的清除。", "Nothing waits."),
    ("retention.entries", "{n} 条记录", "{n} entries"),
    ("retention.own", "您提出的，须由另一人确认", "You asked; another person must confirm"),
    (
        "retention.confirm-why",
        "确认后立即清除，不能恢复。台账里的记录、签名和指纹不受影响。备份里的副本须另行清除。",
        "What you confirm is erased at once and for good. Entries, signatures and hashes stay. "
        "Copies in backups must be erased separately.",
    ),
    ("retention.confirm", "确认并清除所选", "Confirm and erase what is marked"),
    ("retention.mark", "选中", "Mark"),
    ("retention.due", "已到期", "Due"),
    (
        "retention.due-before",
        "内容：{openings} 之前；照片：{photos} 之前",
        "Values before {openings}; photos before {photos}",
    ),
    ("retention.due-none", "没有到期的内容。", "Nothing is due."),
    ("retention.month", "月份", "Month"),
    ("retention.values", "不公开的内容", "Values"),
    ("retention.photos", "照片", "Photos"),
    ("retention.ask-month", "提出清除本月到期的全部内容", "Ask to erase all due of this month"),
    ("retention.show", "查看", "Show"),
    ("retention.more", "只列出前 200 条。", "Only the first 200 are listed."),
    ("retention.free", "可以提出", "may be asked for"),
    ("retention.state", "情况", "State"),
    ("erasure.title", "清除不公开的内容或照片", "Erase values or photos"),
    ("erasure.start", "提出清除", "Ask to erase"),
    (
        "erasure.why",
        "提出后须由另一人确认才会清除。记录本身不会改动。",
        "Nothing is erased until another person confirms. The entry itself does not change.",
    ),
    (
        "erasure.whole",
        "连同同一事项的其他记录（审批意见、用印照片、处置说明等也可能写有姓名）",
        "With the other entries of the same affair: notes and photos may name the person, too",
    ),
    ("erasure.what", "清除什么", "What"),
    ("erasure.what.opening", "不公开的内容", "withheld values"),
    ("erasure.what.photos", "照片", "photos"),
    ("erasure.what.both", "不公开的内容和照片", "withheld values and photos"),
    ("erasure.cause", "原因", "Why"),
    ("erasure.cause.retention", "保存期满", "its time is over"),
    ("erasure.cause.request", "本人要求", "the person concerned asked"),
    ("erasure.cause.court", "法院或主管机关要求", "a court or authority ordered it"),
    (
        "erasure.done",
        "{what}已于 {when} 清除：{asker} 提出，{confirmer} 确认；原因：{cause}。",
        "The {what} were erased on {when}, by {asker} (asked) and {confirmer} (confirmed); cause: "
        "{cause}.",
    ),
    (
        "erasure.pending",
        "{asker} 于 {when} 提出清除{what}（{cause}），等另一人确认。",
        "{asker} asked on {when} to erase the {what} ({cause}); another person has to confirm.",
    ),
    ("erasure.entries", "入账记录", "Entries"),
    ("erasure.erased", "已按规定清除", "erased by rule"),
    ("photo.erased", "照片已按规定清除", "The photo was erased by rule"),
    ("kind.retention", "保存期限", "Retention policy"),
    ("kind.erasure", "清除", "Erasure"),
    ("role.erasure", "清除", "Erasure"),
    ("erasure.step.asked", "提出", "asked"),
    ("erasure.step.done", "确认", "confirmed"),
)
