"""What people read of the county's monitor; `ZH` and `EN` have equal keys."""

from __future__ import annotations

from collections.abc import Mapping

from ledger.texts import Language

ZH: Mapping[str, str] = {
    "title": "乡镇用印台账核对情况",
    "language": "中文",
    "written": "写于 {time}（北京时间）。这个时间超过一小时没有变，说明核对已经停止："
    "请技术员查看。",
    "summary": "共 {count} 个乡镇：{good} 个核对通过，{bad} 个有问题，{late} 个还没读到。",
    "never": "还没有核对过（{public}）。",
    "good": "核对通过：{entries} 条记录，{time} 核对。",
    "bad": "有 {count} 处问题。最近一次没有发现问题的核对：{good}。",
    "bad-ever": "有 {count} 处问题。到现在为止，还没有一次核对没有问题。",
    "unreachable": "自 {since} 起读不到它公布的文件（{public}）。如果明天仍然这样，"
    "请打电话问乡镇。",
    "why": "技术细节：{detail}",
    "more": "另有 {count} 处没有列出。",
    "message": "{name}：台账核对发现 {count} 处新问题。请勿删除任何文件。",
    "foot": "记录一旦进入台账就永远在那里，所以关于记录的问题也一直列在这里；"
    "证据保存在见证人电脑的 state/monitor 里，请勿删除。",
    "off": "核对程序已关闭：这里没有人看着这些台账。",
}
EN: Mapping[str, str] = {
    "title": "The townships' seal logs, as checked",
    "language": "English",
    "written": "Written at {time} (Beijing time). If this does not change for an hour, checking "
    "has stopped: call the technician.",
    "summary": "{count} townships: {good} hold, {bad} have findings, {late} not read.",
    "never": "Not checked yet ({public}).",
    "good": "All good: {entries} entries, checked at {time}.",
    "bad": "{count} findings. Last check without any: {good}.",
    "bad-ever": "{count} findings. No check so far was without any.",
    "unreachable": "Its public files cannot be read since {since} ({public}). If this lasts until "
    "tomorrow, call the township.",
    "why": "For technicians: {detail}",
    "more": "{count} more are not listed.",
    "message": "{name}: {count} new findings in its log. Do not delete any file.",
    "foot": "What is in a log stays there, so what is wrong with an entry stays on this page; the "
    "evidence is kept on the witness's computer, in state/monitor: do not delete it.",
    "off": "The monitor is turned off: nobody here follows these logs.",
}
_TABLES: Mapping[Language, Mapping[str, str]] = {"zh": ZH, "en": EN}


def say(language: Language, key: str, **values: str | int) -> str:
    """Return the text of a key with its blanks filled."""
    return _TABLES[language][key].format(**values)
