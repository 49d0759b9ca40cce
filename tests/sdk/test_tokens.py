"""Where tokens are and who can use them, as browsers have it."""

from datetime import UTC, datetime

import pytest
from playwright.sync_api import BrowserContext

from tests.gateway.running import SESSION
from tests.sdk.shop import WebShop, web_shop

pytestmark = [pytest.mark.browser, pytest.mark.gateway]

# What a script of the page could look into: cookies, storage, what `fetch` has answered, the SDK.
LOOK_AROUND = """async ticket => {
  const seen = [];
  const call = window.fetch;
  window.fetch = async (...words) => {
    const answer = await call(...words);
    if (!String(words[0]).endsWith(":watch")) seen.push(await answer.clone().text());
    seen.push(JSON.stringify([...answer.headers]));
    return answer;
  };
  const { baseUrl } = Object.fromEntries(new URLSearchParams(location.search));
  const channel = new BroadcastChannel(`ownid ${baseUrl} shop`);
  const said = [];
  channel.onmessage = message => said.push(message.data);
  await ownid.session.exchange(ticket);
  await ownid.session.refresh();
  await ownid.account.update({ given_name: "Ada" });
  await new Promise(resolve => setTimeout(resolve, 100));
  const opening = indexedDB.open("ownid");
  await new Promise(resolve => { opening.onsuccess = resolve });
  const reading = opening.result.transaction("notes").objectStore("notes").getAll();
  await new Promise(resolve => { reading.onsuccess = resolve });
  const databases = await indexedDB.databases();
  return { cookie: document.cookie, said, seen: seen.join("\\n"), notes: reading.result,
    databases: databases.map(each => each.name),
    storage: JSON.stringify([{...localStorage}, {...sessionStorage}]),
    sdk: JSON.stringify(ownid) };
}"""


def test_no_script_reads_a_token_in_cookie_mode(shop: WebShop, profile: BrowserContext) -> None:
    """Neither in cookies nor in storage, answers, messages to other tabs or the SDK itself."""
    tab = shop.site.open(profile)

    found = tab.run(LOOK_AROUND, shop.ticket())

    cookies = {each["name"]: each for each in profile.cookies() if each["value"]}
    assert sorted(cookies) == ["__Host-ownid-access-shop", "__Host-ownid-refresh-shop"]
    assert all(each["httpOnly"] and each["secure"] for each in cookies.values())
    assert found["cookie"] == ""
    assert set(found["said"]) == {"session", "account"}
    assert found["databases"] == ["ownid"]
    assert [datetime.fromisoformat(each) > datetime.now(UTC) for each in found["notes"]] == [True]
    readable = "".join(map(str, found.values()))
    for each in cookies.values():
        assert each["value"] not in readable
    assert "eyJ" not in readable
    assert "refresh_token" not in readable


def test_tokens_in_memory_are_stored_nowhere(
    tmp_path_factory: pytest.TempPathFactory, profile: BrowserContext
) -> None:
    """In bearer mode a page signs in, renews, follows and signs out without cookie or storage."""
    with web_shop(tmp_path_factory.mktemp("bearer"), cookies=False) as shop:
        tab = shop.site.open(profile, mode="bearer")
        tab.sign_in(shop.ticket())
        tab.follow()
        tab.run("() => ownid.session.refresh()")
        tab.run("() => ownid.account.update({given_name: 'Augusta'})")
        shop.execute("UPDATE customers SET first_name = 'Byron' WHERE id = 1")
        tab.await_told("accountchange", "each.account.profile.given_name === 'Byron'", seconds=2)
        stored = tab.run(
            """async () => localStorage.length + sessionStorage.length
                 + (await indexedDB.databases()).length"""
        )
        cookies = profile.cookies()
        tab.run("() => ownid.session.revoke()")

        assert (stored, cookies) == (0, [])
        assert tab.run("() => ownid.session.get()") is None


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("evil.localhost", id="another site"),
        pytest.param("other.shop.localhost", id="same site"),
    ],
)
def test_other_origins_neither_read_nor_write(
    shop: WebShop, profile: BrowserContext, host: str
) -> None:
    """A page from elsewhere gets nothing with the user's cookies, and changes nothing."""
    tab = shop.site.open(profile)
    tab.sign_in(shop.ticket())
    before = tab.run("() => ownid.account.get()")
    stranger = shop.site.open(profile, host)

    for call in (
        "ownid.session.get()",
        "ownid.account.get()",
        "ownid.account.update({given_name: 'Eve'})",
        "ownid.session.refresh()",
        "ownid.session.revoke()",
    ):
        assert stranger.reason_of(call) == "UNAVAILABLE", call
    forged = stranger.run(
        """session => Promise.all([["/account", "GET"], [":refresh", "POST"]].map(
             async ([path, method]) => {
               const words = {method, mode: "no-cors", credentials: "include"};
               const answer = await fetch(session + path, words);
               return [answer.type, answer.status, await answer.text()];
             }))""",
        f"{shop.site.base_url}{SESSION}",
    )

    assert forged == [["opaque", 0, ""]] * 2
    assert tab.run("() => ownid.account.get()") == before


def test_form_from_elsewhere_changes_nothing(shop: WebShop, profile: BrowserContext) -> None:
    """A form that a page of the same site posts takes the cookies along, and is refused."""
    tab = shop.site.open(profile)
    tab.sign_in(shop.ticket())
    before = len(shop.refreshes())
    stranger = shop.site.open(profile, "other.shop.localhost")

    with stranger.page.expect_navigation():
        stranger.run(
            """action => {
                 const form = Object.assign(document.createElement("form"),
                   {method: "POST", action, enctype: "text/plain"});
                 form.append(Object.assign(document.createElement("input"),
                   {name: '{"nothing": "', value: '"}'}));
                 document.body.append(form);
                 form.submit();
               }""",
            f"{shop.site.base_url}{SESSION}:refresh",
        )

    assert "refresh_token" not in stranger.page.content()
    assert [each.status for each in shop.await_refreshes(before + 1)[before:]] == [403]
    assert tab.run("() => ownid.session.get()") is not None
