"""How to mend it, in Chinese, by the English sentence with blanks; and the words that may stand in a blank. A test keeps it whole."""

from typing import Final

MENDS: Final[dict[str, str]] = {
    # The envelope and its context.
    "Scan the code again, or copy the whole address.": "请重新扫描条码，或复制完整的网址。",
    "Send an EPCISDocument or an event.": "请发送一个 EPCISDocument 或一个事件。",
    'Give "type": {}, {}, or one of {}.': "请写明 “type”：{}、{}，或下列之一：{}。",
    'Add "@context": ["{}"].': '请加上 "@context": ["{}"]。',
    'Add "schemaVersion": "2.0".': '请加上 "schemaVersion": "2.0"。',
    "Add the document's date and time.": "请加上文档的日期和时间。",
    'Add "epcisBody": {"eventList": […]}.': '请加上 "epcisBody": {"eventList": […]}。',
    'Add "queryName": "SimpleEventQuery".': '请加上 "queryName": "SimpleEventQuery"。',
    "Add the list of events; it may be empty.": "请加上事件列表（eventList），可以为空。",
    "Add it.": "请补上。",
    'Write "2.0".': "请写 “2.0”。",
    'Write it like "2026-07-22T06:45:00.000+08:00".': "请写成 “2026-07-22T06:45:00.000+08:00” 这样。",
    "Write a URI like urn:uuid:…, or leave it out.": "请写成 urn:uuid:… 这样的 URI，或省略。",
    "List their URIs.": "请列出它们的 URI。",
    "Write it in full.": "请写出完整的 URI。",
    'Write "{}" or {"prefix": "…"}.': '请写 "{}"，或 {"prefix": "…"}。',
    "Choose another prefix.": "请换一个前缀。",
    "Choose another name.": "请换一个名称。",
    'Write "prefix": "https://…/".': '请写成 "prefix": "https://…/"。',
    # JSON as such.
    "Send the document in UTF-8.": "请用 UTF-8 编码发送文档。",
    "Send XML with Content-Type: application/xml.": "XML 请以 Content-Type: application/xml 发送。",
    "Correct the JSON at that place.": "请更正该处的 JSON。",
    "Flatten the value.": "请减少嵌套层数。",
    "Use strings as names.": "名称请用文本。",
    "Keep one of them.": "请只保留其中一个。",
    "Use JSON values only.": "请只用 JSON 的值。",
    "Remove the character.": "请删除这个字符。",
    "Write the whole surrogate pair, or the character itself.": "请写出完整的代理对，或直接写这个字符。",
    "Leave the field out, or give a number.": "请省略该字段，或给出一个数字。",
    "Give a number within the range of a double.": "请给出双精度浮点数范围内的数字。",
    # XML as such.
    "Remove the DOCTYPE; EPCIS needs none.": "请删除 DOCTYPE，EPCIS 不需要它。",
    "Send an EPCISDocument, an EPCISQueryDocument with results, or one event.": "请发送 EPCISDocument、带结果的 EPCISQueryDocument，或一个事件。",
    "Send events, query results or master data; a query belongs to the query interface.": "请发送事件、查询结果或主数据；查询本身属于查询接口。",
    "Send a well-formed XML document in one encoding.": "请发送格式良好、编码一致的 XML 文档。",
    "Only set and unset may stand there.": "那里只能放 set 和 unset。",
    "Only {} may stand there.": "那里只能放 {}。",
    "Keep one {}.": "请只保留一个 {}。",
    "Flatten the extension.": "请减少扩展的嵌套层数。",
    "Declare one namespace for your extensions, and write values as elements.": "请为自己的扩展声明一个命名空间，并把值写成元素。",
    "Send a part of it; the others will be like them.": "请只发送一部分，其余的多半相同。",
    # Events.
    'Write {"type": "ObjectEvent", …}.': '请写成 {"type": "ObjectEvent", …}。',
    "Add the event's type, like ObjectEvent.": "请写明事件的类型，例如 ObjectEvent。",
    "Use one of {}.": "请使用下列之一：{}。",
    "Say when it happened, with the zone.": "请写明发生的时间，带时区。",
    'Add the local zone of the event, like "+08:00".': "请加上事件当地的时区偏移，例如 “+08:00”。",
    "Keep eventID.": "请保留 eventID。",
    "Use ADD, OBSERVE or DELETE.": "请用 ADD、OBSERVE 或 DELETE。",
    "Add ADD, OBSERVE or DELETE.": "请加上 ADD、OBSERVE 或 DELETE。",
    "Fill epcList or quantityList; an event about a place alone has sensorElementList and readPoint.": (
        "请填写 epcList 或 quantityList；只关于地点的事件要有 sensorElementList 和 readPoint。"
    ),
    "Remove ilmd, or correct the action.": "请删除 ilmd，或更正 action。",
    "Fill childEPCs or childQuantityList; only DELETE may leave both out, for all children.": (
        "请填写 childEPCs 或 childQuantityList；只有 DELETE 可以两者都省略，表示全部内装对象。"
    ),
    "Name the container; only OBSERVE may leave it out.": "请写明容器；只有 OBSERVE 可以省略。",
    "Name the object or place that the children belong to.": "请写明 children 所属的对象或地点。",
    "Name at least one business transaction.": "请至少写明一个业务单据。",
    "Fill epcList or quantityList; only DELETE may leave both out, for all objects.": (
        "请填写 epcList 或 quantityList；只有 DELETE 可以两者都省略，表示全部对象。"
    ),
    'Write it like "+08:00", from -14:00 to +14:00.': "请写成 “+08:00” 这样，范围从 -14:00 到 +14:00。",
    "Fill at least one of the four lists.": "四个列表请至少填写一个。",
    "Fill {}EPCList or {}QuantityList; parts of one transformation share a transformationID.": (
        "请填写 {}EPCList 或 {}QuantityList；同一次转化分几部分上报时，各部分共用一个 transformationID。"
    ),
    "Remove it, or correct the event's type.": "请删除，或更正事件的类型。",
    "Give the quantity, or leave out the unit.": "请给出数量，或省略单位。",
    "Name at least one, or leave the field out.": "请至少写明一个，或省略该字段。",
    "Add at least one sensorReport.": "请至少加上一个 sensorReport。",
    "Give what was there as a positive number.": "请用正数写明当时的数量。",
    # Values.
    "Give {}, or leave the field out.": "请给出{}，或省略该字段。",
    'Correct its name, or declare a prefix in "@context" and write it as "prefix:name".': (
        "请更正名称；或在 “@context” 中声明前缀，并写成 “prefix:name”。"
    ),
    "Write prefix:name.": "请写成 prefix:name。",
    'Add {{}: "https://…/"} to "@context".': '请在 "@context" 中加上 {{}: "https://…/"}。',
    'Write it like "f0f0f0".': "请写成 “f0f0f0” 这样。",
    'Write a code of UN/ECE Recommendation 20, like "KGM" or "LTR".': "请写 UN/ECE 第 20 号建议书的代码，例如 “KGM” 或 “LTR”。",
    "Write a URI like {}.": "请写成这样的 URI：{}。",
    "Write a shorter URI.": "请写短一些的 URI。",
    "Name each object once.": "每个对象只写一次。",
    'Write a word like "{}", or a URI for a term of your own.': "请写标准中的词，例如 “{}”；自己的术语请写成 URI。",
    "Allowed are {}.": "这里允许的是 {}。",
    # What a caller may report.
    "Have it reported by somebody of that site, or ask for a grant.": "请由该站点的人上报，或申请授权。",
    "Report the event first, or have it corrected there.": "请先上报该事件，或由那里的人更正。",
    # Identifiers.
    "If the other digits are right, write {}{}; else look for a mistyped digit.": "如果其他数字都对，请写 {}{}；否则请查找输错的数字。",
    "Write it into the path: …/{}/{}/{}.": "请写进路径：…/{}/{}/{}。",
    "Write {}01/GTIN/10/LOT, …/01/GTIN/21/SERIAL, …/00/SSCC and so on.": "请写成 {}01/GTIN/10/LOT、…/01/GTIN/21/SERIAL、…/00/SSCC 等。",
    "Check the number against the label.": "请与标签上的号码核对。",
    "Write it as {}.": "请写成 {}。",
    "Write urn:epc:id:scheme:value.": "请写成 urn:epc:id:scheme:value。",
    "Write urn:epc:id:…, urn:epc:class:… or urn:epc:idpat:…": "请写成 urn:epc:id:…、urn:epc:class:… 或 urn:epc:idpat:…",
    "Schemes are sgtin, sscc, sgln and so on.": "编码方案有 sgtin、sscc、sgln 等。",
    "Write an EPC URN (urn:epc:id:sgtin:…), a Digital Link ({}01/…) or your URI.": (
        "请写 EPC URN（urn:epc:id:sgtin:…）、Digital Link（{}01/…）或您自己的 URI。"
    ),
    "Write a shorter identifier.": "请写短一些的标识。",
}

# What stands in a blank and is of our own or of the parser's words; anything else in a blank is the sender's or a name of the standard.
WORDS: Final[dict[str, str]] = {
    "a text": "文本",
    "a boolean": "布尔值",
    "a number": "数字",
    "a list": "列表",
    "an object": "对象",
    "null": "null",
    "a time": "时间",
    "a URI": "URI",
    "an identifier": "标识",
    "true or false": "true 或 false",
    "It": "它",
    "input": "投入（input）",
    "output": "产出（output）",
    "attributes in one element": "属性（同一元素）",
    "namespaces": "命名空间",
    "business step": "业务步骤",
    "disposition": "状态",
    "business transaction type": "业务单据类型",
    "source or destination type": "来源或去向类型",
    "error reason": "错误原因",
    "measurement type": "测量类型",
    "sensor alert type": "传感器报警类型",
    "sensor component": "传感器分量",
    # What Python's reader of JSON says.
    "expecting value": "此处应有一个值",
    "expecting property name enclosed in double quotes": "此处应有用双引号括起的字段名",
    "expecting ':' delimiter": "此处应有冒号",
    "expecting ',' delimiter": "此处应有逗号",
    "illegal trailing comma before end of object": "对象末尾多了一个逗号",
    "illegal trailing comma before end of array": "列表末尾多了一个逗号",
    "extra data": "后面有多余的内容",
    "unterminated string starting at": "文本没有以双引号结束",
    "invalid control character at": "文本中有未转义的控制字符",
    "invalid \\escape": "转义写法不对",
    "invalid \\uXXXX escape": "\\uXXXX 转义写法不对",
}
