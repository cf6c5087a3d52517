"""Everything that the page says in its own voice, in both languages; a test keeps the two complete."""

from dataclasses import dataclass
from typing import Final

from backend.history.negotiation import Language
from backend.history.words import Notice


@dataclass(frozen=True, slots=True)
class Words:
    """The texts of the page in one language."""

    title: str
    other_language: str
    languages: str
    intro: str
    paste: str
    file: str
    check: str
    again: str
    kept: str
    samples: str
    sample_names: dict[str, str]
    none: Notice
    good: Notice
    warned: Notice
    faulty: Notice
    line: str
    column: str
    rule: str
    in_document: str
    lines_left_out: str
    faults: str
    warnings: str
    more: str
    events: str
    events_left_out: str
    has_faults: str
    good_event: str
    good_event_text: str
    when: str
    where: str
    read_point: str
    location: str
    why: str
    documents: str
    sources: str
    destinations: str
    identity: str
    event_hash: str
    written: str
    objects: str
    objects_left_out: str
    declared: str
    roles: dict[str, str]
    for_programs: str
    for_programs_text: str
    examples: str
    example_names: dict[str, str]
    separator: str
    too_large: Notice
    too_many: Notice
    busy: Notice
    malformed: Notice
    failed: Notice


EN: Final = Words(
    title="EPCIS validator",
    other_language="中文",
    languages="Language",
    intro=(
        "Paste an EPCIS document or choose a file: JSON or XML, version 2.0, 1.2 or 1.1, a document, the results of a query or a single event. "
        "Every fault is explained with its line, and beside it stands what a good event would look like."
    ),
    paste="Document",
    file="or a file, up to 1 MB",
    check="Check",
    again="Correct and check again",
    kept="Nothing of it is kept.",
    samples="Try one",
    sample_names={"good": "a good event", "faulty": "a document with faults", "xml": "XML of version 1.2"},
    none=Notice("There is nothing to check", "Paste a document or choose a file."),
    good=Notice("No faults", "Every event in it can be captured as it is."),
    warned=Notice("No faults, but look at the warnings", "It can be captured as it is. What is marked is legal, and usually a mistake."),
    faulty=Notice("{faults} to mend", "Capture would refuse the document as it is."),
    line="line {line}",
    column="column {column}",
    rule="Rule",
    in_document="The document",
    lines_left_out="{count} lines without findings",
    faults="Faults",
    warnings="Warnings",
    more="and {count} more",
    events="Events",
    events_left_out="{count} more events are not listed.",
    has_faults="has faults",
    good_event="What a good event would look like",
    good_event_text="Built from your own values where they are good; what is missing is made up.",
    when="When",
    where="Where",
    read_point="read at",
    location="then at",
    why="Why",
    documents="Documents",
    sources="From",
    destinations="To",
    identity="Event id",
    event_hash="CBV hash",
    written="written as",
    objects="Objects",
    objects_left_out="{count} more objects are not listed.",
    declared="This declares an earlier event wrong.",
    roles={"subject": "object", "parent": "container", "child": "content", "input": "input", "output": "output"},
    for_programs="For programs",
    for_programs_text=(
        "POST /epcis/validate answers the same as JSON, and tells besides whether an event is stored already. "
        "These ten examples show each step in curl, Python and TypeScript."
    ),
    examples="Examples",
    example_names={
        "01_token": "A token, or the key itself",
        "02_validate": "Validate",
        "03_capture_event": "Capture one event",
        "04_capture_document": "Capture a document",
        "05_read_pages": "Read events page by page",
        "06_query": "Query by parameters",
        "07_correct": "Correct a mistake",
        "08_pack_and_ship": "Pack and ship",
        "09_trace": "Trace a lot both ways",
        "10_retry": "Retry",
    },
    separator=", ",
    too_large=Notice("This is too large", "The validator takes up to 1 MB. Send a part of it; the faults of the rest will be of the same kinds."),
    too_many=Notice("Too many requests", "Too much was asked for from one address. Try again in {seconds} seconds."),
    busy=Notice("Busy just now", "Others are being served. Try again in a little while."),
    malformed=Notice("This can’t be read", "The form didn’t arrive whole. Go back and send it again."),
    failed=Notice("Something went wrong", "The fault is on our side. Try again in a little while."),
)

ZH: Final = Words(
    title="EPCIS 校验",
    other_language="English",
    languages="语言",
    intro=(
        "请粘贴 EPCIS 文档，或选择文件：JSON 或 XML，2.0、1.2 或 1.1 版，可以是文档、查询结果或单个事件。"
        "每处错误都会指出所在的行并加以说明，旁边给出正确事件的写法。"
    ),
    paste="文档",
    file="或选择文件，不超过 1 MB",
    check="校验",
    again="改正后再校验",
    kept="内容不会保存。",
    samples="试一试",
    sample_names={"good": "正确的事件", "faulty": "有错误的文档", "xml": "1.2 版 XML"},
    none=Notice("没有可校验的内容", "请粘贴文档或选择文件。"),
    good=Notice("没有错误", "其中每个事件都可以照原样接收。"),
    warned=Notice("没有错误，但请看提醒", "可以照原样接收。标出的地方合乎标准，但往往是笔误。"),
    faulty=Notice("有 {faults}需要改正", "照现在的样子，文档会被拒收。"),
    line="第 {line} 行",
    column="第 {column} 列",
    rule="依据",
    in_document="文档",
    lines_left_out="略去没有问题的 {count} 行",
    faults="错误",
    warnings="提醒",
    more="另有 {count} 处",
    events="事件",
    events_left_out="另有 {count} 个事件未列出。",
    has_faults="有错误",
    good_event="正确的事件可以这样写",
    good_event_text="您的值只要正确就照用，缺少的是示例值。",
    when="何时",
    where="何地",
    read_point="读取于",
    location="之后在",
    why="为何",
    documents="单据",
    sources="来自",
    destinations="去往",
    identity="事件编号",
    event_hash="CBV 哈希",
    written="原写法",
    objects="对象",
    objects_left_out="另有 {count} 个对象未列出。",
    declared="这是对先前事件的错误声明。",
    roles={"subject": "对象", "parent": "容器", "child": "内装", "input": "投入", "output": "产出"},
    for_programs="给程序用",
    for_programs_text=(
        "POST /epcis/validate 以 JSON 回答同样的内容，并说明事件是否已经保存过。下面十个例子用 curl、Python 和 TypeScript 写出每一步。"
    ),
    examples="例子",
    example_names={
        "01_token": "令牌，或直接用密钥",
        "02_validate": "校验",
        "03_capture_event": "上报一个事件",
        "04_capture_document": "上报一份文档",
        "05_read_pages": "逐页读取事件",
        "06_query": "按参数查询",
        "07_correct": "更正错误",
        "08_pack_and_ship": "装箱与发货",
        "09_trace": "双向追溯批次",
        "10_retry": "重试",
    },
    separator="、",
    too_large=Notice("文档太大", "最多校验 1 MB。请只发送一部分，其余部分的错误多半相同。"),
    too_many=Notice("请求太频繁", "同一地址在短时间内请求过多。请在 {seconds} 秒后再试。"),
    busy=Notice("现在繁忙", "正在为他人服务，请过一会儿再试。"),
    malformed=Notice("无法读取", "表单没有完整送达，请返回后重新提交。"),
    failed=Notice("出错了", "我们这边出了问题，请过一会儿再试。"),
)

WORDS: Final = {Language.ZH: ZH, Language.EN: EN}


def counted(language: Language, faults: int) -> str:
    """So many faults, as a phrase."""
    return f"{faults} 处错误" if language is Language.ZH else "1 fault" if faults == 1 else f"{faults} faults"
