"""Everything that the public pages say in their own voice, in both languages; a test keeps the two complete."""

from dataclasses import dataclass
from typing import Final

from backend.history.document import Status, StepKind
from backend.history.negotiation import Language


@dataclass(frozen=True, slots=True)
class Notice:
    """A short statement and the sentence that explains it."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class RecallWords:
    """How a recall is told. `going_on` and `closed` are by what the page is of; `{…}` are filled in."""

    heading: str
    going_on: dict[str, str]
    closed: dict[str, str]
    what_to_do: str
    usual: str
    still: str
    hazard: str
    call: str
    mail: str
    lots: str
    recall_class: str
    classes: dict[str, str]
    announced: str
    closed_on: str
    number: str
    others: str
    ask_heading: str
    ask_text: str
    ask: str


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of the pages in one language."""

    kind_of_page: str
    kind_of_product_page: str
    in_other_language: str
    languages: str
    lot: str
    serial: str
    gtin: str
    made_on: str
    made_at: str
    expires_on: str
    best_before: str
    past: str
    shelf_life_label: str
    shelf_life: str
    facts: str
    steps: str
    materials: str
    materials_note: str
    material_lot: str
    possible: str
    possible_note: str
    more_lots: str
    more_materials: str
    certificates: str
    passed: str
    temperature: str
    measured: str
    local_time: str
    proof: str
    proof_text: str
    updated: str
    published_by: str
    product_note: str
    until: str
    list_separator: str
    statuses: dict[Status, Notice]
    step_names: dict[StepKind, str]
    sandbox: Notice
    not_found: Notice
    no_such_link: Notice
    wrong_check_digit: Notice
    malformed: Notice
    too_many: Notice
    unavailable: Notice
    failed: Notice
    recall: RecallWords


ZH: Final = Words(
    kind_of_page="产品履历",
    kind_of_product_page="产品信息",
    in_other_language="English",
    languages="语言",
    lot="批号",
    serial="序列号",
    gtin="商品条码",
    made_on="生产日期",
    made_at="生产地点",
    expires_on="有效期至",
    best_before="此日期前最佳",
    past="已过期",
    shelf_life_label="保质期",
    shelf_life="{days} 天",
    facts="基本信息",
    steps="经过",
    materials="所用原料",
    materials_note="仅列出生产者公开的原料。",
    material_lot="批号",
    possible="可能",
    possible_note="标注“可能”的批次：记录不能证明用了它，也不能排除。",
    more_lots="另有 {count} 个批次",
    more_materials="另有 {count} 种原料未列出。",
    certificates="证书",
    passed="合格",
    temperature="过程温度",
    measured="实测温度",
    local_time="时间均为当地时间（{zone}）。",
    proof="这些内容从何而来",
    proof_text=(
        "本页由生产者记录的事件汇总而成。事件只增不改：更正会作为新事件记下，原记录仍然保留，本页显示更正之后的情况。"
        "本页说明记录了什么，本身并不能证明每条记录都属实。"
    ),
    updated="内容更新于",
    published_by="发布者",
    product_note="扫描包装上带批号或序列号的二维码，可以看到那一批或那一件产品的经过。",
    until="至",
    list_separator="、",
    statuses={
        Status.CLEAR: Notice("目前没有通告", "生产者没有对它进行核查；如有变化，本页会说明。"),
        Status.REVIEW: Notice("核查中", "生产者正在核查。这并不表示它有问题；请保留包装，稍后再来查看。"),
    },
    step_names={
        StepKind.MADE: "生产",
        StepKind.NUMBERED: "赋予序列号",
        StepKind.INSPECTED: "检验",
        StepKind.PACKED: "包装",
        StepKind.SHIPPED: "出厂",
    },
    sandbox=Notice("这是测试", "这里是企业测试环境中的示例数据：这样的产品没有生产过，也没有销售过。"),
    not_found=Notice("没有找到这件产品", "这个编码没有公开的产品履历。请核对包装上的编码，或重新扫描一次。"),
    no_such_link=Notice("没有这类信息", "这个编码下没有公开这一类信息。"),
    wrong_check_digit=Notice("商品条码有误", "商品条码的校验位不对，多半是输错了一位数字。请核对后再试，或重新扫描一次。"),
    malformed=Notice("地址不完整", "这个地址不是产品的编码。请重新扫描包装上的二维码。"),
    too_many=Notice("查询太频繁", "同一地址在短时间内查询过多。请在 {seconds} 秒后再试。"),
    unavailable=Notice("暂时无法显示", "服务暂时不可用，请过一会儿再试。"),
    failed=Notice("出错了", "我们这边出了问题，请过一会儿再试。"),
    recall=RecallWords(
        heading="产品召回",
        going_on={
            "lot": "这一批产品正在召回",
            "unit": "这一件产品正在召回",
            "product": "这种产品的部分批次正在召回",
            "possible": "这一批产品可能受影响，一并召回",
            "partly": "这一批产品中的部分单件正在召回：请扫描单件上的序列号查看",
        },
        closed={
            "lot": "这一批产品曾被召回",
            "unit": "这一件产品曾被召回",
            "product": "这种产品的部分批次曾被召回",
            "possible": "这一批产品曾因可能受影响而被召回",
            "partly": "这一批产品中的部分单件曾被召回：请扫描单件上的序列号查看",
        },
        what_to_do="怎么办",
        usual="请不要食用或使用，保留包装，并联系生产者。",
        still="召回已经结束，但仍请不要食用或使用被召回的产品。如果您手中还有，请联系生产者。",
        hazard="原因",
        call="电话",
        mail="邮箱",
        lots="召回的批号",
        recall_class="召回级别",
        classes={"1": "一级", "2": "二级", "3": "三级"},
        announced="公告日期",
        closed_on="结束日期",
        number="召回编号",
        others="另有召回：{numbers}",
        ask_heading="召回时通知我",
        ask_text="留下邮箱：这种产品或这一批产品一旦召回，生产者会给您发一封邮件。",
        ask="用邮件通知我",
    ),
)

EN: Final = Words(
    kind_of_page="Product history",
    kind_of_product_page="Product",
    in_other_language="中文",
    languages="Language",
    lot="Lot",
    serial="Serial",
    gtin="GTIN",
    made_on="Made on",
    made_at="Made at",
    expires_on="Use by",
    best_before="Best before",
    past="past",
    shelf_life_label="Keeps for",
    shelf_life="{days} days",
    facts="Facts",
    steps="What happened",
    materials="Made from",
    materials_note="Only the materials that the maker publishes are listed.",
    material_lot="Lot",
    possible="possible",
    possible_note="A lot marked “possible”: the records neither prove that it was used nor exclude it.",
    more_lots="and {count} more lots",
    more_materials="{count} more materials are not listed.",
    certificates="Certificates",
    passed="passed",
    temperature="Temperature during the step",
    measured="Temperature measured",
    local_time="Times are local ({zone}).",
    proof="Where this comes from",
    proof_text=(
        "This page is put together from events that the maker recorded. Events are added and never overwritten: a correction is a new event "
        "beside the old one, and this page shows the history as corrected. It tells what was recorded; by itself it does not prove that every "
        "record is true."
    ),
    updated="Content last changed",
    published_by="Published by",
    product_note="Scan a code on the pack that carries a lot or serial number to see what happened to that lot or piece.",
    until="to",
    list_separator=", ",
    statuses={
        Status.CLEAR: Notice("No notices", "The maker has no review open for it. If that changes, this page says so."),
        Status.REVIEW: Notice(
            "Under review", "The maker is checking it. That doesn’t mean that something is wrong. Keep the pack, and look here again later."
        ),
    },
    step_names={
        StepKind.MADE: "Made",
        StepKind.NUMBERED: "Serial number assigned",
        StepKind.INSPECTED: "Inspected",
        StepKind.PACKED: "Packed",
        StepKind.SHIPPED: "Left the maker",
    },
    sandbox=Notice("This is a test", "These are sample data from a company’s sandbox: no such product was made or sold."),
    not_found=Notice("No such product here", "There is no public history under this code. Check the code on the pack, or scan it again."),
    no_such_link=Notice("Nothing of this kind", "Information of this kind is not published under this code."),
    wrong_check_digit=Notice(
        "This product number can’t be right", "Its check digit is wrong; most often one digit is mistyped. Check it, or scan the code again."
    ),
    malformed=Notice("This address is not complete", "It doesn’t name a product. Scan the code on the pack again."),
    too_many=Notice("Too many requests", "Too many pages were asked for from one address. Try again in {seconds} seconds."),
    unavailable=Notice("Not available just now", "The service can’t be reached at the moment. Try again in a little while."),
    failed=Notice("Something went wrong", "The fault is on our side. Try again in a little while."),
    recall=RecallWords(
        heading="Product recall",
        going_on={
            "lot": "This lot is being recalled",
            "unit": "This item is being recalled",
            "product": "Some lots of this product are being recalled",
            "possible": "This lot may be affected, and is recalled with the others",
            "partly": "Some items of this lot are being recalled: scan the serial number on the item itself",
        },
        closed={
            "lot": "This lot was recalled",
            "unit": "This item was recalled",
            "product": "Some lots of this product were recalled",
            "possible": "This lot was recalled because it may have been affected",
            "partly": "Some items of this lot were recalled: scan the serial number on the item itself",
        },
        what_to_do="What to do",
        usual="Don’t eat or use it. Keep the pack, and contact the maker.",
        still="The recall has ended. Still, don’t eat or use what was recalled; contact the maker if you have any of it left.",
        hazard="Why",
        call="Phone",
        mail="E-mail",
        lots="Recalled lots",
        recall_class="Class",
        classes={"1": "I", "2": "II", "3": "III"},
        announced="Announced",
        closed_on="Ended",
        number="Recall",
        others="Further recalls: {numbers}",
        ask_heading="Be told of a recall",
        ask_text="Leave an e-mail address, and the maker sends you one message should this product or lot be recalled.",
        ask="Tell me by e-mail",
    ),
)

WORDS: Final = {Language.ZH: ZH, Language.EN: EN}
