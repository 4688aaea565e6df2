"""Who the accounts are: what they gave at sign-up, and the habits their requests will show.

Every account of a world, innocent or not, is drawn here by the same distributions. A population then changes only what
the thing it plays would change (a class room shares one mail domain, a fleet one client), with `dataclasses.replace`
or `alike`. All of it is numbers, about 180 bytes an account; the texts of ids and addresses are made when rows are.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

import numpy as np
import pyarrow as pa

from stillwatch.arrays import F64, I64, Flags
from stillwatch.range.draw import (
    DAY,
    MICRO,
    U64,
    Floats,
    Ints,
    address_text,
    choose_rows,
    hex_text,
    numbers_of,
    zipf_weights,
)
from stillwatch.range.fits import JUDGED, TURNS_BRIEF
from stillwatch.record import ACCOUNTS, TIMESTAMP, conform

NOBODY = 0
"""In a column of id numbers: null."""
_REGIONS = (  # country, calling code, hours ahead of UTC, share, languages in the order of `LANGUAGES`
    ("US", 1, -6, 0.27, (0.90, 0.01, 0.07, 0.0, 0.01, 0.01)),
    ("GB", 44, 0, 0.08, (0.97, 0.01, 0.0, 0.01, 0.01, 0.0)),
    ("IN", 91, 5, 0.13, (1.0, 0.0, 0.0, 0.0, 0.0, 0.0)),
    ("DE", 49, 1, 0.09, (0.35, 0.0, 0.0, 0.63, 0.02, 0.0)),
    ("ES", 34, 1, 0.05, (0.25, 0.0, 0.75, 0.0, 0.0, 0.0)),
    ("MX", 52, -6, 0.06, (0.2, 0.0, 0.8, 0.0, 0.0, 0.0)),
    ("JP", 81, 9, 0.09, (0.2, 0.01, 0.0, 0.0, 0.0, 0.79)),
    ("SG", 65, 8, 0.07, (0.6, 0.4, 0.0, 0.0, 0.0, 0.0)),
    ("TW", 886, 8, 0.07, (0.15, 0.83, 0.0, 0.0, 0.0, 0.02)),
    ("KZ", 7, 5, 0.05, (0.15, 0.0, 0.0, 0.0, 0.85, 0.0)),
    ("BR", 55, -3, 0.04, (0.6, 0.0, 0.4, 0.0, 0.0, 0.0)),
)
_FREEMAIL = ("gmail.com", "outlook.com", "yahoo.com", "icloud.com", "hotmail.com", "proton.me", "gmx.de", "mail.ru",
             "qq.com", "163.com", "yandex.ru", "web.de", "live.com", "zoho.com", "fastmail.com")  # fmt: skip
_AGENTS = (  # user agent before its version, share, number of TLS shapes it is seen with
    ("vendor-python/", 0.34, 9),
    ("vendor-node/", 0.17, 7),
    ("Mozilla/5.0 vendor-web/", 0.12, 14),
    ("vendor-cli/", 0.09, 4),
    ("python-httpx/", 0.07, 6),
    ("axios/", 0.05, 5),
    ("Go-http-client/", 0.05, 4),
    ("okhttp/", 0.04, 5),
    ("chain-lib-py/", 0.04, 5),
    ("curl/", 0.03, 6),
)
_BROWSER = 2
_MINORS, _BUILDS, _SHAPES_EACH = 40, 4, 16
AGENTS = (
    *(f"{name}1.{minor}.{build}" for name, _, _ in _AGENTS for minor in range(_MINORS) for build in range(_BUILDS)),
    "vendor-python/1.4.0 via-gateway",
)
"""User agents; `Accounts.agents` holds positions. The last is that of a gateway which opens TLS."""
GATEWAY_AGENT = len(AGENTS) - 1
CLIENTS = (
    *hex_text(numbers_of(np.random.default_rng(17), _SHAPES_EACH * len(_AGENTS)), digits=12, prefix="t13d").to_pylist(),
    "t13d0000inspect",
)
"""Client fingerprints; `Accounts.client_fp` holds positions. The last is that of the gateway."""
GATEWAY_CLIENT = len(CLIENTS) - 1
_SHAPES = ("aaaa.aaaaaa", "aaaaa99", "aaaaaaaa", "a.aaaaaaa", "aaaa_aaaa9", "aaaaaa.aaaa99", "aaaaaaaaaa9999", "aaaaa",
           "aaaa", "aaaaaaa999", "aaaa.a.aaaaa", "aaaaaa-aaaaa", "aa9999", "aaaaaaaaaaaaa")  # fmt: skip
PLANS = ("pro", "free", "team", "enterprise")
PROGRAMS = ("startup", "education", "research", "model_training", "red_team")
VERIFIED = ("payment", "phone", "email", "organisation", "identity", "none")
STATUS = ("active", "suspended", "closed")
PATHS = ("api", "app", "bedrock", "vertex", "azure", "aggregator")
"""Ways to reach a model; `Accounts.access` holds positions."""
_CEILINGS = (0, 256, 512, 1024, 2048, 4096, 8192)
_HEATS = (-1.0, 0.0, 0.2, 0.5, 0.7, 1.0)
_IN_A_CLOUD = 0.08
"""Share of accounts whose programs run on rented machines. Judged."""
_HOSTING, _HOSTS = 0x2D00, 6
"""The first /16 of the hosting networks, and how many there are."""
HOMES = 3
"""Addresses an account is seen at: mostly the first."""
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts as arrays, one entry each. Ids are numbers, `NOBODY` where there is none.

    Attributes:
        number: its own id. org, payment, device: ids.
        created_at: microseconds of the sign-up.
        domain: mail domain: 1 to 15 a large provider, else the number of one's own. shape: of the local part.
        issuer: range of the payment instrument. phone: place of the prefix in its country.
        signup_ip, signup_asn: address as a number, network.
        plan, verification: positions in `PLANS`, `VERIFIED`; program: in `PROGRAMS`, -1 for none.
        status: position in `STATUS`; status_at: microseconds, NEVER while it is active.
        region: gives country and local time; language: position in `LANGUAGES`.
        homes, networks: addresses and their networks, shape (accounts, HOMES); home_weights: how often each is used.
        agents: user agent before and after an update, shape (accounts, 2); updated: microseconds of the change.
        client_fp: client fingerprint. access: position in `PATHS`.
        models: share of each of `MODELS` but the newest; adopts: microseconds from when the newest replaces the
            largest.
        heat: usual temperature, -1 when it is left to the provider; ceiling: usual `max_tokens`, 0 likewise.
        streams, names_sessions, thinks: whether the client streams, sends a session id, asks for reasoning.
        errors: share of requests that fail.
        tempo: requests a day.
        follows: chance that a request is followed up in the same conversation, one minus a draw from the fitted beta.
    """

    number: U64
    org: U64
    payment: U64
    device: U64
    created_at: I64
    domain: U64
    shape: Ints
    issuer: Ints
    phone: Ints
    signup_ip: Ints
    signup_asn: Ints
    plan: Ints
    program: Ints
    verification: Ints
    status: Ints
    status_at: I64
    region: Ints
    language: Ints
    homes: Ints
    networks: Ints
    home_weights: Floats
    agents: Ints
    updated: I64
    client_fp: Ints
    access: Ints
    models: Floats
    adopts: I64
    heat: Floats
    ceiling: Ints
    streams: Flags
    names_sessions: Flags
    thinks: Flags
    errors: Floats
    tempo: Floats
    follows: Floats

    def __len__(self) -> int:
        return len(self.number)

    def take(self, rows: I64 | Flags) -> Accounts:
        """Return the accounts at `rows`."""
        return Accounts(**{f.name: getattr(self, f.name)[rows] for f in fields(self)})


def draw_accounts(rng: np.random.Generator, count: int, start: int, days: int) -> Accounts:
    """Return `count` accounts of unrelated people in a world of `days` days that begins at `start` microseconds."""
    region = rng.choice(len(_REGIONS), size=count, p=_shares([r[3] for r in _REGIONS])).astype(np.int8)
    speech = np.array([r[4] for r in _REGIONS])
    blocks = np.stack([_block(rng, region) for _ in range(HOMES)], axis=1)
    cloud = rng.random(count) < _IN_A_CLOUD
    blocks[cloud] = hosting_blocks(rng, (int(cloud.sum()), HOMES))
    homes, networks = inside(rng, blocks), network_of(blocks)
    agents, client_fp = draw_clients(rng, count)
    created_at = draw_births(rng, count, start, days)
    status, status_at = _fates(rng, created_at, start, days)
    return Accounts(
        number=numbers_of(rng, count),
        org=_sometimes(rng, numbers_of(rng, count), 0.3),
        payment=_sometimes(rng, numbers_of(rng, count), 0.8),
        device=_sometimes(rng, numbers_of(rng, count), 0.7),
        created_at=created_at,
        domain=_domains(rng, count),
        shape=rng.choice(len(_SHAPES), size=count, p=zipf_weights(len(_SHAPES), 0.6)).astype(np.int8),
        issuer=(400_000 + rng.choice(600, size=count, p=zipf_weights(600, 0.7)) * 173).astype(np.int32),
        phone=rng.integers(10, 40, size=count).astype(np.int8),
        signup_ip=homes[:, 0],
        signup_asn=networks[:, 0].astype(np.int64),
        plan=rng.choice(len(PLANS), size=count, p=[0.62, 0.2, 0.14, 0.04]).astype(np.int8),
        program=np.where(rng.random(count) < 0.04, rng.integers(0, 3, size=count), -1).astype(np.int8),
        verification=rng.choice(4, size=count, p=[0.5, 0.25, 0.2, 0.05]).astype(np.int8),
        status=status,
        status_at=status_at,
        region=region,
        language=choose_rows(rng, speech, region).astype(np.int8),
        homes=homes,
        networks=networks,
        home_weights=rng.dirichlet([6.0, 1.2, 0.5], size=count).astype(np.float32),
        agents=agents,
        updated=start + (rng.random(count) * 3 * days * DAY).astype(np.int64),
        client_fp=client_fp,
        access=np.where(in_browser(agents[:, 0]), 1, choose_path(rng, count)).astype(np.int8),
        models=rng.dirichlet([1.2, 1.0, 0.9, 0.4, 0.3], size=count).astype(np.float32),
        adopts=np.full(count, NEVER),
        heat=rng.choice(_HEATS, size=count, p=[0.45, 0.14, 0.12, 0.06, 0.13, 0.10]).astype(np.float32),
        ceiling=rng.choice(_CEILINGS, size=count, p=[0.28, 0.05, 0.08, 0.19, 0.17, 0.17, 0.06]).astype(np.int32),
        streams=rng.random(count) < 0.55,
        names_sessions=rng.random(count) < 0.6,
        thinks=rng.random(count) < 0.3,
        errors=rng.beta(1.2, 60.0, size=count).astype(np.float32),
        tempo=draw_tempo(rng, count),
        follows=(1.0 - rng.beta(TURNS_BRIEF.a, TURNS_BRIEF.b, size=count)).astype(np.float32),
    )  # fmt: skip


def draw_tempo(rng: np.random.Generator, count: int) -> Floats:
    """Return requests a day of persons; services are a part of the ordinary population."""
    rates = JUDGED.person_median * np.exp(JUDGED.person_sigma * rng.standard_normal(count, dtype=np.float32))
    tempo: Floats = rates.astype(np.float32)
    return tempo


def draw_births(rng: np.random.Generator, count: int, start: int, days: int) -> I64:
    """Return sign-up times: most over three years with a thickening end, one in twelve during the world itself."""
    age = rng.gamma(1.1, 260.0, size=count)
    fresh = rng.random(count) < 1 / 12
    born = np.where(fresh, rng.random(count) * days * 0.7, -np.minimum(age, 1_300.0) - 0.02)
    return (start + born * DAY).astype(np.int64)


def draw_clients(rng: np.random.Generator, count: int) -> tuple[Ints, Ints]:
    """Return user agents before and after an update, shape (count, 2), and client fingerprints, shape (count,)."""
    kind = rng.choice(len(_AGENTS), size=count, p=_shares([a[1] for a in _AGENTS]))
    minor = 30 - np.minimum(rng.geometric(0.22, size=count), 25)
    build = rng.integers(0, _BUILDS, size=count)
    later = minor + rng.integers(1, 3, size=count)
    both = np.stack([(kind * _MINORS + m) * _BUILDS + build for m in (minor, later)], axis=1).astype(np.int16)
    shapes = np.array([a[2] for a in _AGENTS])[kind]
    shape = np.minimum((rng.random(count) ** 2 * shapes).astype(np.int64), shapes - 1)
    return both, (kind * _SHAPES_EACH + shape).astype(np.int16)


def choose_path(rng: np.random.Generator, count: int) -> I64:
    """Return the way of each client that is no browser: most call the provider itself, others through a cloud."""
    return rng.choice([0, 2, 3, 4], size=count, p=[0.85, 0.06, 0.05, 0.04])


def in_browser(agents: Ints) -> Flags:
    """Return whether a user agent is that of the provider's own web page."""
    browser: Flags = agents // (_MINORS * _BUILDS) == _BROWSER
    return browser


def account_table(who: Accounts) -> pa.Table:
    """Return the account table of the record, in order of account id."""
    columns = {
        "account_id": account_ids(who.number),
        "created_at": pa.array(who.created_at, TIMESTAMP),
        "org_id": id_text(who.org, 12, "org_"),
        "email_domain": _domain_text(who.domain),
        "email_shape": _named(_SHAPES, who.shape),
        "payment_id": id_text(who.payment),
        "payment_bin": pa.array(who.issuer.astype(str), mask=who.payment == NOBODY),
        "phone_prefix": _phones(who),
        "device_id": id_text(who.device),
        "signup_ip": address_text(who.signup_ip),
        "signup_asn": pa.array(who.signup_asn, pa.int64()),
        "plan": _named(PLANS, who.plan),
        "program": _named(PROGRAMS, who.program),
        "verification": _named(VERIFIED, who.verification),
        "declared_country": _named(countries(), who.region),
        "status": _named(STATUS, who.status),
        "status_at": pa.array(who.status_at, TIMESTAMP, mask=who.status_at == NEVER),
    }
    table = pa.table(columns)
    return conform(table.sort_by("account_id"), ACCOUNTS)


def account_ids(numbers: U64) -> pa.StringArray:
    """Return the account id of each number."""
    return hex_text(numbers, prefix="acct_")


def id_text(numbers: U64, digits: int = 16, prefix: str = "") -> pa.Array:
    """Return each number as an id, null for `NOBODY`."""
    return hex_text(numbers, digits=digits, prefix=prefix, present=numbers != NOBODY)


def countries() -> tuple[str, ...]:
    """Return the country of every region."""
    return tuple(r[0] for r in _REGIONS)


def clock_shifts() -> I64:
    """Return the microseconds by which each region is ahead of UTC."""
    return np.array([r[2] for r in _REGIONS], dtype=np.int64) * 3_600 * MICRO


def join(parts: list[Accounts]) -> Accounts:
    """Return the accounts of `parts` one after the other."""
    return Accounts(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Accounts)})


def alike(who: Accounts, **values: object) -> Accounts:
    """Return `who` with each named field filled with one value for all of them."""
    filled = {}
    for name, value in values.items():
        old = getattr(who, name)
        filled[name] = np.broadcast_to(np.asarray(value), old.shape).astype(old.dtype)
    return replace(who, **filled)


def _named(names: tuple[str, ...], positions: Ints) -> pa.Array:
    """Return the name at each position, null where it is negative."""
    return pa.array(names).take(pa.array(positions.astype(np.int32), mask=positions < 0))


def _domain_text(domain: U64) -> pa.Array:
    large = domain <= len(_FREEMAIL)
    known = np.array((*_FREEMAIL, ""))[np.where(large, domain.astype(np.int64) - 1, len(_FREEMAIL))]
    own = np.char.add(np.array(hex_text(domain, digits=8).to_pylist(), dtype="U8"), ".example")
    return pa.array(np.where(large, known, own))


def _phones(who: Accounts) -> pa.Array:
    codes = np.array([r[1] for r in _REGIONS])[who.region]
    return pa.array((codes * 100 + who.phone).astype(str))


def _shares(values: list[float]) -> F64:
    return np.array(values) / sum(values)


def _sometimes(rng: np.random.Generator, values: U64, share: float) -> U64:
    return np.where(rng.random(len(values)) < share, values, np.uint64(NOBODY))


def _domains(rng: np.random.Generator, count: int) -> U64:
    """Return mail domains: three quarters of a few large providers, the rest a domain of one's own."""
    large = 1 + rng.choice(len(_FREEMAIL), size=count, p=zipf_weights(len(_FREEMAIL), 1.1)).astype(np.uint64)
    return np.where(rng.random(count) < 0.75, large, numbers_of(rng, count))


def _block(rng: np.random.Generator, region: Ints) -> I64:
    """Return a /16 for each account: a country has 220 of them, the first ones crowded."""
    place = rng.choice(220, size=len(region), p=zipf_weights(220, 0.5))
    return (0x0B00 + region.astype(np.int64) * 220 + place * 7 % 220).astype(np.int64)


def hosting_blocks(rng: np.random.Generator, shape: tuple[int, ...]) -> I64:
    """Return /16s of hosting networks, in which clouds have their machines."""
    return _HOSTING + rng.integers(0, _HOSTS, size=shape)


def inside(rng: np.random.Generator, blocks: I64) -> Ints:
    """Return an address, as a number, inside each /16."""
    return ((blocks << 16) + rng.integers(1, 65_535, size=blocks.shape)).astype(np.uint32)


def network_of(blocks: I64) -> Ints:
    """Return the autonomous system of each /16."""
    return (4_200_000_000 + blocks // 16).astype(np.uint32)


def _fates(rng: np.random.Generator, born: I64, start: int, days: int) -> tuple[Ints, I64]:
    """Return status and the moment it was given: one account in fifty was closed or suspended, nearly half of them
    while the world lasts."""
    count = len(born)
    luck = rng.random(count)
    during = rng.random(count) < 0.4
    moment = start + (np.where(during, rng.random(count) * days, -200.0 * rng.random(count)) * DAY).astype(np.int64)
    status = np.where(luck < 0.006, 1, np.where(luck < 0.02, 2, 0)) * (moment > born)
    return status.astype(np.int8), np.where(status > 0, moment, NEVER)
