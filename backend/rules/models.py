"""Rules with their versions, what they have found, where their evaluation stands, and suppliers' certificates."""

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, Index, Integer, SmallInteger, Text, Uuid, text

from infra.schema import Key, tenant_table

# `state`: 1 draft, 2 on, 3 off. On, it looks at what is behind `from_seq`. `look_at` is the moment of the bell that counts. Findings of
# the hour from `hour_began` on are counted; those beyond the cap of the document are `muted` and only counted.
alert_rule = tenant_table(
    "alert_rule",
    Column("rule_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("kind", Key, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("changed_at", DateTime(timezone=True), nullable=False),
    # When it was tried on history before it was switched on, and what it would have found.
    Column("tried_at", DateTime(timezone=True)),
    Column("tried_findings", Integer),
    Column("from_seq", BigInteger, nullable=False),
    Column("look_at", DateTime(timezone=True)),
    Column("hour_began", DateTime(timezone=True)),
    Column("hour_count", Integer, nullable=False, server_default="0"),
    Column("muted", Integer, nullable=False, server_default="0"),
    key=("rule_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_alert_rule_on", alert_rule.c.tenant_id, alert_rule.c.rule_id, postgresql_where=text("state = 2"))

# What a rule said in each version (JSON, `forms.Document`): a finding of last year is explained by the version of then.
alert_rule_version = tenant_table(
    "alert_rule_version",
    Column("rule_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("recorded_by", Text, nullable=False),
    key=("rule_id", "version"),
    append_only=True,
)

# Where a rule stands with one device, place or lot. `open_since` while the condition holds; `memory` is what its evaluation remembers.
rule_series = tenant_table(
    "rule_series",
    Column("rule_id", Uuid, nullable=False),
    Column("series", Key, nullable=False),
    Column("open_since", DateTime(timezone=True)),
    Column("lost", Boolean, nullable=False, server_default="false"),
    Column("last_at", DateTime(timezone=True), nullable=False),
    Column("last_value", Double),
    Column("memory", Text, nullable=False),
    key=("rule_id", "series"),
    references=[(("rule_id",), "alert_rule.rule_id")],
)
Index("ix_rule_series_last", rule_series.c.tenant_id, rule_series.c.rule_id, rule_series.c.last_at)

# A finding. `effect_key` says what was found, so that it is found once. `outcomes`: what became of each action (JSON).
rule_firing = tenant_table(
    "rule_firing",
    Column("firing_id", Uuid, nullable=False),
    Column("rule_id", Uuid, nullable=False),
    Column("version", Integer, nullable=False),
    Column("series", Key, nullable=False),
    Column("effect_key", Key, nullable=False),
    Column("occurred_at", DateTime(timezone=True), nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("ended_because", Text),
    Column("muted", Integer, nullable=False, server_default="0"),
    Column("subject", Key, nullable=False),
    Column("object_keys", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("alert_id", Uuid),
    Column("outcomes", Text, nullable=False, server_default="{}"),
    key=("firing_id",),
    unique=[("rule_id", "effect_key")],
    references=[(("rule_id",), "alert_rule.rule_id")],
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_rule_firing_rule", rule_firing.c.tenant_id, rule_firing.c.rule_id, rule_firing.c.firing_id)
Index("ix_rule_firing_open", rule_firing.c.tenant_id, rule_firing.c.rule_id, rule_firing.c.series, postgresql_where=text("ended_at is null"))

# Up to which place of the feed the rules of a tenant have looked.
rule_progress = tenant_table(
    "rule_progress",
    Column("last_seq", BigInteger, nullable=False),
    key=(),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)

# What a supplier has shown: a kind of certificate, by whom, from when to when.
supplier_certificate = tenant_table(
    "supplier_certificate",
    Column("certificate_id", Uuid, nullable=False),
    Column("party", Key, nullable=False),
    Column("kind", Key, nullable=False),
    Column("number", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("valid_from", Date),
    Column("valid_to", Date, nullable=False),
    Column("recorded_at", DateTime(timezone=True), nullable=False),
    Column("recorded_by", Uuid, nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
    key=("certificate_id",),
    grants={"suyuan_app": ("SELECT", "INSERT", "UPDATE")},
)
Index("ix_supplier_certificate_party", supplier_certificate.c.tenant_id, supplier_certificate.c.party)
