"""How fast logs become a finished scan: JSON Lines in, import and scan as child processes.

    python -m benchmarks.throughput [--log record litellm] [--exchanges 200000 1000000] [--folder DIR] [--json]

The logs are text of our own grammar, of unrelated accounts at heavy-tailed rates over a week. `record` has the record's
own columns, a good 1 KB a line with prompts of 0.3 KB; `litellm` has LiteLLM's payloads with all fields that its proxy
writes, 3 KB a line, with prompts of 1 KB. They are written to a temporary folder and removed at the end. Nothing is
warmed up: each command is measured whole, with its start, and peak memory is that of the command with its processes.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from benchmarks.measured import Run, machine, run_stillwatch, show
from stillwatch.range.accounts import Accounts, account_table
from stillwatch.range.draw import DAY, MICRO
from stillwatch.range.events import Events, joined
from stillwatch.range.fill import Filler
from stillwatch.range.populations.blocks import by_accounts, settled, visiting
from stillwatch.range.recipes import CHAT
from stillwatch.range.render import TextMode, Writers, render
from stillwatch.range.stage import Stage, crowd

_START, _DAYS = 1_780_272_000 * MICRO, 7
_BATCH = 50_000
_TO_AN_ACCOUNT = 50


@dataclass(frozen=True, slots=True)
class Log:
    """A form of log: what its lines hold, in SQL over `batch`, and how many sentences stand beside a question."""

    lines: str
    context: float


_LITELLM = """
    select 'chatcmpl-' || exchange_id as id, exchange_id as litellm_call_id, 'trace-' || exchange_id as trace_id,
        'acompletion' as call_type, stream, 2e-6 * (tokens_in + tokens_out) as response_cost, null as cost_breakdown,
        null as response_cost_failure_debug_info, case when status < 400 then 'success' else 'failure' end as status,
        'openai' as custom_llm_provider, tokens_in + tokens_out as total_tokens, tokens_in as prompt_tokens,
        tokens_out as completion_tokens, epoch_us(ts) / 1e6 as startTime,
        epoch_us(ts) / 1e6 + latency_ms / 1e3 as endTime, epoch_us(ts) / 1e6 + ttft_ms / 1e3 as completionStartTime,
        latency_ms / 1e3 as response_time, model, 'deployment-1' as model_id, model as model_group,
        {model_map_key: model, model_map_value: {max_tokens: 128000, max_input_tokens: 400000,
            input_cost_per_token: 2e-6, output_cost_per_token: 2e-6, litellm_provider: 'openai', mode: 'chat',
            supports_function_calling: true, supports_vision: true}} as model_map_information,
        'https://upstream.example/v1' as api_base,
        {user_api_key_hash: key_id || repeat('0', 52), user_api_key_alias: 'key of ' || account_id,
            user_api_key_spend: 12.5, user_api_key_max_budget: null, user_api_key_budget_reset_at: null,
            user_api_key_team_id: null, user_api_key_org_id: org_id, user_api_key_user_id: account_id,
            user_api_key_team_alias: null, user_api_key_user_email: null, user_api_key_end_user_id: end_user_id,
            user_api_key_request_route: '/v1/chat/completions', spend_logs_metadata: null,
            requester_ip_address: ip, requester_metadata: {}::json, requester_custom_headers: {}::json,
            prompt_management_metadata: null, mcp_tool_call_metadata: null, vector_store_request_metadata: null,
            applied_guardrails: [], usage_object: {prompt_tokens: tokens_in, completion_tokens: tokens_out,
            total_tokens: tokens_in + tokens_out}, cold_storage_object_key: null} as metadata,
        false as cache_hit, null as cache_key, 0.0 as saved_cache_cost,
        ['User-Agent: ' || split_part(user_agent, '/', 1), 'User-Agent: ' || user_agent] as request_tags,
        '' as end_user, ip as requester_ip_address,
        list_filter([{role: 'system', content: system_text}, {role: 'user', content: input_text}],
            lambda message: message.content is not null) as messages,
        {id: 'chatcmpl-' || exchange_id, object: 'chat.completion', created: epoch_us(ts) // 1000000, model: model,
            system_fingerprint: 'fp_1', choices: [{index: 0, finish_reason: finish_reason, logprobs: null,
            message: {role: 'assistant', content: output_text, tool_calls: null, function_call: null,
            refusal: null, annotations: []}}], usage: {prompt_tokens: tokens_in, completion_tokens: tokens_out,
            total_tokens: tokens_in + tokens_out, prompt_tokens_details: {cached_tokens: tokens_cached,
            audio_tokens: 0}, completion_tokens_details: {reasoning_tokens: tokens_reasoning, audio_tokens: 0,
            accepted_prediction_tokens: 0, rejected_prediction_tokens: 0}}, service_tier: 'default'} as response,
        null as error_str, {error_code: '', error_class: '', llm_provider: '', traceback: '', error_message: ''}
            as error_information,
        {temperature: temperature, max_tokens: max_tokens, stream: stream, n: 1} as model_parameters,
        {model_id: 'deployment-1', cache_key: null, api_base: 'https://upstream.example/v1', response_cost: '0.001',
            litellm_overhead_time_ms: 2.5, additional_headers: {x_ratelimit_limit_requests: 10000,
            x_ratelimit_remaining_requests: 9999}, batch_models: null, usage_object: null} as hidden_params,
        null as guardrail_information, null as standard_built_in_tools_params
    from batch"""
"""LiteLLM's `StandardLoggingPayload`, with the fields that its proxy writes of a chat completion."""
LOGS = {"record": Log("select * from batch", context=5.0), "litellm": Log(_LITELLM, context=22.0)}


@dataclass(frozen=True, slots=True)
class Throughput:
    """Figures of one run.

    Attributes:
        log: which form of log.
        exchanges, megabytes: its size.
        prompt_characters: mean length of a newest turn.
        import_seconds: reading, sketching and writing the ledger, with the start of the process.
        imported_a_second: exchanges by those seconds.
        processor_microseconds: of the import, per exchange, summed over its processes.
        sketch_seconds: the share of it that the import itself reports for the sketch; None when it reports none.
        import_peak_megabytes, scan_peak_megabytes: most resident memory.
        scan_seconds: the scan of the ledger, with the start of the process and the report.
    """

    log: str
    exchanges: int
    megabytes: float
    prompt_characters: float
    import_seconds: float
    imported_a_second: float
    processor_microseconds: float
    sketch_seconds: float | None
    import_peak_megabytes: float
    scan_seconds: float
    scan_peak_megabytes: float


def write_log(folder: Path, exchanges: int, seed: int, form: Log) -> Path:
    """Write `exchanges.jsonl` and `accounts.parquet` to `folder`; return the path of the log."""
    log = folder / "exchanges.jsonl"
    stage = Stage(seed, "throughput", _START, _DAYS, release=_START + _DAYS * DAY)
    people = settled(stage, crowd(stage, max(exchanges // _TO_AN_ACCOUNT, 1)))
    busy = replace(people, tempo=people.tempo * 3 * _TO_AN_ACCOUNT / _DAYS / people.tempo.mean())
    duckdb.from_arrow(account_table(busy)).write_parquet(str(folder / "accounts.parquet"))
    blocks = by_accounts(stage, busy, busy.tempo, lambda rng, rows: visiting(rng, stage, busy, rows))
    part = joined(block() for block in blocks).take(np.arange(exchanges))
    part = part.take(np.argsort(part.ts, kind="stable"))
    with log.open("wb") as whole:
        for number, batch in enumerate(_batches(part, busy, seed, form.context)):
            piece = folder / f"part-{number}.json"
            duckdb.from_arrow(batch).query("batch", f"copy ({form.lines}) to '{piece}' (format json)")
            whole.write(piece.read_bytes())
            piece.unlink()
    return log


def _batches(part: Events, people: Accounts, seed: int, context: float) -> Iterator[pa.Table]:
    """Yield rows of the record in order of time."""
    recipes = (replace(CHAT, context=context),)
    filler, writers = Filler(people, recipes, seed), Writers(people.language)
    for first in range(0, len(part), _BATCH):
        some = part.take(np.arange(first, min(first + _BATCH, len(part))))
        texts = render(some, recipes, writers, seed=seed, mode=TextMode.FULL, prompts=None)
        yield pa.table(filler.rows(some, texts, first=first))


def measure(name: str, exchanges: int, seed: int, folder: Path | None) -> Throughput:
    """Write the log in a temporary folder inside `folder`, import it, scan the ledger."""
    with tempfile.TemporaryDirectory(prefix="throughput-", dir=folder) as made:
        place = Path(made)
        log = write_log(place, exchanges, seed, LOGS[name])
        ledger, accounts = str(place / "ledger"), str(place / "accounts.parquet")
        size = log.stat().st_size / 1e6
        imported = run_stillwatch("import", str(log), "--accounts", accounts, "--ledger", ledger, "--json")
        log.unlink()
        prompt = _mean_characters(place / "ledger")
        scanned = run_stillwatch("scan", "--ledger", ledger, "--out", str(place / "scan"))
    return Throughput(
        log=name,
        exchanges=exchanges,
        megabytes=size,
        prompt_characters=prompt,
        import_seconds=imported.seconds,
        imported_a_second=exchanges / imported.seconds,
        processor_microseconds=imported.processor_seconds / exchanges * 1e6,
        sketch_seconds=_sketch_seconds(imported),
        import_peak_megabytes=imported.peak_megabytes,
        scan_seconds=scanned.seconds,
        scan_peak_megabytes=scanned.peak_megabytes,
    )


def _mean_characters(ledger: Path) -> float:
    """Return the mean length of the newest turns in a ledger."""
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        rows = connection.execute("select avg(input_chars) from read_parquet(?)", [f"{ledger}/exchanges/*/*.parquet"])
        return float(rows.fetchall()[0][0])


def _sketch_seconds(imported: Run) -> float | None:
    """Return what the import reports for the sketch: `timings.sketch` of its JSON."""
    timings = json.loads(imported.output).get("timings", {})
    return float(timings["sketch"]) if "sketch" in timings else None


def main(arguments: list[str] | None = None) -> None:
    """Run the benchmark as asked on the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--log", nargs="+", choices=list(LOGS), default=list(LOGS))
    parser.add_argument("--exchanges", nargs="+", type=int, default=[1_000_000])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where logs and ledgers are written; the system's temporary folder")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args(arguments)
    begun = time.perf_counter()
    runs = [(name, exchanges) for name in asked.log for exchanges in asked.exchanges]
    figures = [asdict(measure(name, exchanges, asked.seed, asked.folder)) for name, exchanges in runs]
    if asked.json:
        print(json.dumps({"machine": machine(), "runs": figures}, indent=2))
    else:
        print(f"{machine()}; all in all {time.perf_counter() - begun:.0f} s\n")
        show(figures)


if __name__ == "__main__":
    main()
