"""Who the accounts are: what they gave at sign-up, and the habits their requests will show.

Every account of a world, innocent or not, is drawn here by the same distributions. A scenario then changes only what
the thing it plays would change (a class room shares one mail domain, a fleet one client), with `dataclasses.replace`.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa

from stillwatch.range.draw import DAY, F64, I64, MICRO, Flags, Words, addresses, choose_rows, hex_ids, zipf_weights
from stillwatch.record import ACCOUNTS, conform

MODELS = ("m-large-4", "m-mid-4", "m-small-4", "m-reason-2", "m-large-3")
NOTHING = ""
"""Stands for null in the text columns of `People`."""

_REGIONS = (  # country, calling code, hours ahead of UTC, share, languages in the order of `grammar.LANGUAGES`
    ("US", "1", -6, 0.27, (0.90, 0.01, 0.07, 0.0, 0.01, 0.01)),
    ("GB", "44", 0, 0.08, (0.97, 0.01, 0.0, 0.01, 0.01, 0.0)),
    ("IN", "91", 5, 0.13, (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
    ("DE", "49", 1, 0.09, (0.35, 0.0, 0.0, 0.63, 0.02, 0.0)),
    ("ES", "34", 1, 0.05, (0.25, 0.0, 0.75, 0.0, 0.0, 0.0)),
    ("MX", "52", -6, 0.06, (0.2, 0.0, 0.8, 0.0, 0.0, 0.0)),
    ("JP", "81", 9, 0.09, (0.2, 0.01, 0.0, 0.0, 0.0, 0.79)),
    ("SG", "65", 8, 0.07, (0.6, 0.4, 0.0, 0.0, 0.0, 0.0)),
    ("TW", "886", 8, 0.07, (0.15, 0.83, 0.0, 0.0, 0.0, 0.02)),
    ("KZ", "7", 5, 0.05, (0.15, 0.0, 0.0, 0.0, 0.85, 0.0)),
    ("BR", "55", -3, 0.04, (0.6, 0.0, 0.4, 0.0, 0.0, 0.0)),
)
_FREEMAIL = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com", "hotmail.com", "proton.me", "gmx.de", "mail.ru",
             "qq.com", "163.com", "yandex.ru", "web.de", "live.com", "zoho.com", "fastmail.com")  # fmt: skip
_AGENTS = (  # user agent with the version as a slot, share, number of TLS shapes it is seen with
    ("vendor-python/{}", 0.34, 9),
    ("vendor-node/{}", 0.17, 7),
    ("Mozilla/5.0 vendor-web/{}", 0.12, 14),
    ("vendor-cli/{}", 0.09, 4),
    ("python-httpx/{}", 0.07, 6),
    ("axios/{}", 0.05, 5),
    ("Go-http-client/{}", 0.05, 4),
    ("okhttp/{}", 0.04, 5),
    ("chain-lib-py/{}", 0.04, 5),
    ("curl/{}", 0.03, 6),
)
_SHAPES = ("aaaa.aaaaaa", "aaaaa99", "aaaaaaaa", "a.aaaaaaa", "aaaa_aaaa9", "aaaaaa.aaaa99", "aaaaaaaaaa9999", "aaaaa",
           "aaaa", "aaaaaaa999", "aaaa.a.aaaaa", "aaaaaa-aaaaa", "aa9999", "aaaaaaaaaaaaa")  # fmt: skip
_CEILINGS = (0, 256, 512, 1024, 2048, 4096, 8192)
_HEATS = (-1.0, 0.0, 0.2, 0.5, 0.7, 1.0)
HOMES = 3
"""Addresses an account is seen at: mostly the first."""


@dataclass(frozen=True, slots=True)
class People:
    """Accounts as arrays, one entry each; `NOTHING` and -1 stand for null.

    Attributes:
        account_id, created_at, org_id ... signup_ip: columns of the record.
        region: position in the table of regions; gives country and local time.
        language: position in `grammar.LANGUAGES`.
        homes: addresses, shape (people, HOMES); `home_weights` how often each is used.
        networks: autonomous system of each address, same shape.
        agents: user agent before and after an update, shape (people, 2); `updated` microseconds of the change.
        models: share of each of `MODELS`, shape (people, models).
        heat: usual temperature, -1 when it is left to the provider; `ceiling` usual `max_tokens`, 0 likewise.
        streams, names_sessions, thinks: whether the client streams, sends a session id, asks for reasoning.
        errors: share of requests that fail.
        tempo: requests a day, a lognormal.
        follows: chance that a request is followed up in the same conversation.
    """

    account_id: Words
    created_at: I64
    org_id: Words
    email_domain: Words
    email_shape: Words
    payment_id: Words
    payment_bin: Words
    phone_prefix: Words
    device_id: Words
    signup_ip: Words
    signup_asn: I64
    plan: Words
    program: Words
    verification: Words
    region: I64
    language: I64
    homes: Words
    home_weights: F64
    networks: I64
    agents: Words
    client_fp: Words
    updated: I64
    models: F64
    heat: F64
    ceiling: I64
    streams: Flags
    names_sessions: Flags
    thinks: Flags
    errors: F64
    tempo: F64
    follows: F64

    def __len__(self) -> int:
        return len(self.account_id)


def draw_people(rng: np.random.Generator, count: int, start: int, days: int) -> People:
    """Return `count` accounts of unrelated people in a world of `days` days that begins at `start` microseconds."""
    region = rng.choice(len(_REGIONS), size=count, p=_shares([r[3] for r in _REGIONS])).astype(np.int64)
    speech = np.array([r[4] for r in _REGIONS])
    blocks = _blocks(rng, region)
    homes = np.stack([addresses(rng, (count, 1), b)[:, 0] for b in blocks], axis=1)
    networks = np.stack([4_200_000_000 + b // 16 for b in blocks], axis=1)
    codes = np.array([r[1] for r in _REGIONS])[region]
    agents, client_fp = draw_clients(rng, count)
    return People(
        account_id=np.char.add("acct_", hex_ids(rng, count)),
        created_at=draw_births(rng, count, start, days),
        org_id=_sometimes(rng, np.char.add("org_", hex_ids(rng, count, 12)), 0.3),
        email_domain=_domains(rng, count),
        email_shape=rng.choice(np.array(_SHAPES), size=count, p=zipf_weights(len(_SHAPES), 0.6)),
        payment_id=_sometimes(rng, hex_ids(rng, count), 0.8),
        payment_bin=(400_000 + rng.choice(600, size=count, p=zipf_weights(600, 0.7)) * 173).astype(str),
        phone_prefix=np.char.add(codes, rng.integers(10, 40, size=count).astype(str)),
        device_id=_sometimes(rng, hex_ids(rng, count), 0.7),
        signup_ip=homes[:, 0],
        signup_asn=networks[:, 0],
        plan=rng.choice(np.array(["pro", "free", "team", "enterprise"]), size=count, p=[0.62, 0.2, 0.14, 0.04]),
        program=_sometimes(rng, rng.choice(np.array(["startup", "education", "research"]), size=count), 0.04),
        verification=rng.choice(np.array(["payment", "phone", "email", "organisation"]), size=count,
                                p=[0.5, 0.25, 0.2, 0.05]),
        region=region,
        language=choose_rows(rng, speech, region),
        homes=homes,
        home_weights=rng.dirichlet([6.0, 1.2, 0.5], size=count),
        networks=networks,
        agents=agents,
        client_fp=client_fp,
        updated=start + (rng.random(count) * 3 * days * DAY).astype(np.int64),
        models=rng.dirichlet([1.2, 1.0, 0.9, 0.4, 0.3], size=count),
        heat=rng.choice(_HEATS, size=count, p=[0.45, 0.14, 0.12, 0.06, 0.13, 0.10]),
        ceiling=rng.choice(_CEILINGS, size=count, p=[0.28, 0.05, 0.08, 0.19, 0.17, 0.17, 0.06]).astype(np.int64),
        streams=rng.random(count) < 0.55,
        names_sessions=rng.random(count) < 0.6,
        thinks=rng.random(count) < 0.3,
        errors=rng.beta(1.2, 60.0, size=count),
        tempo=np.exp(rng.normal(1.0, 1.1, size=count)),
        follows=rng.beta(1.4, 2.0, size=count),
    )  # fmt: skip


def draw_births(rng: np.random.Generator, count: int, start: int, days: int) -> I64:
    """Return sign-up times: most over three years with a thickening end, one in twelve during the world itself."""
    age = rng.gamma(1.1, 260.0, size=count)
    fresh = rng.random(count) < 1 / 12
    born = np.where(fresh, rng.random(count) * days * 0.7, -np.minimum(age, 1_300.0) - 0.02)
    return (start + born * DAY).astype(np.int64)


def draw_clients(rng: np.random.Generator, count: int) -> tuple[Words, Words]:
    """Return user agents before and after an update, shape (count, 2), and client fingerprints, shape (count,)."""
    kind = rng.choice(len(_AGENTS), size=count, p=_shares([a[1] for a in _AGENTS]))
    minor = 30 - np.minimum(rng.geometric(0.22, size=count), 25)
    build = rng.integers(0, 4, size=count)
    later = minor + rng.integers(1, 3, size=count)
    names = np.array([a[0].split("{}")[0] for a in _AGENTS])[kind]
    both = [np.char.add(np.char.add(names, f"{1}."), _version(m, build)) for m in (minor, later)]
    shapes = np.array([a[2] for a in _AGENTS])[kind]
    shape = np.minimum((rng.random(count) ** 2 * shapes).astype(np.int64), shapes - 1)
    table = np.char.add("t13d", hex_ids(np.random.default_rng(17), 16 * len(_AGENTS), 12))
    return np.stack(both, axis=1), table[kind * 16 + shape]


def account_table(people: People) -> pa.Table:
    """Return the account table of the record, in order of account id."""
    order = np.argsort(people.account_id, kind="stable")
    names = {f.name for f in fields(People)} & set(ACCOUNTS.names)
    columns = {name: column_of(getattr(people, name)[order]) for name in ACCOUNTS.names if name in names}
    columns["declared_country"] = pa.array(countries()[people.region[order]])
    columns["status"] = pa.array(np.full(len(order), "active"))
    return conform(pa.table(columns), ACCOUNTS)


def column_of(values: Words | I64) -> pa.Array:
    """Return `values` as an Arrow array in which `NOTHING` is null."""
    if values.dtype.kind == "U":
        return pa.array(values, mask=values == NOTHING)
    return pa.array(values)


def countries() -> Words:
    """Return the country of every region."""
    return np.array([r[0] for r in _REGIONS])


def clock_shifts() -> I64:
    """Return the microseconds by which each region is ahead of UTC."""
    return np.array([r[2] for r in _REGIONS], dtype=np.int64) * 3_600 * MICRO


def join(parts: list[People]) -> People:
    """Return the accounts of `parts` one after the other."""
    return People(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(People)})


def alike(people: People, **values: object) -> People:
    """Return `people` with each named field filled with one value for all of them."""
    filled = {}
    for name, value in values.items():
        old = getattr(people, name)
        text = np.asarray(value)
        filled[name] = np.broadcast_to(text, old.shape).astype(text.dtype if old.dtype.kind == "U" else old.dtype)
    return replace(people, **filled)


def _shares(values: list[float]) -> F64:
    return np.array(values) / sum(values)


def _sometimes(rng: np.random.Generator, values: Words, share: float) -> Words:
    return np.where(rng.random(len(values)) < share, values, NOTHING)


def _domains(rng: np.random.Generator, count: int) -> Words:
    """Return mail domains: three quarters of a few large providers, the rest a domain of one's own."""
    large = rng.choice(np.array(_FREEMAIL), size=count, p=zipf_weights(len(_FREEMAIL), 1.1))
    own = np.char.add(hex_ids(rng, count, 8), ".example")
    return np.where(rng.random(count) < 0.75, large, own)


def _blocks(rng: np.random.Generator, region: I64) -> list[I64]:
    """Return the /16 of each of an account's addresses: a country has 220 of them, the first ones crowded."""
    places = [rng.choice(220, size=len(region), p=zipf_weights(220, 0.5)) for _ in range(HOMES)]
    return [(0x0B00 + region * 220 + place * 7 % 220).astype(np.int64) for place in places]


def _version(minor: I64, build: I64) -> Words:
    return np.char.add(np.char.add(minor.astype(str), "."), build.astype(str))
