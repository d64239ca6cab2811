"""Sentences of `seal-verify` besides the findings: (key, Chinese, English)."""

from __future__ import annotations

SENTENCES: tuple[tuple[str, str, str], ...] = (
    (
        "finding",
        "发现 {number}：{what}",
        "Finding {number}: {what}",
    ),
    (
        "where",
        "  哪里：{where}",
        "  Where: {where}",
    ),
    (
        "since",
        "  自何时：{since}",
        "  Since: {since}",
    ),
    (
        "do",
        "  怎么办：{do}",
        "  What to do: {do}",
    ),
    (
        "detail",
        "  技术细节（{code}）：{detail}",
        "  For technicians ({code}): {detail}",
    ),
    (
        "more",
        "另有 {count} 处同样的问题（{code}）没有逐条列出。",
        "{count} more of the same kind ({code}) are not listed.",
    ),
    (
        "place.log",
        "台账 {log}",
        "log {log}",
    ),
    (
        "place.index",
        "第 {number} 条",
        "entry {number} of the log",
    ),
    (
        "place.author",
        "{author} 的记录",
        "entries of {author}",
    ),
    (
        "place.seq",
        "{author} 的第 {seq} 条记录",
        "entry {seq} of {author}",
    ),
    (
        "place.seq-alone",
        "第 {seq} 条记录",
        "entry {seq}",
    ),
    (
        "since.entry",
        "自这条记录起；它自称的时间是 {time}（北京时间）",
        "from this entry on; it says {time} (Beijing time)",
    ),
    (
        "since.index",
        "自第 {number} 条起",
        "from entry {number} of the log on",
    ),
    (
        "since.seq",
        "自第 {seq} 条记录起",
        "from entry {seq} on",
    ),
    (
        "since.seen",
        "自 {time} 起（北京时间，按核对电脑的时钟）",
        "from {time} on (Beijing time, by the clock of the checking computer)",
    ),
    (
        "since.found",
        "；{time} 核对时发现",
        "; found at {time}",
    ),
    (
        "since.unknown",
        "从文件本身看不出来",
        "the files do not tell",
    ),
    (
        "good.log",
        "核对通过：{entries} 条记录，{logs} 本台账，全部与封签相符。",
        "All good: {entries} entries in {logs} logs, all as signed.",
    ),
    (
        "good.head",
        "{log}：{size} 条，封签 {root}",
        "{log}: {size} entries, head {root}",
    ),
    (
        "good.entry",
        "签名真实：{author} 的第 {seq} 条记录（{kind}），自称时间 {time}（北京时间）。",
        "Genuine: entry {seq} of {author} ({kind}), which says {time} (Beijing time).",
    ),
    (
        "good.receipt",
        "回执真实：这条记录是台账 {log} 的第 {number} 条，封签时共 {size} 条。",
        "Genuine: this is entry {number} of the log {log}, which had {size} when its head "
        "was signed.",
    ),
    (
        "good.consistency",
        "一致：{log} 从 {old} 条增加到 {new} 条，早先的记录没有改动。",
        "Consistent: {log} grew from {old} to {new} entries, and nothing earlier was changed.",
    ),
    (
        "good.device",
        "核对通过：{entries} 条记录，{proved} 条有回执。",
        "All good: {entries} entries, {proved} with a receipt.",
    ),
    (
        "good.keys",
        "{keys} 把密钥，全部有依据。",
        "{keys} keys, each with its authority.",
    ),
    (
        "good.watch",
        "{log}：{old} 条 -> {new} 条，没有问题。",
        "{log}: {old} -> {new} entries, nothing wrong.",
    ),
    (
        "bad",
        "核对不通过：{count} 处问题，列在上面。",
        "Something does not hold: {count} findings, listed above.",
    ),
    (
        "key",
        "{role} {holder} 第 {epoch} 期：{keyid}",
        "{role} {holder}, epoch {epoch}: {keyid}",
    ),
    (
        "founding",
        "开账编号：{sha256}",
        "founding: {sha256}",
    ),
    (
        "key.range",
        "  可签第 {first} 条至 {last}",
        "  may sign from entry {first} to {last}",
    ),
    (
        "key.no-end",
        "现在",
        "now",
    ),
    (
        "notice.unknown-past",
        "说明：{log} 接续更早的台账，那一本不在手中；更早的许可和申请无法核对。",
        "Note: {log} continues an earlier log that is not at hand; earlier permits and "
        "requests cannot be checked.",
    ),
    (
        "notice.succeeded",
        "说明：{log} 的末尾有 {count} 条记录丢失，后一本台账已公开写明；机器会重新送来自己的记录。",
        "Note: {count} entries at the end of {log} were lost, as the next log says in the open; "
        "machines send theirs again.",
    ),
    (
        "notice.alerted",
        "说明：另有 {count} 处违规用印没有列出：台账已经公开预警过。",
        "Note: {count} irregular uses are not listed: the log has a published alert on each.",
    ),
    (
        "notice.unwitnessed",
        "说明：{log} 末尾还有 {count} 条没有足够的见证人签名，这次没有核对；请稍后再核对。",
        "Note: the last {count} entries of {log} are not signed by enough witnesses yet and were "
        "not checked; check again later.",
    ),
    (
        "notice.simulated",
        "说明：这些是模拟机的密钥，不是真实印章。",
        "Note: these are keys of simulated machines, not of real seals.",
    ),
    (
        "notice.published-keys",
        "注意：密钥取自台账自己公布的文件，没有经过您核对；请用电话或当面核对上面的编号。",
        "Take care: the keys come from the log itself, nobody has confirmed them; compare "
        "the numbers above by telephone or in person.",
    ),
    (
        "notice.no-log-key",
        "注意：没有台账密钥，回执没有核对。",
        "Take care: without the log's key, receipts were not checked.",
    ),
    (
        "notice.second-unchecked",
        "注意：{count} 条记录另有国密（SM2）签名，这台电脑没有装国密扩展，没有核对；"
        "其余签名都核对了。要核对，请安装 sealkeeper[sm]。",
        "Take care: {count} entries also have an SM2 signature, which was NOT checked, because "
        "this computer lacks the extra for it; the other signatures were. To check them, "
        "install sealkeeper[sm].",
    ),
    (
        "notice.sm2-missing",
        "注意：所信任的密钥里有国密（SM2）第二密钥，这台电脑没有装国密扩展，国密签名没有核对；"
        "其余签名都核对了。要核对，请安装 sealkeeper[sm]。",
        "Take care: a key that you trust signs with SM2 as well; SM2 signatures were NOT "
        "checked, because this computer lacks the extra for it; the other signatures were. To "
        "check them, install sealkeeper[sm].",
    ),
    (
        "notice.other-lines",
        "说明：封签上另有 {count} 行签名（见证人的，或者别种算法的），没有核对："
        "没有给出它们的密钥。",
        "Note: {count} more signature lines on the head (of witnesses, or by other algorithms) "
        "were not checked, because their keys were not given.",
    ),
    (
        "notice.unproved",
        "说明：{count} 条记录还没有回执（第 {first} 条起）。",
        "Note: {count} entries have no receipt yet (from entry {first} on).",
    ),
    (
        "evidence",
        "证据已保存在 {folder}，请勿删除。",
        "The evidence is kept in {folder}; do not delete it.",
    ),
    (
        "progress",
        "正在核对",
        "checking",
    ),
)

# What to do about a finding.
DO: tuple[tuple[str, str, str], ...] = (
    (
        "again",
        "请重新复制或下载一次再核对；仍然如此，要求乡镇重新公布这些文件，并告诉县里。",
        "Copy or download it once more and check again; if it stays, ask the township to "
        "publish the files anew, and tell the county.",
    ),
    (
        "county",
        "保存这份台账文件，不要覆盖；报县纪委，由县里与乡镇一起查明是谁、何时改动。",
        "Keep these files, overwrite nothing; report it to the county, which finds out with "
        "the township who changed what, and when.",
    ),
    (
        "rewritten",
        "立即保存新旧两份封签和现在的台账文件，报县纪委；查明之前，不要再用这本台账办事。",
        "Keep the old and the new head and the files as they are now, and report it to the "
        "county; do not rely on this log until it is explained.",
    ),
    (
        "log-key",
        "打电话问乡镇和县里：是不是换了台账密钥？按规定换的（旧密钥、新密钥和县里都签过、写进了台账）"
        "会自动认，不用登记。不是的，就是有人冒签：保存文件，报县纪委。第一次核对的，先当面核对编号"
        "，再把密钥文件放进信任文件夹。",
        "Ask township and county by telephone whether the log has a new key. One that the old key, "
        "the new one and the county have signed into the log counts by itself. Any other is a "
        "forgery: keep the files and report it to the county. At your first check, compare the "
        "number in person, then put the key's file into the trusted folder.",
    ),
    (
        "key",
        "通过电话或当面，向乡镇和县里核对这把密钥的编号；核对无误后，把密钥文件放进信任文件夹"
        "，再核对一次。",
        "Compare the key's number with township and county by telephone or in person; if it "
        "is right, put its file into the trusted folder and check again.",
    ),
    (
        "device",
        "请村里从印章机重新导出记录，与台账对照：缺的记录仍在印章机里。"
        "如果缺的是网关的记录，由乡镇说明去向，并报县里。",
        "Have the village export the machine's log again and compare: what is missing is still "
        "in the machine. If they are the gateway's, the township must say where they went, and "
        "the county must know.",
    ),
    (
        "copied",
        "请乡镇停用这把密钥，查清谁有它的副本；两份记录都要保存。",
        "Have the township revoke this key and find out who holds a copy; keep both entries.",
    ),
    (
        "clock",
        "请技术员检查机器的时钟和电池；记录本身仍然有效。",
        "Have the technician check the machine's clock and battery; the entry itself still counts.",
    ),
    (
        "people",
        "台账本身没有被改动；请乡镇核查这次用印，并说明预警和处置的情况（预警内容不公开）。",
        "The log itself is intact; have the township investigate this use, and say which alert "
        "it raised and what was done (what alerts say is not public).",
    ),
    (
        "privacy",
        "请乡镇停止公布这份文件，并报县里处理；不要转发。",
        "Have the township stop publishing this file and report it to the county; do not "
        "pass it on.",
    ),
    (
        "receipt",
        "保存记录和回执，向乡镇要一份新的回执；新回执也不通过，就报县纪委。",
        "Keep the entry and the receipt and ask the township for a new one; if that does not "
        "hold either, report it to the county.",
    ),
    (
        "silent",
        "打电话给乡镇：查看网关是否开机、网络是否通、公布台账的网址是否能打开；恢复后这一条自动消失，"
        "三天仍不恢复，报县纪委。",
        "Call the township: is the gateway on, is there a network, can the address with the public "
        "files be opened? The finding goes by itself once entries come; after three days, report "
        "it to the county.",
    ),
    (
        "program",
        "这不说明台账有问题，但这个乡镇现在没有人看着：请技术员查看技术细节，并用另一台电脑核对。",
        "This says nothing against the log, but nobody watches this township now: have the "
        "technician read the details, and check with another computer.",
    ),
    (
        "founding",
        "不要相信这本台账；向县里核对开账编号：可能换了一本台账，或换了县级密钥。",
        "Do not rely on this log; compare the founding's number with the county: this may be "
        "another log, or rest on another county key.",
    ),
    (
        "witness",
        "稍后再核对；一天后仍然不够，请问见证人（县里、村监委会）是否拒绝签名。",
        "Check again later; if it lasts a day, ask the witnesses (county, village committee) "
        "whether they refuse to sign.",
    ),
)
