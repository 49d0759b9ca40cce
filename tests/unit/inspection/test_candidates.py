"""Which table is taken for that of the accounts."""

import time

from ownid_grpc.inspection.candidates import is_close, rank, with_rows
from ownid_grpc.inspection.catalogue import Catalogue, Entry, Reference
from ownid_grpc.inspection.references import with_named_references


def catalogue(*references: Reference, **tables: str) -> Catalogue:
    """Returns a catalogue of tables with these columns."""
    entries = tuple(
        Entry(name, None, name, tuple(columns.split()), is_view=name.startswith("v_"))
        for name, columns in tables.items()
    )
    return with_named_references(Catalogue(entries, references))


def ranked(found: Catalogue) -> list[str]:
    """Returns the tables that may be those of accounts, the likeliest first."""
    return [each.entry.label for each in rank(found)]


def test_a_table_named_so_with_logins_comes_first() -> None:
    """A name counts for more than columns alone, which count where no name does."""
    found = catalogue(
        products="id name price",
        t_0815="nr mail passwort ort",
        customers="id email first_name",
        v_customers="id email first_name",
        newsletter="id email",
    )

    assert ranked(found) == ["customers", "v_customers", "t_0815"]


def test_what_hangs_on_users_is_none() -> None:
    """A table of passwords or roles that points at users gives way to them."""
    found = catalogue(
        user="id name email",
        account="id accountId userId password",
        user_roles="id user_id role_id",
    )

    assert ranked(found)[0] == "user"
    assert "user_roles" not in ranked(found)


def test_columns_point_by_their_names_where_no_key_says_so() -> None:
    """`user_id`, `userid` and a column called as the key itself are pointers."""
    found = catalogue(
        wp_users="ID user_login",
        wp_usermeta="umeta_id user_id meta_key",
        crm_customer="cust_no email",
        crm_details="cust_no phone",
    )

    pointers = {(each.table, each.columns[0], each.target) for each in found.references}

    assert pointers == {
        ("wp_usermeta", "user_id", "wp_users"),
        ("crm_details", "cust_no", "crm_customer"),
    }


def test_a_declared_key_goes_before_a_name() -> None:
    """What a foreign key says is not guessed again."""
    key = Reference("orders", ("user_id",), "people", ("id",))
    found = catalogue(key, users="id email", people="id email", orders="id user_id")

    assert [each.target for each in found.references] == ["people"]


def test_rows_decide_between_tables_alike() -> None:
    """Of two tables alike the one with more rows is likelier, and one without any less."""
    found = rank(catalogue(customers="id email", members="id email", users="id email"))

    counted = with_rows(found, {"customers": 0, "members": 20_000, "users": 3})

    assert [each.entry.label for each in counted] == ["members", "users", "customers"]
    assert counted[0].described.endswith("about 20,000 rows")
    assert is_close(counted)


def test_thousands_of_tables_are_ranked_quickly() -> None:
    """What is asked of each table does not grow with the number of the others."""
    columns = " ".join(["id", "user_id", "order_id", "email", *(f"c{n}" for n in range(20))])
    many = {f"t{n}_users": columns for n in range(2000)} | {
        f"t{n}_orders": columns for n in range(2000)
    }
    started = time.process_time()

    found = rank(catalogue(**many))

    assert len(found) == 2000
    assert time.process_time() - started < 20
