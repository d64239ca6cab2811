"""Emergencies. Rows: key, Chinese, English."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("menu.emergency", "应急办法", "Emergencies"),
    ("emergency.title", "应急办法和应急码", "Emergency terms and codes"),
    (
        "emergency.lead",
        "没有网络又等不得时，两位审批人各从信封里读一个应急码，印章机就给一份申请开一次许可。只限写明的事项和次数，"
        "每用一次自动立案核查。印章机里只有码的指纹，没有码。",
        "When there is no network and it cannot wait, two approvers each read a code from an "
        "envelope, and the machine permits one request. Named items and a count only; each use "
        "opens a case. The machine holds hashes, never codes.",
    ),
    ("emergency.waiting", "等另一人发布", "Waits for another person"),
    ("emergency.list", "已发布", "Released"),
    ("emergency.none", "还没有应急办法。", "There are none yet."),
    (
        "emergency.terms",
        "共 {uses} 次，每次最多 {impressions} 份，至 {until}",
        "{uses} times, at most {impressions} impressions each, until {until}",
    ),
    ("emergency.used", "已用 {used} / {uses} 次", "{used} of {uses} used"),
    ("emergency.printed", "已打印应急码：{names}", "Codes printed by {names}"),
    ("emergency.printed-none", "还没有人打印应急码。", "Nobody has printed codes yet."),
    (
        "emergency.too-few",
        "至少要两位审批人各自打印，才能用。",
        "Two approvers must have printed theirs before it works.",
    ),
    ("emergency.print", "打印我的应急码", "Print my codes"),
    ("emergency.print-now", "现在打印", "Print now"),
    (
        "emergency.print-why",
        "只显示这一次。请自己打印、装入信封封好、写上姓名，不要拍照，不要让别人看到。",
        "Shown once. Print it yourself, seal it in an envelope with your name; no photos, nobody "
        "else.",
    ),
    ("emergency.stop", "立即停用", "Stop at once"),
    ("emergency.stopped", "已停用", "stopped"),
    ("emergency.over", "已到期", "over"),
    ("emergency.draft", "起草一个", "Draft one"),
    ("emergency.matters", "事项（每行一个，名称或编号）", "Items (one a line, name or code)"),
    ("emergency.uses", "共几次", "How often in all"),
    ("emergency.impressions", "每次最多几份", "Most impressions each"),
    ("emergency.codes", "应急码", "Emergency codes"),
    ("emergency.code-n", "第 {n} 次", "No. {n}"),
    (
        "emergency.codes-how",
        "需要时，把其中一个没用过的码读给印章机前的经办人，读过就划掉。最后一个字是核对字。",
        "When needed, read one unused code to the clerk at the machine and cross it out. The last "
        "character checks.",
    ),
    (
        "emergency.codes-once",
        "离开这一页就再也看不到。没有打印成，请停用这份应急办法，重新起草。",
        "It cannot be seen again after this page. If printing failed, stop these terms and draft "
        "new ones.",
    ),
    (
        "done.emergency-drafted",
        "草案已提交，等另一人发布。",
        "Drafted; another person releases it.",
    ),
    (
        "done.emergency-released",
        "已发布。请两位以上审批人各自来打印应急码。",
        "Released. Two or more approvers now print their codes.",
    ),
    ("done.emergency-stopped", "已停用，正发往印章机。", "Stopped; the machine is being told."),
    ("rule.emergency", "应急用印", "Emergency"),
    ("kind.emergency-terms", "应急办法", "Emergency terms"),
    ("kind.emergency-codes", "应急码指纹", "Hashes of emergency codes"),
    ("kind.emergency", "应急许可", "Emergency permit"),
    ("role.emergency", "应急许可", "Emergency permit"),
    (
        "finding.emergency.given",
        "应急许可 {permit}：审批人 {first}、{second} 的应急码，理由 {reason}。",
        "Emergency permit {permit} by codes of {first} and {second}, reason {reason}.",
    ),
    (
        "finding.emergency.unknown",
        "应急许可 {permit} 的办法或应急码不是这里发出的。",
        "Terms or codes of {permit} were not issued here.",
    ),
    (
        "finding.emergency.unlisted",
        "应急许可 {permit} 的事项、印章或份数超出应急办法。",
        "Item, seal or copies of {permit} are outside its terms.",
    ),
    (
        "finding.emergency.over",
        "应急许可 {permit} 超过次数或期限。",
        "{permit} is over the count or the period of its terms.",
    ),
    ("finding.emergency.used", "应急许可 {permit} 用了已用过的码。", "{permit} used a code again."),
    (
        "finding.emergency.own",
        "应急许可 {permit} 的审批人是同一人，或是申请、经办的人。",
        "Approvers of {permit} are one person, or one who asked or pressed.",
    ),
)
