"""What staff read about errors and reasons: one sentence for each code, in Chinese and English.

Pages have their own words in `gateway.web.texts`; these are the codes that travel in records,
errors and answers. `ZH` and `EN` have equal keys.
"""

from __future__ import annotations

ZH = {
    # errors
    "gateway": "网关无法完成操作，请联系管理员。",
    "request-refused": "规则不允许这样办理。",
    "not-allowed": "您没有办理此事的权限。",
    "not-found": "没有找到，请核对编号或返回列表。",
    "store": "存储不可用，请管理员检查磁盘;印章机会保留未确认的记录。",
    "rollback": "数据与已公布或已见证的账不符，是旧备份、别的库或同一密钥的另一台网关:不得签发，"
    "先按说明恢复。",
    "restore": "恢复不能这样做，或没有做完:请按恢复说明一步一步做。",
    "witness-refused": "见证人没有联署:请向见证人核对台账名称和密钥。",
    "config": "配置有误，请管理员改正后运行 check-config。",
    "unreachable": "网关正在运行但没有回应，请查看网关日志后重试。",
    "broker": "消息服务没有运行，请管理员查看日志。",
    "folder": "这个文件夹不是印章机导出的记录，请在印章机上重新导出并完整复制。",
    "thread-ended": "网关的一部分意外停止，系统会重新启动它；请把日志交给维护人员。",
    # why the list answers as it does
    "on-list": "清单内事项，经审批后可以用印。",
    "discretionary": "酌情事项，须具备清单写明的依据方可用印。",
    "forbidden": "清单明确不得用印的事项。",
    "off-list": "不在用印事项清单内。",
    "too-many-copies": "份数超过该事项的上限。",
    "unknown-seal": "这台印章机没有登记这枚印章。",
    # why a decision is refused
    "by-person": "审批人未同意。",
    "not-open": "该申请不在待审批状态。",
    "no-office": "您不是审批人。",
    "is-filer": "申请由您本人提交，不能由您审批。",
    "is-applicant": "您是申请人，不能审批自己的申请。",
    "unknown-person": "申请人或经办人在镇里没有账户，无法核对是不是同一个人，请管理员先建账户。",
    "is-keeper": "您是这枚印章的保管人，不能审批。",
    "pages-missing": "文件照片尚未收齐，请稍后再批。",
    "note-missing": "不同意时请写明理由。",
    "permit-ended": "该许可已经撤销或到期。",
    "not-held": "该异常没有锁定设备，或已经解除。",
    "count-out-of-bounds": "清点数量不能少于机器已证明的次数，也不能超过一千。",
    "case-exists": "该预警已经立案。",
    "case-step": "处置件当前不能进行这一步。",
    "list-empty": "清单没有任何事项。",
    "list-same": "与现行版本相同，没有变化。",
    "list-place": "没有任何村属于这个地区。",
    "list-date": "生效日期应写成 年-月-日，例如 2026-01-31。",
    "list-file": "清单文件有误，请按提示修改后重新导入。",
    "unknown-office": "没有这个岗位。",
    # keys and enrolment
    "own-key": "网关自己的密钥在运行中不能更换。",
    "not-founded": "这本账没有以密钥开头，不能登记密钥:请管理员先做好账的奠基文件。",
    "other-log": "这份密钥文件是给另一本账的。",
    "code-unknown": "注册码不对，或已换新:请核对，或重新发码。",
    "code-expired": "注册码已过期，请重新发码。",
    "code-used": "注册码已被另一把密钥使用，请重新发码并查明是谁用的。",
    "key-form": "印章机送来的密钥或签名不合要求，请在印章机上重新注册。",
    "county-waits": "还没有县里的同意:请把申请文件带到县里签署后导入。",
    "challenge": "应答已过时，请印章机再试一次。",
    "link-key": "印章机的链路密钥不合要求，请重新注册。",
    "shut-out": "这台印章机的密钥已停用或没有注册。",
    # why a permit is revoked
    "mistake": "审批有误",
    "withdrawn": "申请人撤回",
    "misuse": "疑似违规用印",
    "key-copied": "密钥疑似被复制",
    "taken-down": "机器已撤走",
    "not-sure": "请选择原因并勾选确认。",
    "machine-lost": "设备遗失或失控",
}

EN = {
    "gateway": "The gateway cannot do this; call the administrator.",
    "request-refused": "The rules do not allow this.",
    "not-allowed": "You may not do this.",
    "not-found": "Not found; check the number or go back to the list.",
    "store": "The store cannot be used; the administrator checks the disk. Machines keep what was "
    "not acknowledged.",
    "rollback": "The store is not what was published or witnessed: an old backup, another store, "
    "or a second gateway with the same key. Restore it before signing.",
    "restore": "The restore cannot be done so, or was not finished: follow its steps in order.",
    "witness-refused": "The witness did not cosign: compare the log's name and key with it.",
    "config": "The configuration is wrong; the administrator corrects it and runs check-config.",
    "unreachable": "The gateway runs but does not answer; look at its log and try again.",
    "broker": "The message broker does not run; the administrator reads its log.",
    "folder": "This folder is no log exported by a machine; export it again and copy all of it.",
    "thread-ended": "A part of the gateway stopped by itself; the system starts it again. Give its "
    "log to the maintainer.",
    "on-list": "On the list: may be stamped once approved.",
    "discretionary": "Discretionary: may be stamped with the evidence that the list names.",
    "forbidden": "The list says that this must not be stamped.",
    "off-list": "Not on the list of items that may be stamped.",
    "too-many-copies": "More copies than this item allows.",
    "unknown-seal": "This seal is not registered with this machine.",
    "by-person": "The approver did not agree.",
    "not-open": "This request is not waiting for a decision.",
    "no-office": "You are not an approver.",
    "is-filer": "You filed this request; somebody else must decide.",
    "is-applicant": "You are the applicant; somebody else must decide.",
    "unknown-person": "The filer has no account here, so nobody can tell whether it is the same "
    "person; the administrator adds the account first.",
    "is-keeper": "You keep this seal; somebody else must decide.",
    "pages-missing": "The photos of the document have not all arrived; try again later.",
    "note-missing": "Say why when you refuse.",
    "permit-ended": "This permit was revoked or has run out.",
    "not-held": "This incident does not lock the machine, or was released already.",
    "count-out-of-bounds": "Not fewer than the machine has proved, and not above a thousand.",
    "case-exists": "There is a case on this alert already.",
    "case-step": "The case cannot take this step now.",
    "list-empty": "The list has no items.",
    "list-same": "The same as the version in force; nothing changes.",
    "list-place": "No village lies in this place.",
    "list-date": "Write the first day as YYYY-MM-DD, such as 2026-01-31.",
    "list-file": "The list file is wrong; correct the rows named and import it again.",
    "unknown-office": "There is no such office.",
    "own-key": "The gateway's own key cannot change while it runs.",
    "not-founded": "This log does not begin with its keys, so none can be enrolled: the "
    "administrator has to found it first.",
    "other-log": "This key file is for another log.",
    "code-unknown": "The code is wrong or was replaced; compare it or issue a new one.",
    "code-expired": "The code has expired; issue a new one.",
    "code-used": "The code was used with another key; issue a new one and find out who used it.",
    "key-form": "The machine's key or signature is not acceptable; enrol it again.",
    "county-waits": "The county has not agreed yet: carry the request there and import the answer.",
    "challenge": "The answer came too late; the machine tries again.",
    "link-key": "The machine's key for the link is not acceptable; enrol it again.",
    "shut-out": "The machine's key was revoked, or it was never enrolled.",
    "mistake": "approved by mistake",
    "withdrawn": "withdrawn by the applicant",
    "misuse": "suspected misuse",
    "key-copied": "The key may have been copied",
    "taken-down": "The machine was taken away",
    "not-sure": "Choose a reason and mark the box.",
    "machine-lost": "machine lost or out of control",
}


def text(code: str, language: str = "zh") -> str:
    """Return the sentence for a code; an unknown code is shown as it is."""
    return (EN if language == "en" else ZH).get(code, code)
