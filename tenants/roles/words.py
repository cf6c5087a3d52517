"""Every permission and every built-in role in words, Chinese and English."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from tenants.permissions import Permission, Role


class Words(NamedTuple):
    """The same in both languages."""

    zh: str
    en: str

    def of(self, language: str) -> str:
        """In "en" or, for any other language, in Chinese."""
        return self.en if language == "en" else self.zh


_P, _R = Permission, Role

PERMISSIONS: Final[Mapping[Permission, Words]] = {
    _P.EVENTS_CAPTURE: Words("记录生产和物流事件", "Record what happens to goods"),
    _P.EVENTS_READ: Words("查看已记录的事件", "Read recorded events"),
    _P.EVENTS_REVIEW: Words("处理待审核的记录", "Decide on records that wait for review"),
    _P.QUERIES_SUBSCRIBE: Words("命名查询，并订阅其结果的推送", "Name queries and have what they find sent to web addresses"),
    _P.TRACE_READ: Words("正向和反向追溯货物", "Trace goods forwards and backwards"),
    _P.HOLDS_READ: Words("查看冻结及其原因", "See what is on hold and why"),
    _P.HOLDS_PLACE: Words("冻结货物", "Put goods on hold"),
    _P.HOLDS_RELEASE: Words("解除冻结（需双重验证和电子签名）", "Release goods from hold (with a second factor and a signature)"),
    _P.ALIASES_DECLARE: Words("声明两个标识为同一货物，或撤销声明", "Declare two identifiers the same goods, or take that back"),
    _P.QUALITY_READ: Words("查看质量标准、检验和不合格品", "See specifications, inspections and nonconformances"),
    _P.SPECIFICATIONS_WRITE: Words("维护质量标准和抽样方案", "Keep specifications and sampling plans"),
    _P.INSPECTIONS_RECORD: Words("记录检验和检测结果", "Record inspections and test results"),
    _P.INSTRUMENTS_MANAGE: Words("管理计量器具及其校准", "Keep instruments and their calibrations"),
    _P.NONCONFORMANCES_OPEN: Words("提报不合格品", "Report nonconforming goods"),
    _P.NONCONFORMANCES_DECIDE: Words("处置不合格品（需双重验证和电子签名）", "Decide on nonconforming goods (with a second factor and a signature)"),
    _P.ACTIONS_MANAGE: Words("管理纠正措施", "Keep corrective actions"),
    _P.ACTIONS_VERIFY: Words("确认纠正措施有效并关闭（需双重验证和电子签名）", "Close corrective actions (with a second factor and a signature)"),
    _P.ALERTS_ACT: Words("确认、分派和暂缓告警", "Acknowledge, assign and snooze alerts"),
    _P.RULES_MANAGE: Words("维护告警规则", "Keep alert rules"),
    _P.NOTIFICATIONS_MANAGE: Words("管理通知渠道、路由和班次", "Keep channels, routes and shift plans of notifications"),
    _P.WEBHOOKS_MANAGE: Words("管理推送给合作方的网络钩子", "Keep webhooks of partners"),
    _P.RECALLS_READ: Words("查看召回", "See recalls"),
    _P.RECALLS_MANAGE: Words("发起并推进召回：调查、范围、通知、回收", "Open and run recalls: investigation, scope, notices, recovery"),
    _P.RECALLS_DECIDE: Words(
        "决定、发布和关闭召回（需双重验证和电子签名）", "Decide on, announce and close recalls (with a second factor and a signature)"
    ),
    _P.DOCUMENTS_MAKE: Words("生成报告、档案、证书和监管表格", "Have reports, dossiers, certificates and authorities' sheets made"),
    _P.SHIPMENTS_COMMAND: Words("发货", "Ship goods"),
    _P.CATALOG_READ: Words("查看产品、地点和合作伙伴", "Read products, places and partners"),
    _P.CATALOG_WRITE: Words("维护产品、地点和合作伙伴", "Keep products, places and partners"),
    _P.HISTORY_PUBLISH: Words("发布供消费者查看的产品履历", "Publish product histories for consumers"),
    _P.MOBILE_SYNC: Words("使用手机扫码应用", "Work with the scanning app on a phone"),
    _P.PEOPLE_READ: Words("查看成员及其角色", "See members and what they are granted"),
    _P.PEOPLE_MANAGE: Words("邀请成员、授予角色、停用成员", "Invite members, grant roles, deactivate members"),
    _P.ROLES_MANAGE: Words("设立和修改本公司的角色", "Make and change the company's own roles"),
    _P.DEVICES_READ: Words("查看已登记的手机", "See enrolled phones"),
    _P.DEVICES_MANAGE: Words("登记和注销手机", "Enrol and revoke phones"),
    _P.CLIENTS_READ: Words("查看接口客户端及其使用情况", "See interface clients and their use"),
    _P.CLIENTS_MANAGE: Words("创建接口客户端和密钥", "Make interface clients and their keys"),
    _P.SANDBOX_USE: Words("使用沙箱环境", "Work in the sandbox"),
    _P.SANDBOX_MANAGE: Words("重置沙箱环境", "Reset the sandbox"),
    _P.AUDIT_READ: Words("查询和导出审计记录", "Search and export the audit trail"),
}

ROLES: Final[Mapping[Role, tuple[Words, Words]]] = {
    _R.WORKER: (Words("操作工", "Worker"), Words("在手机上扫码记录，查看冻结和追溯", "Scans on a phone, sees holds and traces")),
    _R.LINE_LEAD: (
        Words("班组长", "Line lead"),
        Words("带领一条产线：记录、冻结、发货", "Leads a line: records, puts goods on hold, ships"),
    ),
    _R.QC_INSPECTOR: (Words("质检员", "QC inspector"), Words("检验货物，必要时冻结", "Inspects goods and puts them on hold")),
    _R.WAREHOUSE_KEEPER: (Words("仓库管理员", "Warehouse keeper"), Words("收货和发货", "Receives and ships goods")),
    _R.QUALITY_MANAGER: (
        Words("质量经理", "Quality manager"),
        Words("对货物作出决定：冻结、解除冻结、审核、发布履历", "Decides on goods: holds, releases, reviews, publishes"),
    ),
    _R.PURCHASING: (Words("采购", "Purchasing"), Words("维护产品和供应商，查看来料", "Keeps products and suppliers, sees what came in")),
    _R.ADMINISTRATOR: (
        Words("管理员", "Administrator"),
        Words("管理成员、角色、手机和接口，不对货物作决定", "Runs people, roles, phones and interfaces, and decides nothing about goods"),
    ),
    _R.OWNER: (Words("所有者", "Owner"), Words("可以做一切；只有所有者能授予此角色", "May do everything; only an owner grants this role")),
    _R.AUDITOR: (
        Words("审核员", "Auditor"),
        Words("只读，最多 90 天，例如监管机构的检查员", "Reads only, for 90 days at most: an inspector of an authority"),
    ),
    _R.PARTNER: (Words("合作伙伴", "Partner"), Words("上报自己所做的事，看不到其他内容", "Reports what it did and sees nothing else")),
}


def of_permission(permission: Permission, language: str) -> str:
    """What a permission lets one do."""
    return PERMISSIONS[permission].of(language)


def of_role(role: Role, language: str) -> tuple[str, str]:
    """A built-in role's name, and what it is for."""
    name, description = ROLES[role]
    return name.of(language), description.of(language)
