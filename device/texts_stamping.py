"""What the screen says around a stamping: who goes on, with which sheet; and about its voice.

Rows: key, Chinese, English.
"""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    (
        "taking.left-off",
        "上次盖到这里，还剩 {left} 份没盖。接着盖，点“去盖章”。",
        "It was left here, {left} copies to go. To go on, tap “Stamp”.",
    ),
    (
        "taking.over",
        "这件是{filer}申请的。由您接着盖，经办人就记{operator}。",
        "Filed by {filer}. If you go on, the record names {operator} as operator.",
    ),
    (
        "reason.operator-approved",
        "这件是您审批的，审批人不能自己盖。",
        "You approved this one; who approves does not press.",
    ),
    (
        "taking.stopped",
        "停下了，还剩 {left} 份没盖，随时可以接着盖。",
        "Stopped, {left} to go. Go on at any time.",
    ),
    ("stamp.straight", "纸没动，开始盖章", "Start now"),
    (
        "stamp.blocked",
        "请先按最上面的提示处理好，再接着盖",
        "First do what the top line says, then go on",
    ),
    (
        "stamp.done-unsure",
        "压过了。盖没盖好，看下面的提示",
        "Pressed. Whether it is good: see below",
    ),
    (
        "stamp.next-unsure",
        "压过了。先看下面的提示，再换第 {n} 份，点“开始盖章”",
        "Pressed: read below first. Then lay copy {n}, tap “Start”",
    ),
    (
        "stamp.next-unsure-seams",
        "压过了。先看下面的提示，再盖下一个",
        "Pressed: read below first, then make the next one",
    ),
    ("stamp.lay-first", "纸动过，先放纸", "Lay it first"),
    (
        "stamp.straight-how",
        "纸还放在原处的话，点“开始盖章”，手放到手柄上，等画面叫您压。",
        "If the page has not moved: start now, with a hand on the lever.",
    ),
    ("reason.sheet-stamped", "这张纸刚刚盖过了。", "This sheet has just been stamped."),
    (
        "todo.sheet-stamped",
        "请换下一张纸，再点“再试一次”。就是要在这张上再盖一个，也点“再试一次”。",
        "Lay the next sheet, then tap “Try again”. Tap it too if this sheet needs a second one.",
    ),
    ("todo.operator-approved", "请另一位经办人刷卡来盖。", "Let another clerk sign in."),
    (
        "reason.page-lost",
        "批准的材料有几页，机器里的照片读不出来了。",
        "The machine cannot read its photo of some of the approved pages.",
    ),
    (
        "todo.page-lost",
        "请放别的页试试；不行就重新申请，再拍一次材料，并叫技术员。",
        "Try another page; else apply again, photograph the pages anew, and call the technician.",
    ),
    ("voice.tool", "语音", "Voice"),
    ("voice.title", "要语音提示吗？", "Voice prompts?"),
    ("voice.on", "语音已打开", "The voice is on"),
    ("voice.off", "语音已关闭", "The voice is off"),
    ("voice.machine", "这台机器记住，重新开机也不变。", "This machine remembers it."),
    (
        "voice.here",
        "打开后，每一步读一句要做什么。只读步骤，不读姓名。",
        "When on, each step is read in one sentence; names are never read.",
    ),
    (
        "voice.none",
        "这个屏幕没有装这种语言的语音，打开了也没有声音。要声音，请叫技术员安装。",
        "This screen has no voice for this language: nothing is heard. A technician can add one.",
    ),
    ("voice.switch-on", "打开语音", "Switch on"),
    ("voice.switch-off", "关闭语音", "Switch off"),
    ("voice.hear", "试听", "Listen"),
    ("voice.sample", "请把纸放好，点开始盖章。", "Lay the page, then tap Start."),
    (
        "voice.not-kept",
        "没存住，请叫技术员清理存储。",
        "It could not be kept. Call the technician to free the disk.",
    ),
)
