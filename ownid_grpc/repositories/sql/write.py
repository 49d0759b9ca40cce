"""Writes accounts: which columns of which tables, in which order, within one transaction."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Row, and_, column, func, select, text
from sqlalchemy.sql import quoted_name

from ownid_grpc.domain.account import (
    DISABLED,
    PROFILE,
    Account,
    AccountDraft,
    FieldPath,
    JsonValue,
    value_at,
)
from ownid_grpc.domain.mapping import Conditions, Generated
from ownid_grpc.errors import FailedPrecondition, InvalidArgument, Reason, Violation
from ownid_grpc.repositories.sql.assignments import Rules, new_uuid7, random_text, uuid_for
from ownid_grpc.repositories.sql.bound import BoundField, BoundJoin, BoundMapping, Table, raw
from ownid_grpc.repositories.sql.codecs import Stored, Unstorable
from ownid_grpc.repositories.sql.normalize import normalized
from ownid_grpc.repositories.sql.select import stored_key

Values = dict[str, Stored]


@dataclass(frozen=True, slots=True)
class Current:
    """The account's rows as they are: columns by table, none for a joined row not there."""

    rows: Mapping[str, Mapping[str, Stored] | None]


def new_value(field: BoundField, account: Account | AccountDraft) -> JsonValue:
    """Returns the value that a write gives a field, normalized."""
    value: JsonValue = None
    if field.path[0] == PROFILE:
        value = value_at(account.profile, field.path[1:])
    elif field.path == DISABLED:
        value = account.disabled
    return normalized(value, field.words.normalize) if isinstance(value, str) else value


def insert_account(
    connection: Connection, mapping: BoundMapping, draft: AccountDraft, rules: Rules
) -> tuple[Stored, ...]:
    """Writes a new account and returns its key as the database holds it."""
    tables = _created_columns(connection, mapping, draft, rules)
    own = tables[""]
    for join in mapping.joins.values():
        if join.words.parent and join.table.name in tables:
            parent = _insert(connection, join.table, tables[join.table.name], _theirs(join))
            own |= {ours: parent[index] for index, (_, ours) in enumerate(join.on)}
    own |= _given_key(connection, mapping, draft)
    needed = [*mapping.words.key.columns, *_own_columns_of_children(mapping)]
    made = dict(zip(needed, _insert(connection, mapping.table, own, needed), strict=True))
    for join in mapping.joins.values():
        if join.is_child and join.table.name in tables:
            values = tables[join.table.name] | {theirs: made[ours] for theirs, ours in join.on}
            _insert(connection, join.table, values | _child_key(join), ())
    return tuple(made[name] for name in mapping.words.key.columns)


def update_account(  # noqa: PLR0917 - a write needs all of these
    connection: Connection,
    mapping: BoundMapping,
    current: Current,
    changed: Sequence[BoundField],
    desired: Account,
    rules: Rules,
) -> None:
    """Writes the changed fields and what the rules say of a write."""
    tables: dict[str, Values] = {"": {}}
    for field in changed:
        _place(connection, field, new_value(field, desired), tables, current)
    _assign_on_write(mapping, changed, desired, rules, tables, current)
    version = mapping.words.version
    own = _own_row(current)
    if version is not None:
        tables[""][version.column] = _renewed(mapping, own[version.column], rules)
    for join in mapping.joins.values():
        if join.table.name in tables and join.words.lookup is None:
            _write_joined(connection, mapping, join, tables, current)
    if tables[""]:
        _update(
            connection, mapping.table, tables[""], {k: own[k] for k in mapping.words.key.columns}
        )


def delete_account(
    connection: Connection, mapping: BoundMapping, own: Mapping[str, Stored], rules: Rules
) -> None:
    """Deletes or marks the account's row, after the rows that hang on it."""
    words = mapping.words.delete
    for name in words.tables:
        join = mapping.joins.get(name)
        if join is not None:
            _delete(connection, join.table, {theirs: own[ours] for theirs, ours in join.on})
    key = {name: own[name] for name in mapping.words.key.columns}
    if not words.set:
        _delete(connection, mapping.table, key)
        return
    marks = {name: rules.value(name, said, {}) for name, said in words.set.items()}
    _update(connection, mapping.table, marks, key)


def _created_columns(
    connection: Connection, mapping: BoundMapping, draft: AccountDraft, rules: Rules
) -> dict[str, Values]:
    tables: dict[str, Values] = {"": {}}
    for rule in (mapping.words.on_create, mapping.words.on_write):
        for name, said in rule.items():
            table, place = mapping.owner(name)
            tables.setdefault(table.name, {})[place] = rules.value(name, said, draft.profile)
    tables[""] |= _in_scope(mapping.words.where, tables[""])
    if mapping.words.version is not None:
        shape = mapping.table.shape.columns[mapping.words.version.column]
        if not shape.is_filled:
            tables[""].setdefault(shape.name, _renewed(mapping, None, rules))
    for field in mapping.fields.values():
        _place_given(connection, field, draft, tables)
    for join in mapping.joins.values():
        if join.table.name in tables:
            tables[join.table.name] |= _fixed(join)
    return tables


def _place_given(
    connection: Connection, field: BoundField, draft: AccountDraft, tables: dict[str, Values]
) -> None:
    value = new_value(field, draft)
    if value is None:
        return
    if not field.is_writable:
        raise _violation(field, "readOnly", "This property cannot be written.")
    _place(connection, field, value, tables, Current({}))


def _in_scope(where: Conditions, assigned: Values) -> Values:
    """Returns what makes a new row an account: constants, and the first choice of several."""
    fixed = {name: said.equals for name, said in where.items() if "equals" in said.model_fields_set}
    chosen = {name: said.one_of[0] for name, said in where.items() if said.one_of}
    return fixed | {name: value for name, value in chosen.items() if name not in assigned}


def _fixed(join: BoundJoin) -> Values:
    return _in_scope(join.words.where, {})


def _place(
    connection: Connection,
    field: BoundField,
    value: JsonValue,
    tables: dict[str, Values],
    current: Current,
) -> None:
    if field.join is not None and field.join.words.lookup is not None:
        tables[""] |= _looked_up(connection, field, field.join, value)
        return
    owner = tables.setdefault(field.table.name, {})
    row = current.rows.get(field.table.name) or {}
    stored = owner.get(field.shape.name, row.get(field.shape.name))
    owner[field.shape.name] = _encoded(field, stored, value)


def _encoded(field: BoundField, stored: Stored, value: JsonValue) -> Stored:
    try:
        made = (
            field.codec.merge(stored, value)
            if field.codec.is_merging
            else field.codec.encode(value)
        )
    except Unstorable as error:
        raise _violation(field, error.rule, error.description) from error
    if made is None and not field.shape.is_nullable:
        raise _violation(field, "required", "The column needs a value; give one.")
    return made


def _violation(field: BoundField, rule: str, description: str) -> InvalidArgument:
    place = ".".join(field.path)
    return InvalidArgument(
        Reason.PROFILE_INVALID, description, {}, (Violation(f"account.{place}", rule, description),)
    )


def _looked_up(
    connection: Connection, field: BoundField, join: BoundJoin, value: JsonValue
) -> Values:
    ((theirs, ours),) = join.on
    if value is None:
        return {ours: None}
    wanted = field.codec.encode(value)
    query = select(join.table.read(theirs), field.column).where(field.column == raw(wanted))
    for found, name in connection.execute(query):
        if field.codec.decode(name) == value:
            return {ours: found}
    raise _violation(field, "enum", f"There is no such {field.name}; name one that exists.")


def _given_key(connection: Connection, mapping: BoundMapping, draft: AccountDraft) -> Values:
    words = mapping.words.key
    if words.generate == "caller":
        if draft.key is None or (stored := stored_key(mapping, draft.key)) is None:
            description = (
                "The caller chooses the account_id of this app; give one that fits its key."
            )
            raise InvalidArgument.at(Reason.ARGUMENT_INVALID, "account_id", "required", description)
        return dict(zip(words.columns, stored, strict=True))
    if draft.key is not None:
        raise FailedPrecondition(
            Reason.CAPABILITY_MISSING,
            "Accounts of this app get their ids by themselves; leave account_id out.",
            {"capability": "choose_key"},
        )
    if words.generate == "database":
        return {}
    return {name: _generated(connection, mapping, name) for name in words.columns}


def _generated(connection: Connection, mapping: BoundMapping, name: str) -> Stored:
    how = mapping.words.key.generate
    shape = mapping.table.shape.columns[name]
    if not isinstance(how, Generated):
        return uuid_for(shape, uuid.uuid4() if how == "uuid4" else new_uuid7())
    if how.random is not None:
        return random_text(how.random.length)
    preparer = connection.dialect.identifier_preparer
    quoted = ".".join(
        map(preparer.quote_identifier, (how.sequence or how.function or "").split("."))
    )
    if how.function is not None:
        return connection.execute(text(f"SELECT {quoted}()")).scalar()
    if mapping.dialect.name == "postgresql":
        return connection.execute(select(func.nextval(quoted))).scalar()
    return connection.execute(text(f"SELECT NEXT VALUE FOR {quoted}")).scalar()


def _child_key(join: BoundJoin) -> Values:
    if join.words.key is None or join.words.key.generate not in ("uuid4", "uuid7"):
        return {}
    made = uuid.uuid4() if join.words.key.generate == "uuid4" else new_uuid7()
    return {name: uuid_for(join.table.shape.columns[name], made) for name in join.words.key.columns}


def _assign_on_write(  # noqa: PLR0917 - a write needs all of these
    mapping: BoundMapping,
    changed: Iterable[BoundField],
    desired: Account,
    rules: Rules,
    tables: dict[str, Values],
    current: Current,
) -> None:
    names = {field.name for field in changed}
    for name, said in mapping.words.on_write.items():
        table, place = mapping.owner(name)
        is_there = not table.name or current.rows.get(table.name) or table.name in tables
        if is_there and (not said.sources or names.intersection(said.sources)):
            tables.setdefault(table.name, {})[place] = rules.value(name, said, desired.profile)


def _renewed(mapping: BoundMapping, version: Stored, rules: Rules) -> Stored:
    words = mapping.words.version
    assert words is not None  # noqa: S101 - the caller looked
    shape = mapping.table.shape.columns[words.column]
    is_number = shape.type_name.startswith(("int", "big", "small", "tiny", "numeric", "decimal"))
    if words.renew == "now" or (words.renew is None and "time" in shape.type_name):
        return rules.now(mapping.table, shape)
    if words.renew == "uuid4" or (words.renew is None and not is_number):
        return uuid_for(shape, uuid.uuid4())
    return int(version or 0) + 1


def _write_joined(
    connection: Connection,
    mapping: BoundMapping,
    join: BoundJoin,
    tables: dict[str, Values],
    current: Current,
) -> None:
    values = tables[join.table.name]
    own = _own_row(current)
    on = {theirs: own[ours] for theirs, ours in join.on}
    if current.rows.get(join.table.name):
        _update(connection, join.table, values, on | _fixed(join))
        return
    created = _joined_on_create(mapping, join) | _fixed(join) | values
    if join.words.parent:
        made = _insert(connection, join.table, created, _theirs(join))
        tables[""] |= {ours: made[index] for index, (_, ours) in enumerate(join.on)}
        return
    _insert(connection, join.table, created | on | _child_key(join), ())


def _joined_on_create(mapping: BoundMapping, join: BoundJoin) -> Values:
    return {
        name.partition(".")[2]: said.constant
        for name, said in mapping.words.on_create.items()
        if mapping.owner(name)[0].name == join.table.name and "constant" in said.model_fields_set
    }


def _own_row(current: Current) -> Mapping[str, Stored]:
    return current.rows[""] or {}


def _theirs(join: BoundJoin) -> list[str]:
    return [theirs for theirs, _ in join.on]


def _own_columns_of_children(mapping: BoundMapping) -> list[str]:
    names = {ours for join in mapping.joins.values() if join.is_child for _, ours in join.on}
    return sorted(names - set(mapping.words.key.columns))


def _insert(
    connection: Connection, table: Table, values: Values, wanted: Sequence[str]
) -> tuple[Stored, ...]:
    """Inserts a row and returns the wanted columns of it as the database made them."""
    statement = table.clause.insert().values({k: raw(v) for k, v in values.items()})
    if not wanted:
        connection.execute(statement)
        return ()
    if all(values.get(name) is not None for name in wanted):
        connection.execute(statement)
        return tuple(values[name] for name in wanted)
    row: Row[*tuple[Stored, ...]] = connection.execute(
        statement.returning(*(column(quoted_name(name, quote=True)) for name in wanted))
    ).one()
    return tuple(row)


def _update(
    connection: Connection, table: Table, values: Values, key: Mapping[str, Stored]
) -> None:
    where = and_(*(table.write(name) == raw(value) for name, value in key.items()))
    assigned = {name: raw(value) for name, value in values.items()}
    connection.execute(table.clause.update().where(where).values(assigned))


def _delete(connection: Connection, table: Table, key: Mapping[str, Stored]) -> None:
    where = and_(*(table.write(name) == raw(value) for name, value in key.items()))
    connection.execute(table.clause.delete().where(where))


def changed_fields(mapping: BoundMapping, before: Account, after: Account) -> list[BoundField]:
    """Returns the fields whose values differ; raises for one that cannot be written."""
    changed = []
    for path, field in mapping.fields.items():
        if path[0] != PROFILE and path != DISABLED:
            continue
        if new_value(field, after) == _value_of(before, path):
            continue
        if not field.is_writable:
            raise _violation(field, "readOnly", "This property cannot be written.")
        changed.append(field)
    return changed


def _value_of(account: Account, path: FieldPath) -> JsonValue:
    return account.disabled if path == DISABLED else value_at(account.profile, path[1:])
