"""The items of the kiosk's village."""

from __future__ import annotations

from typing import Any

from ledger.matters import Matter, Verdict


def matter(code: str, name: str, verdict: Verdict, **more: Any) -> Matter:
    return Matter(code=code, name=name, verdict=verdict, layer="county", place="示例县", **more)


MATTERS = (
    matter("XY-P03", "大学生助学贷款证明", Verdict.ALLOWED),
    matter("XY-P04", "征兵政治考核证明", Verdict.ALLOWED, max_copies=3),
    matter("CM-05", "村民建房申请", Verdict.ALLOWED),
    matter("CM-09", "村民户籍迁移", Verdict.ALLOWED),
    matter("GB52-03", "对外签订合同", Verdict.ALLOWED, category="重大事项"),
    matter("ZQ-P03", "贫困学生证明", Verdict.ALLOWED),
    matter("SX-03", "收养人婚姻状况和抚养教育能力、收养状况证明", Verdict.ALLOWED),
    matter("CM-07", "上级部门或村外单位及个人的文书、报表、证明材料", Verdict.DISCRETIONARY),
    matter("USE-04", "经营场所证明", Verdict.DISCRETIONARY, materials="房屋权属材料"),
    matter(
        "MZF-01",
        "亲属关系证明",
        Verdict.FORBIDDEN,
        instead="到户籍地公安派出所核实出具；同户人员凭居民户口簿",
        basis="民发〔2020〕20号 附件清单（第一批）",
    ),
    matter("MZF-04", "居民养犬证明", Verdict.FORBIDDEN, basis="民发〔2020〕20号"),
)
