"""How often, when and how much clients ask: numbers fitted to public traces, and the ones that no trace holds.

Everything below the line "fitted" was written by `python -m benchmarks.fit_people`, which fits on a random half of
each file and measures the misfit on the other half; `docs/people.md` shows both as curves. What stands above that
line under "judged" comes from no data: nobody has published rates, lives or conversations of single persons.

The files are ServeGen's clients in ten-minute windows (alibaba/ServeGen, Apache-2.0), the Azure LLM inference trace
of 2023 (Azure/AzurePublicDataset, CC BY 4.0) and Mooncake's conversation trace (kvcache-ai/Mooncake, Apache-2.0).
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fit:
    """Where a constant comes from, and how far it is from data that it was not fitted to.

    Attributes:
        file: the file in the folder of real data.
        how: the method, in a sentence.
        rows: rows that were fitted, one half of those used.
        unit: what is alike and independent in the file (`request`, `client`, `conversation`).
        units: how many of them were fitted.
        ks: largest distance between the fitted and the real distribution function, on the held-out half.
        ratios: fitted over real quantile at 10, 50, 90 and 99 %, on the held-out half.
    """

    file: str
    how: str
    rows: int
    unit: str
    units: int
    ks: float
    ratios: tuple[float, float, float, float]

    @property
    def chance(self) -> float:
        """The distance that as many independent units stay under in 19 of 20 cases when the fit is exact."""
        return 1.36 / math.sqrt(self.units)


@dataclass(frozen=True, slots=True)
class Mixture:
    """A mixture of lognormals: `shares` sum to one; `medians` in the unit of the constant; `sigmas` of the log."""

    shares: tuple[float, ...]
    medians: tuple[float, ...]
    sigmas: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Lengths:
    """Tokens of a request (the whole context that is sent) and of its answer.

    Attributes:
        tokens_in, tokens_out: tokens, before they are rounded and cut.
        together: whether one draw chooses the component of both (the shares are then the same); without it the two
            are independent.
        most_in, most_out: tokens at which draws are cut: the 99.9 % quantile.
        fit_in, fit_out: sources.
    """

    tokens_in: Mixture
    tokens_out: Mixture
    together: bool
    most_in: int
    most_out: int
    fit_in: Fit
    fit_out: Fit


@dataclass(frozen=True, slots=True)
class Blend:
    """A quantity that is one mixture of lognormals."""

    mixture: Mixture
    fit: Fit


@dataclass(frozen=True, slots=True)
class Spread:
    """Rates of clients about the median of their kind.

    Attributes:
        sigma: standard deviation of the log of a client's mean rate; the median is 1.
        tail: exponent of a Pareto law through the busiest tenth (Hill), as a check: P(rate > x) ~ x^-tail.
        busiest_tenth: share of all traffic that the busiest tenth of clients sends.
        fit: source.
    """

    sigma: float
    tail: float
    busiest_tenth: float
    fit: Fit


@dataclass(frozen=True, slots=True)
class Wobble:
    """A gamma factor of mean 1 by which an account's rate differs from one period to the next.

    The coefficient of variation is the account's own: lognormal with `median` and `sigma`. The shape of the gamma is
    1 / cv², its scale cv².
    """

    median: float
    sigma: float
    fit: Fit


@dataclass(frozen=True, slots=True)
class Swing:
    """Day and night: an account's hours weigh exp(kappa · cos(2π (hour - peak) / 24)); peak over trough is
    exp(2 kappa). `kappa` is Weibull between accounts with `scale` and `shape`."""

    scale: float
    shape: float
    fit: Fit


@dataclass(frozen=True, slots=True)
class Bursts:
    """Coefficient of variation of the gaps between arrivals inside ten minutes (1: Poisson; more: bursts).

    Attributes:
        mixture: the cv of a window; a client keeps to one component.
        alike: correlation, inside the component, of the logs of the cv of two windows of one client.
        fit: source.
    """

    mixture: Mixture
    alike: float
    fit: Fit


@dataclass(frozen=True, slots=True)
class Turns:
    """Turns of a conversation, beta-geometric: it ends after turn `k` with chance `a / (a + b + k - 1)`, which is what
    comes of conversations that each end with a chance of their own, beta(a, b). Cut at `longest`."""

    a: float
    b: float
    longest: int
    fit: Fit


@dataclass(frozen=True, slots=True)
class Pause:
    """Seconds from one request of a conversation to the next, the time of the answer included: lognormal."""

    median: float
    sigma: float
    fit: Fit


@dataclass(frozen=True, slots=True)
class Cache:
    """What a prefix cache has of a prompt.

    Attributes:
        block: tokens of a block; whole blocks are shared, so a follow-up has `block * (before // block)` tokens cached
            where `before` is the length of the prompt before it.
        exact: share of held-out follow-ups for which that rule gives exactly the blocks that were seen.
        opening: tokens cached of a first prompt: the block of the service's own system prompt.
        more: share of first prompts with more than that: a document or a template that another prompt began with.
        repeats: requests sent again unchanged, of all requests.
        edits: requests that go back and change the newest turn, of all requests.
        fit: source; the distribution is the cached share of follow-ups, simulated from all constants of conversations.
    """

    block: int
    exact: float
    opening: int
    more: float
    repeats: float
    edits: float
    fit: Fit


@dataclass(frozen=True, slots=True)
class Observed:
    """Facts of the files that no law above holds, for whoever reads the fits.

    Attributes:
        clients: clients in ServeGen's file.
        steady: those that sent ten requests or more in 90 % of the windows of two weeks; days and hours are fitted to
            them alone.
        every_day: share of the clients watched for two weeks that were seen on each of the days.
        hour_memory: correlation of the log of a client's hour with that of its next hour, its day and its habit taken
            out: the median of the steady clients. The laws draw hours independently.
        tied_chat, tied_code, tied_long: share of the variance of the log of an answer's tokens that the tenth in which
            its prompt's tokens lie explains.
        cached: share of all of Mooncake's prompt tokens in blocks that an earlier prompt began with.
        cached_follow_ups: the same, of follow-ups.
    """

    clients: int
    steady: int
    every_day: float
    hour_memory: float
    tied_chat: float
    tied_code: float
    tied_long: float
    cached: float
    cached_follow_ups: float


@dataclass(frozen=True, slots=True)
class Judged:
    """What no public trace holds, and is therefore judged.

    Attributes:
        chat, code, long: shares of requests that have the lengths of `CHAT`, `CODE` and `LONG`.
        person_median: requests a day of a person's account.
        person_sigma: sigma of the log of a person's rate.
        api_share: accounts that are services and not persons; their rates have ServeGen's spread.
        api_median: requests a day of a service's account. ServeGen's own median is in the thousands, since a client is
            only in it when it sent ten requests within ten minutes.
        api_most: requests a day at which the spread is cut; above it a provider knows its customer by name.
    """

    chat: float
    code: float
    long: float
    person_median: float
    person_sigma: float
    api_share: float
    api_median: float
    api_most: float


# judged

JUDGED = Judged(
    chat=0.7,
    code=0.15,
    long=0.15,
    person_median=2.0,
    person_sigma=1.0,
    api_share=0.005,
    api_median=30.0,
    api_most=3_000.0,
)
"""With the spread of `RATES`: a median of 2 and a mean of about 4.4 requests a day and account."""

# fitted

CHAT = Lengths(
    tokens_in=Mixture(shares=(0.2328, 0.2866, 0.2975, 0.1831), medians=(398.8, 406.1, 1072.0, 2589.0),
                      sigmas=(0.03855, 1.196, 0.06693, 0.5016)),
    tokens_out=Mixture(shares=(0.2328, 0.2866, 0.2975, 0.1831), medians=(93.92, 122.5, 409.9, 71.38),
                       sigmas=(0.2293, 0.8756, 0.06542, 0.4819)),
    together=True, most_in=6302, most_out=954,
    fit_in=Fit(file="azure_llm_2023.parquet", how="EM, 4 lognormals of both, best of seven starts", rows=9683,
               unit="request", units=9683, ks=0.044, ratios=(1.24, 0.97, 1.02, 1.53)),
    fit_out=Fit(file="azure_llm_2023.parquet", how="EM, 4 lognormals of both, best of seven starts", rows=9683,
                unit="request", units=9683, ks=0.046, ratios=(0.98, 0.92, 1.01, 1.0)),
)  # fmt: skip
"""Tokens of a chat service's requests and answers (Azure 2023, `conv`)."""

CODE = Lengths(
    tokens_in=Mixture(shares=(0.3046, 0.6415, 0.0539), medians=(253.2, 1899.0, 7395.0), sigmas=(1.309, 0.6456, 0.03)),
    tokens_out=Mixture(shares=(0.2272, 0.4862, 0.2866), medians=(7.434, 13.06, 41.78), sigmas=(0.1831, 0.3598, 0.8835)),
    together=False, most_in=7437, most_out=809,
    fit_in=Fit(file="azure_llm_2023.parquet", how="EM, 3 lognormals, best of seven starts", rows=4410, unit="request",
               units=4410, ks=0.034, ratios=(0.99, 0.99, 0.97, 1.0)),
    fit_out=Fit(file="azure_llm_2023.parquet", how="EM, 3 lognormals, best of seven starts", rows=4410, unit="request",
                units=4410, ks=0.035, ratios=(1.0, 1.0, 1.05, 0.82)),
)  # fmt: skip
"""Tokens of a code completion service's requests and answers (Azure 2023, `code`)."""

LONG = Lengths(
    tokens_in=Mixture(shares=(0.1005, 0.1089, 0.7906), medians=(910.3, 1374.0, 9658.0), sigmas=(0.03, 0.2366, 0.9186)),
    tokens_out=Mixture(shares=(0.2672, 0.3463, 0.3865), medians=(38.42, 334.9, 435.3), sigmas=(1.574, 0.5577, 0.2398)),
    together=False, most_in=122746, most_out=2000,
    fit_in=Fit(file="mooncake_conversation.parquet", how="EM, 3 lognormals, best of seven starts", rows=6016,
               unit="request", units=6016, ks=0.031, ratios=(0.97, 1.01, 1.02, 0.89)),
    fit_out=Fit(file="mooncake_conversation.parquet", how="EM, 3 lognormals, best of seven starts", rows=6016,
                unit="request", units=6016, ks=0.01, ratios=(1.0, 0.99, 0.99, 1.0)),
)  # fmt: skip
"""Tokens of a long-context assistant's requests, their history included, and answers (Mooncake)."""

RATES = Spread(
    sigma=2.285, tail=0.94, busiest_tenth=0.77,
    fit=Fit(file="servegen_client_windows.parquet",
            how="deviation of the log of the mean rate; tail and busiest tenth from all clients", rows=124401,
            unit="client", units=211, ks=0.046, ratios=(0.88, 1.0, 1.51, 1.71)),
)  # fmt: skip
"""Rates of services about the median of their kind; the level is judged (ServeGen)."""

DAY = Wobble(
    median=0.3393, sigma=0.7528,
    fit=Fit(file="servegen_client_windows.parquet",
            how="least distance between the distribution functions of all factors", rows=532, unit="client", units=38,
            ks=0.043, ratios=(1.2, 0.98, 1.0, 1.08)),
)  # fmt: skip
"""Factor of one account on one day (ServeGen)."""

SWING = Swing(
    scale=0.6232, shape=1.072,
    fit=Fit(file="servegen_client_windows.parquet",
            how="first harmonic of each client's mean day; Weibull by maximum likelihood", rows=12768, unit="client",
            units=38, ks=0.132, ratios=(0.58, 0.87, 1.07, 0.82)),
)  # fmt: skip
"""Day against night of one account (ServeGen)."""

HABIT = Wobble(
    median=0.2565, sigma=0.9509,
    fit=Fit(file="servegen_client_windows.parquet",
            how="least distance between the distribution functions of all factors", rows=912, unit="client", units=38,
            ks=0.046, ratios=(0.97, 0.99, 0.94, 1.28)),
)  # fmt: skip
"""Lasting factor of one account at one hour of the day, on top of `SWING` (ServeGen)."""

HOUR = Wobble(
    median=0.3068, sigma=0.6549,
    fit=Fit(file="servegen_client_windows.parquet",
            how="least distance between the distribution functions of all factors", rows=12768, unit="client", units=38,
            ks=0.068, ratios=(1.76, 0.98, 0.81, 0.31)),
)  # fmt: skip
"""Factor of one account in one hour of one day, on top of all that (ServeGen)."""

TEN_MINUTES = Wobble(
    median=0.135, sigma=1.452,
    fit=Fit(file="servegen_client_windows.parquet",
            how="least distance between the distribution functions of all factors", rows=76608, unit="client", units=38,
            ks=0.036, ratios=(1.03, 1.0, 0.97, 1.1)),
)  # fmt: skip
"""Factor of one account in ten minutes of an hour (ServeGen)."""

BURSTS = Bursts(
    mixture=Mixture(shares=(0.2409, 0.4493, 0.3098), medians=(1.009, 1.536, 3.398), sigmas=(0.07497, 0.574, 1.426)),
    alike=0.4,
    fit=Fit(file="servegen_client_windows.parquet",
            how="EM, 3 lognormals, on 100 quantiles of each client; alike: variance of their means", rows=125154,
            unit="client", units=184, ks=0.026, ratios=(0.95, 1.04, 0.94, 1.66)),
)  # fmt: skip
"""Coefficient of variation of the gaps between arrivals within ten minutes (ServeGen)."""

TURNS_BRIEF = Turns(
    a=3.588, b=2.778, longest=40,
    fit=Fit(file="mooncake_conversation.parquet",
            how="maximum likelihood, request by request, censored at the end of the hour", rows=930,
            unit="conversation", units=501, ks=0.025, ratios=(1.0, 1.0, 1.0, 1.11)),
)  # fmt: skip
"""Turns of a conversation whose first prompt has 1,024 to 3,000 tokens (Mooncake)."""

TURNS_LENGTHY = Turns(
    a=3.003, b=1.042, longest=40,
    fit=Fit(file="mooncake_conversation.parquet",
            how="maximum likelihood, request by request, censored at the end of the hour", rows=2800,
            unit="conversation", units=1969, ks=0.011, ratios=(1.0, 1.0, 1.5, 0.88)),
)  # fmt: skip
"""Turns of a conversation whose first prompt has 3,000 tokens or more (Mooncake)."""

PAUSE = Pause(
    median=134.6, sigma=0.9793,
    fit=Fit(file="mooncake_conversation.parquet",
            how="maximum likelihood, request by request, censored at the end of the hour", rows=3730,
            unit="conversation", units=2470, ks=0.052, ratios=(0.91, 0.94, 0.93, 1.08)),
)  # fmt: skip
"""Seconds from one request of a conversation to the next (Mooncake)."""

OPENING = Blend(
    mixture=Mixture(shares=(0.1547, 0.1244, 0.7209), medians=(910.4, 1225.0, 9360.0), sigmas=(0.03, 0.1803, 0.9118)),
    fit=Fit(file="mooncake_conversation.parquet", how="EM, 3 lognormals, best of seven starts", rows=3010,
            unit="conversation", units=3010, ks=0.044, ratios=(1.01, 1.02, 1.0, 0.8)),
)  # fmt: skip
"""Tokens of a first prompt, about 880 of them the service's own (Mooncake)."""

ADDED = Blend(
    mixture=Mixture(shares=(0.2396, 0.5957, 0.1647), medians=(12.24, 35.78, 5572.0), sigmas=(0.4337, 2.063, 0.5703)),
    fit=Fit(file="mooncake_conversation.parquet", how="EM, 3 lognormals, best of seven starts", rows=1260,
            unit="conversation", units=672, ks=0.052, ratios=(1.0, 0.93, 1.0, 0.92)),
)  # fmt: skip
"""Tokens that a follow-up adds to the prompt and the answer before it (Mooncake)."""

CACHE = Cache(
    block=512, exact=0.992, opening=512, more=0.093, repeats=0.0075, edits=0.01,
    fit=Fit(file="mooncake_conversation.parquet",
            how="nothing fitted: simulated from the laws of conversations, cut like the hour", rows=1260,
            unit="conversation", units=691, ks=0.098, ratios=(1.05, 1.06, 1.0, 1.0)),
)  # fmt: skip
"""What a prefix cache has of a prompt (Mooncake)."""

OBSERVED = Observed(
    clients=421, steady=75, every_day=0.45, hour_memory=0.53, tied_chat=0.599, tied_code=0.003, tied_long=0.006,
    cached=0.374, cached_follow_ups=0.856,
)  # fmt: skip
"""Facts of the files that no law holds."""
