"""The catalogue remembers what held when, and keeps the master data that documents tell

Revision: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_READ_AND_ADD = {"suyuan_app": ("SELECT", "INSERT")}
_ALL = {"suyuan_app": ("SELECT", "INSERT", "UPDATE", "DELETE")}

# What is in the catalogue is its first version, and is told to whoever queries master data.
_BEGINNING = """
do $$
declare t record; known bigint; begun bigint;
begin
  for t in select tenant_id from tenant order by tenant_id loop
    perform set_config('app.tenant_id', t.tenant_id::text, true);
    insert into catalog_version (tenant_id, kind, key, valid_from, told, recorded_by, entry)
      select tenant_id, 1, gtin, valid_from, false, 'suyuan', json_build_object('names', names::json, 'kind', kind, 'uom', uom,
        'shelf_life_days', shelf_life_days, 'published', published)::text from product where tenant_id = t.tenant_id
      union all
      select tenant_id, 2, place, valid_from, false, 'suyuan', json_build_object('names', names::json, 'kind', kind, 'own', own,
        'time_zone', time_zone, 'parent_place', parent_place, 'undetermined', false)::text from location where tenant_id = t.tenant_id
      union all
      select tenant_id, 3, party, valid_from, false, 'suyuan', json_build_object('names', names::json, 'supplier', supplier,
        'customer', customer, 'address', address)::text from partner where tenant_id = t.tenant_id;
    select (select count(*) from product where tenant_id = t.tenant_id) + (select count(*) from location where tenant_id = t.tenant_id)
      + (select count(*) from partner where tenant_id = t.tenant_id) into known;
    select count(*) into begun from catalog_version where tenant_id = t.tenant_id;
    if known <> begun then raise exception 'tenant %: % entries, % versions', t.tenant_id, known, begun; end if;
  end loop;
  perform set_config('app.tenant_id', '', true);
end $$
"""

_TOLD = """
do $$
declare t record;
begin
  for t in select tenant_id from tenant order by tenant_id loop
    perform set_config('app.tenant_id', t.tenant_id::text, true);
    insert into vocabulary_element (tenant_id, vocabulary, element, source, captured, own, teller, body, valid_from)
      select t.tenant_id, e.vocabulary, e.element, 'catalogue', e.element, true, 'suyuan', json_build_object('attributes', json_build_array(
        json_build_object('attribute', (select json_agg(json_build_object('@language', n.key, '@value', n.value)) from json_each_text(e.names) n),
          'id', e.attribute)))::text, e.valid_from
      from (
        select 'urn:epcglobal:epcis:vtype:EPCClass' as vocabulary, 'https://id.gs1.org/01/' || gtin as element, names::json as names,
          'urn:epcglobal:cbv:mda#tradeItemDescription' as attribute, valid_from from product where tenant_id = t.tenant_id
        union all
        select 'urn:epcglobal:epcis:vtype:BusinessLocation', place, names::json, 'urn:epcglobal:cbv:mda#name', valid_from
          from location where tenant_id = t.tenant_id
        union all
        select 'urn:epcglobal:epcis:vtype:SourceDest', party, names::json, 'urn:epcglobal:cbv:mda#name', valid_from
          from partner where tenant_id = t.tenant_id) e;
    insert into vocabulary_version (tenant_id, vocabulary, element, source, valid_from, own, teller, body, digest)
      select tenant_id, vocabulary, element, source, valid_from, own, teller, body, encode(sha256(convert_to(body, 'UTF8')), 'hex')
      from vocabulary_element where tenant_id = t.tenant_id;
    insert into vocabulary_attribute (tenant_id, attribute, value, element, vocabulary, source)
      select e.tenant_id, a.value ->> 'id', case when octet_length(n.value ->> '@value') <= 300 then n.value ->> '@value'
        else 'sha256:' || encode(sha256(convert_to(n.value ->> '@value', 'UTF8')), 'hex') end, e.element, e.vocabulary, e.source
      from vocabulary_element e, json_array_elements(e.body::json -> 'attributes') a, json_array_elements(a.value -> 'attribute') n
      where e.tenant_id = t.tenant_id on conflict do nothing;
  end loop;
  perform set_config('app.tenant_id', '', true);
end $$
"""


def upgrade() -> None:
    for table in ("product", "location", "partner"):
        op.add_column(table, sa.Column("told", sa.Boolean(), server_default="false", nullable=False))
        op.add_column(table, sa.Column("valid_from", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False))
    op.add_column("location", sa.Column("undetermined", sa.Boolean(), server_default="false", nullable=False))
    _versions()
    _elements()
    op.execute(_BEGINNING)
    op.execute(_TOLD)


def _key(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text(collation="C"), nullable=False)


def _moment(name: str, *, now: bool = False) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()") if now else None, nullable=False)


def _tenant() -> sa.Column[int]:
    return sa.Column("tenant_id", sa.Integer(), autoincrement=False, nullable=False)


def _versions() -> None:
    op.create_table(
        "catalog_version",
        _tenant(),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        _key("key"),
        _moment("valid_from"),
        sa.Column("version_id", sa.BigInteger(), sa.Identity(), nullable=False),
        _moment("recorded_at", now=True),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "kind", "key", "valid_from", "version_id", name=op.f("pk_catalog_version")),
    )
    op.secure_table("catalog_version", tenant_owned=True, grants=_READ_AND_ADD, append_only=True)
    op.create_table(
        "vocabulary_version",
        _tenant(),
        _key("vocabulary"),
        _key("element"),
        _key("source"),
        _moment("valid_from"),
        sa.Column("version_id", sa.BigInteger(), sa.Identity(), nullable=False),
        _moment("recorded_at", now=True),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("teller", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "vocabulary", "element", "source", "valid_from", "version_id", name=op.f("pk_vocabulary_version")),
    )
    op.secure_table("vocabulary_version", tenant_owned=True, grants=_READ_AND_ADD, append_only=True)


def _elements() -> None:
    op.create_table(
        "vocabulary_element",
        _tenant(),
        _key("vocabulary"),
        _key("element"),
        _key("source"),
        sa.Column("captured", sa.Text(), nullable=False),
        sa.Column("own", sa.Boolean(), nullable=False),
        sa.Column("teller", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        _moment("valid_from"),
        _moment("updated_at", now=True),
        sa.PrimaryKeyConstraint("tenant_id", "vocabulary", "element", "source", name=op.f("pk_vocabulary_element")),
    )
    op.create_index("ix_vocabulary_element_element", "vocabulary_element", ["tenant_id", "element"], unique=False)
    op.secure_table("vocabulary_element", tenant_owned=True, grants=_ALL)
    op.create_table(
        "vocabulary_attribute",
        _tenant(),
        _key("attribute"),
        _key("value"),
        _key("element"),
        _key("vocabulary"),
        _key("source"),
        sa.PrimaryKeyConstraint("tenant_id", "attribute", "value", "element", "vocabulary", "source", name=op.f("pk_vocabulary_attribute")),
    )
    op.create_index("ix_vocabulary_attribute_element", "vocabulary_attribute", ["tenant_id", "element", "vocabulary", "source"], unique=False)
    op.secure_table("vocabulary_attribute", tenant_owned=True, grants=_ALL)


def downgrade() -> None:
    raise RuntimeError("migrations only go forward: restore the backup, or write the next migration")
