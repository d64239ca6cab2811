"""What stands on papers: an entry's sheet and label, a village's door sheet. Key, Chinese, English.

Read by villagers of any age: short sentences, no word of the trade.
"""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("paper.print", "打印凭证", "Print for the villager"),
    (
        "paper.print-why",
        "纸上只有公开的内容和二维码，村民用手机就能查验。",
        "Only public fields and a QR code; a villager checks it with a phone.",
    ),
    ("paper.print-sheet", "A4 凭证", "A4 sheet"),
    ("paper.print-label", "小标签 50×30", "Label 50×30"),
    ("paper.print-door", "打印门上的告示", "Print the door sheet"),
    (
        "paper.how-to-print",
        "打印：电脑按 Ctrl+P，手机点浏览器菜单里的“打印”；比例选 100%，不要页眉页脚。",
        "To print: Ctrl+P, on a phone the browser's menu; scale 100 %, no headers or footers.",
    ),
    ("paper.sheet", "用印凭证", "Seal receipt"),
    ("paper.label", "用印标签", "Seal label"),
    ("paper.door", "扫码查盖章", "Check every stamp"),
    ("paper.scan-short", "扫码查验", "Scan to check"),
    ("paper.folder-short", "村委会查验", "Ask to check"),
    (
        "paper.step-scan",
        "用手机扫左边的码（微信、相机都可以）。",
        "Scan the code with a phone's camera.",
    ),
    (
        "paper.step-folder",
        "到村委会或{window}（{phone}）看公开账，打开 {page}，输入下面的一整行。",
        "See the public log at the village office or {window} ({phone}); open {page} and type the "
        "whole line below.",
    ),
    (
        "paper.step-holds",
        "看到绿色的“对得上”，再比一比：印章、时间、次数和纸上一样。",
        "It must say “It holds” in green; then compare seal, time and count with the paper.",
    ),
    (
        "paper.step-door",
        "最后看门上贴的核对码，要和下面的一模一样。",
        "At last look at the door: the code there must be exactly the one below.",
    ),
    ("paper.key-code", "账本核对码", "Code of the log"),
    ("paper.entry-code", "记录核对码", "Code of the entry"),
    ("paper.line", "整行号码", "Whole line"),
    ("paper.address", "网址", "Address"),
    (
        "paper.tell",
        "对不上、打不开：请告诉村务监督委员会，也可以告诉镇纪委，或者打 12388。纸请自己保管。",
        "If it does not hold or does not open, tell the village supervision committee, the "
        "township's discipline office, or call 12388. Keep this paper yourself.",
    ),
    (
        "paper.door-tell",
        "对不上、打不开：请告诉村务监督委员会，也可以告诉镇纪委，或者打 12388。",
        "If it does not hold or does not open, tell the village supervision committee, the "
        "township's discipline office, or call 12388.",
    ),
    (
        "paper.door-lead",
        "每次盖章都记在公开的账上，谁都可以查。",
        "Every stamp of this village stands in a public log that anybody may check.",
    ),
    (
        "paper.door-folder",
        "到村委会或{window}（{phone}）看公开账，打开 {page} 查验。",
        "See the public log at the village office or {window} ({phone}); open {page} there.",
    ),
    (
        "paper.door-code",
        "手机上显示的核对码，要和这一行一模一样。",
        "The code that the phone shows must be exactly this line.",
    ),
    (
        "paper.door-hung",
        "由村务监督委员会张贴并保管。核对码只有换钥匙时才会变，变了要贴公告说明。",
        "Put up and kept by the supervision committee. The code changes only with the key, and "
        "then a notice says why.",
    ),
)
