"""Messages to approvers. Rows: key, Chinese, English."""

from __future__ import annotations

ROWS: tuple[tuple[str, str, str], ...] = (
    ("menu.channels", "消息通知", "Messages"),
    ("channels.title", "给审批人的消息通知", "Messages to approvers"),
    (
        "channels.lead",
        "只写哪个村有几件等审批和链接，不写姓名、事项、金额。消息发不出去时，照样能办理。",
        "They say how many wait in which village and where to look: no names, items or amounts. "
        "A robot that is down stops nothing.",
    ),
    (
        "channels.none",
        "没有设置消息通知，审批人要自己登录来看。要设置，请技术员写进网关的配置文件。",
        "No messages are configured: approvers must look for themselves. A technician writes them "
        "into the gateway's configuration.",
    ),
    ("channels.never", "这次启动后还没有发过。", "None sent since the start."),
    ("channels.last", "最近发出", "Last sent"),
    ("channels.failing", "发不出去（已试 {n} 次），起于", "Not taken ({n} tries) since"),
    (
        "channels.home",
        "消息通知“{name}”发不出去，审批人可能不知道有申请。请查看机器人设置和网络。",
        "Messages by {name} are not taken: approvers may not know. Look at the robot and the line.",
    ),
    ("channel.dingtalk", "钉钉", "DingTalk"),
    ("channel.wecombot", "企业微信", "WeCom"),
    ("channel.feishu", "飞书", "Feishu"),
    ("channel.lark", "飞书", "Lark"),
    ("channel.mailto", "邮件", "mail"),
    ("channel.mailtos", "邮件", "mail"),
)
