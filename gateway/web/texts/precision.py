"""Whether alerts were right, and how often each rule is. Rows: key, Chinese, English."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("menu.precision", "预警准确率", "Rules’ precision"),
    ("answer.title", "这条预警对不对", "Was this alert right?"),
    (
        "answer.why",
        "点一下就签名入账，可以再改，以最后一次为准。它只说规则判得对不对；要处理的事另行立案。",
        "One tap signs it; it can be changed, the last one counts. It says only whether the rule"
        " was right; what has to be done goes into a case.",
    ),
    ("answer.right", "属实", "right"),
    ("answer.false-alarm", "误报", "false alarm"),
    ("answer.look", "先看前后照片", "Look at both photos first"),
    ("answer.none", "还没有判定", "not answered"),
    ("answer.erased", "判定已按规定清除", "the answer was erased"),
    ("answer.give.right", "✓ 属实", "✓ Right"),
    ("answer.give.false-alarm", "✗ 误报", "✗ False alarm"),
    ("answer.words", "说明（可不填）", "Why (may be left empty)"),
    ("answer.counts", "以此为准", "counts"),
    ("answer.earlier", "已改", "changed later"),
    ("alerts.unanswered", "还没有判定的", "not answered yet"),
    ("field.answer", "判定", "Answer"),
    ("done.alert-answered", "判定已签名入账。", "Your answer is signed and recorded."),
    ("precision.title", "每条规则判得准不准", "How often each rule is right"),
    (
        "precision.lead",
        "监督员对每条预警判定“属实”或“误报”，这里按规则统计，人人可看。只统计规则，不统计人和村，不排名。",
        "Auditors answer each alert: right, or a false alarm. Counted here by rule, for everyone to"
        " see; no person and no village is counted or ranked.",
    ),
    ("precision.span", "时间", "Period"),
    ("precision.span.days-90", "最近 90 天", "last 90 days"),
    ("precision.span.year", "今年", "this year"),
    ("precision.span.all", "全部", "all"),
    ("precision.period", "{first} 至 {last}", "{first} to {last}"),
    ("precision.alerts", "预警", "Alerts"),
    ("precision.answered", "已判定", "Answered"),
    ("precision.right", "属实", "Right"),
    ("precision.false-alarms", "误报", "False alarms"),
    ("precision.unanswered", "未判定", "Not answered"),
    ("precision.answers-erased", "另有 {n} 条判定已清除", "{n} answers were erased"),
    ("precision.share", "准确率（95 % 区间）", "Right (95 % interval)"),
    ("precision.figure", "{share} %（{low}–{high} %）", "{share} % ({low}–{high} %)"),
    ("precision.few", "判定太少，仅供参考", "too few answers to go by"),
    ("precision.nobody", "还没有人判定", "nobody has answered"),
    (
        "precision.how",
        "准确率 = 属实 ÷ 已判定。括号里是威尔逊 95 % 区间：判定越少，区间越宽；"
        "不到 {few} 条时注明“判定太少”。没有判定的不算对也不算错。",
        "Right among the answered. In brackets the Wilson 95 % interval: the fewer answers, the"
        " wider; with fewer than {few} the row says so. What nobody answered counts neither way.",
    ),
    ("precision.none", "这段时间没有预警。", "No alert in this period."),
    (
        "precision.quiet",
        "这段时间没有发出预警的规则：",
        "Rules that raised no alert in this period:",
    ),
    (
        "precision.erased",
        "另有 {n} 条预警的内容已按规定清除或丢失，不计入任何规则。",
        "{n} more alerts were erased or lost; no rule counts them.",
    ),
)
