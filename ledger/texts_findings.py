"""What people read about findings: for each code what is wrong, in Chinese and in English.

Written for a county clerk: no word of hashes and trees. The fourth column names what to do
(`ledger.texts_rows`). A code that has no row here is shown as `other`, never hidden.
"""

from __future__ import annotations

FINDINGS: tuple[tuple[str, str, str, str], ...] = (
    (
        "checkpoint-malformed",
        "台账的封签文件损坏，无法辨认。",
        "The log's signed head is damaged and cannot be read.",
        "again",
    ),
    (
        "checkpoint-bad-signature",
        "台账封签上的签名不真实。",
        "The signature under the log's head is not genuine.",
        "county",
    ),
    (
        "checkpoint-unknown-key",
        "台账封签不是用您信任的台账密钥签的。",
        "The log's head was not signed with the log key that you trust.",
        "log-key",
    ),
    (
        "checkpoint-proof",
        "台账封签自相矛盾。",
        "The log's head contradicts itself.",
        "county",
    ),
    (
        "checkpoint-cosignature",
        "封签上有一个见证签名不真实。",
        "A witness's signature under the log's head is not genuine.",
        "county",
    ),
    (
        "quorum",
        "封签上的见证人签名不够。",
        "Too few witnesses have signed the log's head.",
        "witness",
    ),
    (
        "log-shrunk",
        "台账比以前短了：后面的记录被截掉，或用旧备份顶替了。",
        "The log is shorter than before: its end was cut off, or an old backup took its place.",
        "rewritten",
    ),
    (
        "log-rewritten",
        "台账中早先的记录被改写：与您手中的旧封签不符。",
        "Earlier entries of the log were rewritten: it contradicts the older head that you hold.",
        "rewritten",
    ),
    (
        "log-fork",
        "同一本台账出现了两个互相矛盾的版本。",
        "There are two versions of this log that contradict each other.",
        "rewritten",
    ),
    (
        "log-silent",
        "台账很久没有新的记录：正常时印章机每十分钟写一条。",
        "The log has had no new entry for long: machines write every ten minutes.",
        "silent",
    ),
    (
        "root-differs",
        "台账的内容与它的封签不符。",
        "What the log holds is not what its head was signed for.",
        "county",
    ),
    (
        "year-link",
        "本年度台账没有接上一年度台账的末尾。",
        "This year's log does not continue from the end of the log before.",
        "county",
    ),
    (
        "entries-missing",
        "有一批记录的文件缺失。",
        "The file with some of the entries is missing.",
        "again",
    ),
    (
        "entries-malformed",
        "有一批记录的文件损坏。",
        "The file with some of the entries is damaged.",
        "again",
    ),
    (
        "tile-missing",
        "台账的校验文件缺失。",
        "A check file of the log is missing.",
        "again",
    ),
    (
        "tile-differs",
        "记录与台账的校验文件不符：记录或校验文件被改动。",
        "An entry and the log's check file disagree: one of the two was changed.",
        "county",
    ),
    (
        "entry-malformed",
        "这条记录不是规定的格式，可能被改动或损坏。",
        "This entry has not the prescribed form: changed or damaged.",
        "county",
    ),
    (
        "entry-bad-signature",
        "这条记录的签名不真实：签名后内容被改动，或是他人冒签。",
        "The signature of this entry is not genuine: changed after signing, or signed by "
        "somebody else.",
        "county",
    ),
    (
        "entry-signature",
        "这条记录的签名不真实：签名后内容被改动，或是他人冒签。",
        "The signature of this entry is not genuine: changed after signing, or signed by "
        "somebody else.",
        "county",
    ),
    (
        "entry-unknown-key",
        "这条记录是用一把没人认识的密钥签的。",
        "This entry was signed with a key that nobody knows.",
        "key",
    ),
    (
        "entry-wrong-key",
        "这条记录是用别人的密钥签的。",
        "This entry was signed with somebody else's key.",
        "county",
    ),
    (
        "key-unconfirmed",
        "台账公布了一把密钥，但您信任的密钥文件夹里没有它。",
        "The log publishes a key that your folder of trusted keys does not hold.",
        "key",
    ),
    (
        "key-unknown",
        "这台机器没有登记，却有它的记录。",
        "There are entries of a machine that was never enrolled.",
        "county",
    ),
    (
        "key-ended",
        "密钥已停用或更换，此后仍有用它签的记录。",
        "A key signed entries after it was revoked or replaced.",
        "county",
    ),
    (
        "key-act",
        "一次密钥登记、更换或停用没有得到应有的同意。",
        "A key was enrolled, replaced or revoked without the consent that this needs.",
        "county",
    ),
    (
        "key-county",
        "台账所依据的县级密钥，与您手中的县级密钥不同。",
        "The county key on which the log rests is not the one that you hold.",
        "key",
    ),
    (
        "key-founding",
        "台账不是从您指定的那次开账开始的。",
        "The log does not begin with the founding that you named.",
        "founding",
    ),
    (
        "chain-gap",
        "这台机器（或网关）的记录中间缺了几条。",
        "Entries of this machine (or gateway) are missing in between.",
        "device",
    ),
    (
        "chain-repeat",
        "同一条记录被放进台账两次。",
        "The same entry stands in the log twice.",
        "county",
    ),
    (
        "chain-second",
        "同一个编号出现两条不同的记录：有人复制了密钥，或重放了旧记录。",
        "One number has two different entries: somebody copied the key, or replayed old entries.",
        "copied",
    ),
    (
        "chain-fork",
        "这条记录接的不是台账里的前一条：前面的记录被换过，或密钥被复制。",
        "This entry follows another one than the log holds: it was replaced, or the key was "
        "copied.",
        "copied",
    ),
    (
        "time-back",
        "记录的时间比前一条早，时钟倒走。",
        "The entry's time is before that of the one before it: the clock went back.",
        "clock",
    ),
    (
        "time-skew",
        "机器时钟比网关给的时间慢五分钟以上。",
        "The machine's clock is more than five minutes behind the gateway's time.",
        "clock",
    ),
    (
        "permit-unknown",
        "没有许可就准备用印。",
        "A use of the seal was begun without any permit in the log.",
        "people",
    ),
    (
        "permit-twice",
        "同一个许可编号出现两次。",
        "One permit number stands in the log twice.",
        "people",
    ),
    (
        "permit-doubled",
        "同一台机器、同一枚印章的同一事项，有两份常备许可同时有效，每天的次数就翻了倍。",
        "Two standing permits for one item, machine and seal were in force together, which doubles "
        "the uses of a day.",
        "people",
    ),
    (
        "permit-mismatch",
        "用印与许可不符：机器、印章、事项或份数不同。",
        "The use differs from its permit: machine, seal, item or number.",
        "people",
    ),
    (
        "permit-late",
        "许可到期之后用印。",
        "The seal was used after its permit had expired.",
        "people",
    ),
    (
        "permit-early",
        "许可开始之前用印。",
        "The seal was used before its permit began.",
        "people",
    ),
    (
        "permit-revoked",
        "许可撤销之后仍然用印，而机器当时已与网关联系过。",
        "The seal was used after its permit was revoked, and the machine had heard from the "
        "gateway since.",
        "people",
    ),
    (
        "makeup-unfit",
        "补盖的不是同一台机器、同一枚章、同一事项的一次浅印，或为同一次补盖了两回。",
        "A make-up stamp is for no faint use of its machine, seal and item, or for one twice.",
        "people",
    ),
    (
        "request-withdrawn",
        "申请已经撤回，之后又给了许可或用了印。",
        "A request was taken back, and permitted or stamped after it.",
        "people",
    ),
    (
        "permit-over",
        "盖印次数超过许可。",
        "There are more impressions than the permit allows.",
        "people",
    ),
    (
        "intent-unknown",
        "有一次用印没有事先登记。",
        "A use of the seal was not announced before it.",
        "people",
    ),
    (
        "request-unknown",
        "审批或许可找不到对应的申请。",
        "An approval or permit has no request in the log.",
        "people",
    ),
    (
        "approval-missing",
        "许可没有相应的审批，或这一次盖章没有相应的放行。",
        "A permit lacks the approval that it rests on, or an impression its release.",
        "people",
    ),
    (
        "separation",
        "经办、申请、审批不是不同的人。",
        "Those who asked, used and approved are not different people.",
        "people",
    ),
    (
        "privacy-number",
        "公开的记录里有身份证号或手机号。",
        "A published entry holds an identity card or phone number.",
        "privacy",
    ),
    (
        "privacy-field",
        "公开的记录里有本应保密的内容。",
        "A published entry says in clear what must be withheld.",
        "privacy",
    ),
    (
        "receipt-malformed",
        "回执文件损坏，不是规定的格式。",
        "The receipt is damaged or has not the prescribed form.",
        "receipt",
    ),
    (
        "receipt-bad-signature",
        "回执上的签名不真实。",
        "The signature in the receipt is not genuine.",
        "receipt",
    ),
    (
        "receipt-unknown-key",
        "回执不是用您信任的台账密钥签的。",
        "The receipt was not signed with the log key that you trust.",
        "key",
    ),
    (
        "receipt-proof",
        "回执证明的不是这条记录：记录或回执被改动。",
        "The receipt does not prove this entry: one of the two was changed.",
        "receipt",
    ),
    (
        "receipt-quorum",
        "回执上的见证人签名不够。",
        "Too few witnesses have signed the receipt.",
        "witness",
    ),
    (
        "receipt-order",
        "回执显示的先后次序与机器的记录不同。",
        "Receipts put the entries in another order than the machine did.",
        "receipt",
    ),
    (
        "receipt-alone",
        "有回执却没有那条记录：记录被删掉了。",
        "There is a receipt, but not its entry: the entry was removed.",
        "device",
    ),
    (
        "receipt-broken",
        "持有回执的记录，在台账的那个位置上却是另一条。",
        "An entry has a receipt, but another one stands at its place in the log.",
        "rewritten",
    ),
    (
        "export-name",
        "文件名写的编号与里面的记录不同。",
        "The number in the file's name is not that of the entry in it.",
        "device",
    ),
    (
        "export-authors",
        "导出的文件夹里有不止一台机器的记录。",
        "The export holds entries of more than one machine.",
        "device",
    ),
    (
        "export-cut",
        "网关签收过的记录，导出里没有：末尾被截掉，或换了旧备份。",
        "The gateway acknowledged entries that the export lacks: its end was cut, or an old "
        "backup took its place.",
        "device",
    ),
    (
        "export-ack",
        "导出里的网关签收不真实。",
        "The gateway's acknowledgement in the export is not genuine.",
        "device",
    ),
    (
        "monitor-failed",
        "核对程序在这个乡镇的台账上没有做完。",
        "The checking program did not finish on this township's log.",
        "program",
    ),
    (
        "unreachable",
        "读不到台账文件。",
        "The files of the log cannot be read.",
        "again",
    ),
    (
        "other",
        "有一处核对不通过。",
        "Something does not hold.",
        "county",
    ),
)
