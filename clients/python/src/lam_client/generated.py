"""Made of docs/openapi.json by `npm run openapi`; do not edit."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Literal, NotRequired, TypeAlias, TypedDict, Union
from urllib.parse import quote

from .transport import Transport


AccessLogFormat: TypeAlias = "Literal[\"json\", \"common\"]"

AliasAnswer = TypedDict(
    "AliasAnswer",
    {
        "alias": "AliasName",
        "from": "Union[VersionNumber, None]",
        "to": "VersionNumber",
        "notices": "list[str]",
    },
)


class AliasDetail(TypedDict):
    """A named pointer to a version."""
    alias: AliasName
    version: VersionNumber
    routing: NotRequired[AliasRouting]

AliasList: TypeAlias = "list[AliasDetail]"

# An alias, see {@link ALIAS_NAME } .
AliasName: TypeAlias = "str"


class AliasRequest(TypedDict):
    version: VersionNumber
    routing: NotRequired[AliasRouting]
    message: NotRequired[str]
    by: NotRequired[str]
    verify: NotRequired[bool]


class AliasRouting(TypedDict):
    """How an alias divides its requests among several versions."""
    weights: dict[str, float]
    sticky: NotRequired[str]


class ApiKeyDetail(TypedDict):
    """A key for routes with `auth: api-key`, or for APIs, without the key itself."""
    scopes: list[KeyScope]
    functions: list[str]
    name: ApiKeyName
    id: str
    prefix: str
    createdAt: float
    expiresAt: Union[float, None]
    by: str
    quota: Union[float, None]
    role: Union[ApiKeyRole, None]
    accessKeyId: Union[str, None]

ApiKeyList: TypeAlias = "list[ListedApiKey]"

# An API key's name: 1 to 64 of `a-z A-Z 0-9 - _ .`, beginning with a letter or digit.
ApiKeyName: TypeAlias = "str"

ApiKeyRole: TypeAlias = "Literal[\"admin\", \"deployer\", \"invoker\", \"viewer\"]"


class ArtifactAnswer(TypedDict):
    artifact: Digest
    files: float
    size: float
    added: float
    repaired: NotRequired[dict[str, Any]]


class AsyncAttempt(TypedDict):
    """One finished attempt at an asynchronous invocation."""
    at: float
    durationMs: float
    version: NotRequired[VersionNumber]
    status: str
    errorType: NotRequired[str]


class AsyncCounts(TypedDict):
    """Number of asynchronous invocations of one function by state."""
    pending: float
    running: float
    completed: float
    failed: float
    cancelled: float
    dead: float

AsyncCountsByName: TypeAlias = "dict[str, AsyncCounts]"


class AsyncInvocation(TypedDict):
    """An asynchronous invocation as lists show it. Times are milliseconds since the epoch."""
    id: RequestId
    functionName: FunctionName
    qualifier: NotRequired[Qualifier]
    state: AsyncState
    origin: Origin
    acceptedAt: float
    notBefore: float
    expiresAt: float
    startedAt: NotRequired[float]
    finishedAt: NotRequired[float]
    attempts: float
    interrupted: float
    eventBytes: float
    dead: NotRequired[DeadReason]


class AsyncPage(TypedDict):
    """One page of a list."""
    invocations: list[AsyncInvocation]
    next: NotRequired[str]


class AsyncResult(TypedDict):
    """An asynchronous invocation as the control API answers it: the payload is text."""
    history: list[AsyncAttempt]
    isTruncated: NotRequired[bool]
    log: NotRequired[str]
    id: RequestId
    functionName: FunctionName
    qualifier: NotRequired[Qualifier]
    state: AsyncState
    origin: Origin
    acceptedAt: float
    notBefore: float
    expiresAt: float
    startedAt: NotRequired[float]
    finishedAt: NotRequired[float]
    attempts: float
    interrupted: float
    eventBytes: float
    dead: NotRequired[DeadReason]
    payload: NotRequired[str]

AsyncState: TypeAlias = "Literal[\"PENDING\", \"RUNNING\", \"COMPLETED\", \"FAILED\", \"CANCELLED\"]"


class AuditActor(TypedDict):
    """Who asked for something."""
    kind: Literal["key", "token", "socket", "local", "unknown"]
    name: str

# A change or a refusal. Without payloads, secrets and queries.
AuditEntry = TypedDict(
    "AuditEntry",
    {
        "time": "str",
        "who": "AuditActor",
        "api": "str",
        "operation": "str",
        "request": "NotRequired[str]",
        "function": "NotRequired[str]",
        "target": "NotRequired[str]",
        "from": "str",
        "outcome": "AuditOutcome",
        "code": "NotRequired[str]",
        "count": "NotRequired[float]",
    },
)

AuditOutcome: TypeAlias = "Literal[\"done\", \"failed\", \"refused\"]"


class AwsEndpoints(TypedDict):
    """Addresses of services; lam uses none that is not here."""
    sqs: NotRequired[str]
    s3: NotRequired[str]
    mq: NotRequired[str]


class AwsSettings(TypedDict):
    """What a daemon is told of AWS; absent: {@link DEFAULT_PLACE } , no services."""
    account: NotRequired[str]
    region: NotRequired[str]
    endpoints: NotRequired[AwsEndpoints]


class ChangeNote(TypedDict):
    """Who makes a change and why, for the history."""
    message: NotRequired[str]
    by: NotRequired[str]


class ConfigDetail(TypedDict):
    """A deployed function's settings."""
    name: FunctionName
    live: VersionNumber
    config: ShownConfig
    layers: LayersOfSettings
    overrides: ConfigInput

# Settings that the author made; other fields take their defaults.
ConfigInput = TypedDict(
    "ConfigInput",
    {
        "routes": "NotRequired[list[ShortItem]]",
        "schedules": "NotRequired[list[ShortItem]]",
        "runtime": "NotRequired[str]",
        "handler": "NotRequired[str]",
        "description": "NotRequired[str]",
        "timeoutMs": "NotRequired[float]",
        "memoryMiB": "NotRequired[float]",
        "cpus": "NotRequired[float]",
        "pids": "NotRequired[float]",
        "tmpMiB": "NotRequired[float]",
        "environment": "NotRequired[dict[str, str]]",
        "network": "NotRequired[NetworkReach]",
        "payload": "NotRequired[PayloadFormat]",
        "image": "NotRequired[Union[str, None]]",
        "concurrency": "NotRequired[float]",
        "maxConcurrency": "NotRequired[float]",
        "maxQueue": "NotRequired[float]",
        "provisionedConcurrency": "NotRequired[float]",
        "idleTimeoutMs": "NotRequired[Union[float, None]]",
        "rateLimit": "NotRequired[Union[float, None]]",
        "burst": "NotRequired[Union[float, None]]",
        "reservedConcurrency": "NotRequired[Union[float, None]]",
        "layers": "NotRequired[Union[FunctionLayers, None]]",
        "triggers": "NotRequired[list[TriggerConfig]]",
        "async": "NotRequired[bool]",
        "maximumRetryAttempts": "NotRequired[float]",
        "maximumEventAgeMs": "NotRequired[float]",
        "eventVersion": "NotRequired[EventVersion]",
        "onSuccess": "NotRequired[Union[DestinationSetting, None]]",
        "onFailure": "NotRequired[Union[DestinationSetting, None]]",
        "maximumQueuedEvents": "NotRequired[float]",
        "maximumDeadLetters": "NotRequired[float]",
    },
)


class ConfigPatch(TypedDict):
    """Changes live settings, which win over lam.yaml until they are unset. Publishes a version when the configuration changes."""
    set: NotRequired[LiveSettings]
    unset: NotRequired[list[SettingName]]
    add: NotRequired[dict[str, Any]]
    remove: NotRequired[dict[str, Any]]
    setEnvironment: NotRequired[EnvironmentChange]
    unsetEnvironment: NotRequired[list[str]]
    message: NotRequired[str]
    by: NotRequired[str]
    verify: NotRequired[bool]


class CountAnswer(TypedDict):
    """How many there were."""
    count: float


class CreateApiKeyAnswer(TypedDict):
    """A new key: `key` and `secretAccessKey` are shown once and kept nowhere."""
    scopes: list[KeyScope]
    functions: list[str]
    name: ApiKeyName
    id: str
    prefix: str
    createdAt: float
    expiresAt: Union[float, None]
    by: str
    quota: Union[float, None]
    role: Union[ApiKeyRole, None]
    accessKeyId: Union[str, None]
    key: str
    secretAccessKey: Union[str, None]


class CreateApiKeyRequest(TypedDict):
    """Creates a key."""
    name: str
    days: NotRequired[float]
    lifetimeMs: NotRequired[float]
    by: NotRequired[str]
    quota: NotRequired[Union[float, None]]
    role: NotRequired[Union[ApiKeyRole, None]]
    scopes: NotRequired[list[KeyScope]]
    functions: NotRequired[list[str]]
    aws: NotRequired[bool]


class DeadLettersRequest(TypedDict):
    """Which dead letters to redrive or delete: all, those of a function, or single ones."""
    function: NotRequired[FunctionName]
    ids: NotRequired[list[RequestId]]

DeadReason: TypeAlias = "Literal[\"RetriesExhausted\", \"EventAgeExceeded\", \"ZeroReservedConcurrency\", \"FunctionGone\", \"Interrupted\", \"RecursiveInvocation\"]"


class DestinationConfig(TypedDict):
    """Where the record of a finished event goes, as JSON: the kind and its settings. A text is the short form of a kind that has one: `function:NAME`, `file:PATH`, a URL."""
    type: str

# A destination as authors write it.
DestinationSetting: TypeAlias = "Union[DestinationConfig, str]"


class DfAnswer(TypedDict):
    """Disk usage (bytes)."""
    home: str
    functions: list[dict[str, Any]]
    objects: dict[str, Any]
    artifacts: float
    logs: float
    catalogue: float
    queue: float
    destinations: float
    total: float
    reclaimable: float

# SHA-256 of a file's content or of a manifest: 64 lower-case hexadecimal digits.
Digest: TypeAlias = "str"

# The answer to a request that has nothing to say but that it was done.
Done: TypeAlias = "dict[str, Any]"

# Name of a driver.
DriverName: TypeAlias = "Literal[\"docker\", \"process\"]"

# Environment variables to set.
EnvironmentChange: TypeAlias = "dict[str, str]"


class EventAnswer(TypedDict):
    """The event of an invocation."""
    event: str

EventVersion: TypeAlias = "Literal[\"run\", \"acceptance\"]"

# Settings given as flags of one deploy. Triggers and layers cannot be.
FlagSettings = TypedDict(
    "FlagSettings",
    {
        "runtime": "NotRequired[str]",
        "handler": "NotRequired[str]",
        "description": "NotRequired[str]",
        "timeoutMs": "NotRequired[float]",
        "memoryMiB": "NotRequired[float]",
        "cpus": "NotRequired[float]",
        "pids": "NotRequired[float]",
        "tmpMiB": "NotRequired[float]",
        "environment": "NotRequired[dict[str, str]]",
        "network": "NotRequired[NetworkReach]",
        "payload": "NotRequired[PayloadFormat]",
        "image": "NotRequired[Union[str, None]]",
        "concurrency": "NotRequired[float]",
        "maxConcurrency": "NotRequired[float]",
        "maxQueue": "NotRequired[float]",
        "provisionedConcurrency": "NotRequired[float]",
        "idleTimeoutMs": "NotRequired[Union[float, None]]",
        "rateLimit": "NotRequired[Union[float, None]]",
        "burst": "NotRequired[Union[float, None]]",
        "reservedConcurrency": "NotRequired[Union[float, None]]",
        "async": "NotRequired[bool]",
        "maximumRetryAttempts": "NotRequired[float]",
        "maximumEventAgeMs": "NotRequired[float]",
        "eventVersion": "NotRequired[EventVersion]",
        "onSuccess": "NotRequired[Union[DestinationSetting, None]]",
        "onFailure": "NotRequired[Union[DestinationSetting, None]]",
        "maximumQueuedEvents": "NotRequired[float]",
        "maximumDeadLetters": "NotRequired[float]",
    },
)

# What APIs of other products keep of a function or a version, by the name of the API. lam itself reads none of it.
ForeignFacts: TypeAlias = "dict[str, Any]"


class FunctionDetail(TypedDict):
    name: FunctionName
    runtime: str
    live: VersionNumber
    versions: float
    url: str
    endpoints: list[str]
    routes: list[str]
    triggers: list[TriggerConfig]
    updatedAt: float
    sandboxes: dict[str, Any]
    createdAt: float
    arn: str
    config: ShownConfig
    layers: LayersOfSettings
    overrides: ConfigInput
    aliases: dict[str, VersionNumber]
    aliasRouting: dict[str, AliasRouting]
    previous: Union[VersionNumber, None]
    allVersions: list[VersionInfo]
    history: list[Movement]
    triggerStates: list[TriggerState]
    throttled: ThrottleCounts
    provisioned: NotRequired[dict[str, ProvisionedQualifier]]
    foreign: NotRequired[ForeignFacts]


class FunctionLayers(TypedDict):
    """The layers of a function, whose files it finds below `/opt`."""
    sources: list[str]
    artifact: Digest

FunctionList: TypeAlias = "list[FunctionSummary]"

# A function's name: 1 to 64 of `a-z A-Z 0-9 - _`, as on AWS Lambda. It is the whole key of a function: where functions get namespaces, this type becomes the pair of both, and {@link parseReference } reads it.
FunctionName: TypeAlias = "str"


class FunctionSummary(TypedDict):
    name: FunctionName
    runtime: str
    live: VersionNumber
    versions: float
    url: str
    endpoints: list[str]
    routes: list[str]
    triggers: list[TriggerConfig]
    updatedAt: float
    sandboxes: dict[str, Any]


class GcAnswer(TypedDict):
    versions: list[NamedVersion]
    artifacts: float
    files: float
    bytes: float


class GcRequest(TypedDict):
    keep: NotRequired[float]
    only: NotRequired[list[NamedVersion]]
    dryRun: NotRequired[bool]


class HealthAnswer(TypedDict):
    """Answered while the daemon serves requests."""
    status: Literal["ok"]


class InvokedAnswer(TypedDict):
    """How a function answered an invocation."""
    requestId: RequestId
    version: VersionNumber
    status: Literal["success", "error", "timeout", "failure"]
    payload: Any
    errorType: NotRequired[str]
    durationMs: float
    start: StartKind
    log: NotRequired[str]


class KeptZip(TypedDict):
    """A zip as it was uploaded, kept beside the files that were unpacked from it."""
    artifact: Digest
    size: float
    sha256: str

KeyScope: TypeAlias = "Literal[\"invoke\", \"deploy\", \"read\", \"admin\"]"

LayerList: TypeAlias = "list[LayerVersion]"

# A published layer's name: 1 to 140 of `a-z A-Z 0-9 - _` (AWS's rule).
LayerName: TypeAlias = "str"


class LayerVersion(TypedDict):
    """A version of a published layer; it never changes."""
    name: LayerName
    version: VersionNumber
    artifact: Digest
    size: float
    files: float
    createdAt: float
    by: str
    description: str


class LayerVersionDetail(TypedDict):
    """A version of a published layer, with the files that it puts below `/opt`."""
    name: LayerName
    version: VersionNumber
    artifact: Digest
    size: float
    files: float
    createdAt: float
    by: str
    description: str
    manifest: Manifest


class LayersOfSettings(TypedDict):
    """The layer of each value of a version. Settings that are missing have their default."""
    settings: dict[str, Any]
    environment: dict[str, SettingLayer]


class ListedApiKey(TypedDict):
    """A key and what it has used."""
    scopes: list[KeyScope]
    functions: list[str]
    name: ApiKeyName
    id: str
    prefix: str
    createdAt: float
    expiresAt: Union[float, None]
    by: str
    quota: Union[float, None]
    role: Union[ApiKeyRole, None]
    accessKeyId: Union[str, None]
    used: Union[float, None]
    resetsAt: Union[float, None]

# Settings to make live.
LiveSettings = TypedDict(
    "LiveSettings",
    {
        "runtime": "NotRequired[str]",
        "handler": "NotRequired[str]",
        "description": "NotRequired[str]",
        "timeoutMs": "NotRequired[float]",
        "memoryMiB": "NotRequired[float]",
        "cpus": "NotRequired[float]",
        "pids": "NotRequired[float]",
        "tmpMiB": "NotRequired[float]",
        "network": "NotRequired[NetworkReach]",
        "payload": "NotRequired[PayloadFormat]",
        "image": "NotRequired[Union[str, None]]",
        "concurrency": "NotRequired[float]",
        "maxConcurrency": "NotRequired[float]",
        "maxQueue": "NotRequired[float]",
        "provisionedConcurrency": "NotRequired[float]",
        "idleTimeoutMs": "NotRequired[Union[float, None]]",
        "rateLimit": "NotRequired[Union[float, None]]",
        "burst": "NotRequired[Union[float, None]]",
        "reservedConcurrency": "NotRequired[Union[float, None]]",
        "layers": "NotRequired[Union[FunctionLayers, None]]",
        "triggers": "NotRequired[list[TriggerConfig]]",
        "async": "NotRequired[bool]",
        "maximumRetryAttempts": "NotRequired[float]",
        "maximumEventAgeMs": "NotRequired[float]",
        "eventVersion": "NotRequired[EventVersion]",
        "onSuccess": "NotRequired[Union[DestinationSetting, None]]",
        "onFailure": "NotRequired[Union[DestinationSetting, None]]",
        "maximumQueuedEvents": "NotRequired[float]",
        "maximumDeadLetters": "NotRequired[float]",
        "routes": "NotRequired[list[ShortItem]]",
        "schedules": "NotRequired[list[ShortItem]]",
    },
)


class LogRecord(TypedDict):
    """One write of a function, which may hold several lines, or one message of lam about an invocation. Records of one node are in the order in which they were written; those of several nodes are merged by time."""
    time: float
    stream: LogStream
    requestId: Union[RequestId, Literal[""]]
    version: VersionNumber
    sandbox: SandboxId
    node: Union[NodeId, Literal[""]]
    text: str
    platform: NotRequired[PlatformRecord]
    position: NotRequired[list[Any]]

# Source of a record. `platform` records are written by lam (START, REPORT, time-outs), never by a function.
LogStream: TypeAlias = "Literal[\"stdout\", \"stderr\", \"platform\"]"


class Manifest(TypedDict):
    """Entries of an artifact, sorted by path (code-unit order). Directories are implied by paths."""
    entries: list[ManifestEntry]

ManifestEntry: TypeAlias = "dict[str, Any]"


class MergeRequest(TypedDict):
    """Artifacts to merge, a later one over an earlier one."""
    artifacts: list[Digest]

# One move of the live pointer or of an alias.
Movement = TypedDict(
    "Movement",
    {
        "at": "float",
        "by": "str",
        "action": "Literal[\"deploy\", \"rollback\", \"config\", \"alias\"]",
        "alias": "NotRequired[AliasName]",
        "from": "Union[VersionNumber, None]",
        "to": "Union[VersionNumber, None]",
        "routing": "NotRequired[AliasRouting]",
        "message": "str",
    },
)


class NamedVersion(TypedDict):
    """A version and its function."""
    name: FunctionName
    version: VersionNumber

NetworkReach: TypeAlias = "Literal[\"on\", \"open\", \"none\"]"

# A node: 48 random bits as 12 lower-case hexadecimal digits, made once per home.
NodeId: TypeAlias = "str"

# Cause of an invocation: a direct call, or a trigger with the id of the event at its source.
Origin: TypeAlias = "dict[str, Any]"

PayloadFormat: TypeAlias = "Literal[\"1.0\", \"2.0\"]"


class PlanAnswer(TypedDict):
    artifact: Digest
    known: bool
    missing: list[Digest]

# Contents of a platform record about an invocation; its text has the wording of AWS Lambda's START, END and REPORT lines.
PlatformRecord: TypeAlias = "dict[str, Any]"


class ProblemDetails(TypedDict):
    """An error as lam's own API answers it, `application/problem+json` (RFC 9457): `code` and `hint` are lam's own members."""
    type: str
    title: str
    status: float
    detail: str
    code: str
    hint: NotRequired[str]
    details: NotRequired[dict[str, Any]]


class ProvisionedQualifier(TypedDict):
    """Sandboxes that are kept warm for a version or an alias."""
    count: float
    modifiedAt: float


class PublishAnswer(TypedDict):
    name: FunctionName
    version: VersionNumber
    unchanged: bool
    previous: Union[VersionNumber, None]
    url: str
    endpoints: list[str]
    notices: list[str]


class PublishBody(TypedDict):
    """Publishes code and settings. Members that only other APIs of the daemon use are left out."""
    artifact: Digest
    config: ConfigInput
    flags: NotRequired[FlagSettings]
    message: NotRequired[str]
    by: NotRequired[str]
    alias: NotRequired[AliasName]
    alongside: NotRequired[list[str]]
    dryRun: NotRequired[bool]
    verify: NotRequired[bool]


class PublishLayerAnswer(TypedDict):
    """`unchanged`: the newest version has the same files, so nothing was published."""
    name: LayerName
    version: VersionNumber
    artifact: Digest
    size: float
    files: float
    createdAt: float
    by: str
    description: str
    unchanged: bool


class PublishLayerRequest(TypedDict):
    """Publishes the next version of a layer."""
    artifact: Digest
    description: NotRequired[str]
    by: NotRequired[str]

# What may follow a function's name in a request: a version or an alias.
Qualifier: TypeAlias = "Union[VersionText, AliasName]"


class QueuedAnswer(TypedDict):
    """An invocation that was queued."""
    requestId: RequestId


class Reclaimed(TypedDict):
    containers: float
    processes: float
    files: float

# An invocation, the same for all attempts at an event: a UUID, which the caller, the handler and the logs see.
RequestId: TypeAlias = "str"


class RetryAnswer(TypedDict):
    """An invocation's id."""
    id: RequestId


class RetryRequest(TypedDict):
    """Runs the event of a finished invocation again."""
    version: NotRequired[VersionNumber]

RollbackAnswer = TypedDict(
    "RollbackAnswer",
    {
        "name": "FunctionName",
        "from": "VersionNumber",
        "to": "VersionNumber",
        "warm": "float",
        "notices": "list[str]",
    },
)


class RollbackRequest(TypedDict):
    to: NotRequired[VersionNumber]
    message: NotRequired[str]
    by: NotRequired[str]
    dryRun: NotRequired[bool]
    verify: NotRequired[bool]

# A sandbox or stem: 128 random bits as 32 lower-case hexadecimal digits, never used again.
SandboxId: TypeAlias = "str"

SettingLayer: TypeAlias = "Literal[\"flag\", \"config set\", \"env set\", \"lam.yaml\", \"default\"]"

# Name of a setting.
SettingName: TypeAlias = "Literal[\"runtime\", \"handler\", \"description\", \"timeoutMs\", \"memoryMiB\", \"cpus\", \"pids\", \"tmpMiB\", \"environment\", \"network\", \"payload\", \"image\", \"concurrency\", \"maxConcurrency\", \"maxQueue\", \"provisionedConcurrency\", \"idleTimeoutMs\", \"rateLimit\", \"burst\", \"reservedConcurrency\", \"layers\", \"triggers\", \"async\", \"maximumRetryAttempts\", \"maximumEventAgeMs\", \"eventVersion\", \"onSuccess\", \"onFailure\", \"maximumQueuedEvents\", \"maximumDeadLetters\", \"routes\", \"schedules\"]"

# An item of a short form: a text, or the settings of a trigger without its type.
ShortItem: TypeAlias = "Union[str, dict[str, Any]]"

# A complete configuration as answers show it: triggers with a short form appear in both forms.
ShownConfig = TypedDict(
    "ShownConfig",
    {
        "routes": "NotRequired[list[ShortItem]]",
        "schedules": "NotRequired[list[ShortItem]]",
        "runtime": "str",
        "handler": "str",
        "description": "str",
        "timeoutMs": "float",
        "memoryMiB": "float",
        "cpus": "float",
        "pids": "float",
        "tmpMiB": "float",
        "environment": "dict[str, str]",
        "network": "NetworkReach",
        "payload": "PayloadFormat",
        "image": "Union[str, None]",
        "concurrency": "float",
        "maxConcurrency": "float",
        "maxQueue": "float",
        "provisionedConcurrency": "float",
        "idleTimeoutMs": "Union[float, None]",
        "rateLimit": "Union[float, None]",
        "burst": "Union[float, None]",
        "reservedConcurrency": "Union[float, None]",
        "layers": "Union[FunctionLayers, None]",
        "triggers": "list[TriggerConfig]",
        "async": "bool",
        "maximumRetryAttempts": "float",
        "maximumEventAgeMs": "float",
        "eventVersion": "EventVersion",
        "onSuccess": "Union[DestinationSetting, None]",
        "onFailure": "Union[DestinationSetting, None]",
        "maximumQueuedEvents": "float",
        "maximumDeadLetters": "float",
    },
)

# What an invocation waited for: `cold`, the boot of a sandbox and its init; `stem`, the init in a sandbox that was booted ahead; `warm`, neither.
StartKind: TypeAlias = "Literal[\"cold\", \"stem\", \"warm\"]"


class Status(TypedDict):
    pid: float
    version: str
    build: NotRequired[str]
    port: float
    host: str
    allowedHosts: NotRequired[list[str]]
    accessLog: NotRequired[AccessLogFormat]
    glambdar: NotRequired[Union[Literal["off"], float]]
    aws: NotRequired[AwsSettings]
    miniLambda: NotRequired[float]
    url: str
    home: str
    node: NodeId
    driver: DriverName
    driverReason: str
    gaps: list[str]
    startedAt: float
    functions: float
    sandboxes: dict[str, Any]
    memory: dict[str, Any]
    asked: NotRequired[dict[str, Any]]
    reclaimed: Reclaimed


class TestTriggerRequest(TypedDict):
    """An event for a trigger; without one, a sample."""
    event: NotRequired[Any]


class ThrottleCounts(TypedDict):
    """Requests that were refused since the daemon started, by the limit that they met."""
    rate: float
    concurrency: float


class TriggerConfig(TypedDict):
    """A declared trigger, which invokes its function without a direct caller: its kind and the kind's settings, as JSON."""
    type: str
    name: NotRequired[str]


class TriggerCounts(TypedDict):
    """What a trigger did with messages, or with events that it queued, since the daemon started it."""
    received: float
    filtered: float
    refused: float
    succeeded: float
    failed: float
    retried: float
    dead: float
    running: float
    held: float


class TriggerDetail(TypedDict):
    """A trigger that the daemon runs, with its function and settings."""
    type: str
    name: str
    state: Literal["starting", "running", "retrying", "paused"]
    since: float
    cause: NotRequired[str]
    hint: NotRequired[str]
    lag: NotRequired[float]
    lags: NotRequired[dict[str, float]]
    counts: NotRequired[TriggerCounts]
    functionName: FunctionName
    config: TriggerConfig
    view: NotRequired[Any]

TriggerList: TypeAlias = "list[TriggerDetail]"


class TriggerState(TypedDict):
    """State of a trigger that the daemon runs."""
    type: str
    name: str
    state: Literal["starting", "running", "retrying", "paused"]
    since: float
    cause: NotRequired[str]
    hint: NotRequired[str]
    lag: NotRequired[float]
    lags: NotRequired[dict[str, float]]
    counts: NotRequired[TriggerCounts]


class TriggerTest(TypedDict):
    """What became of an event that tested a trigger."""
    outcome: Literal["success", "function-error", "filtered"]
    event: Any
    filtered: float
    requestId: NotRequired[RequestId]
    version: NotRequired[VersionNumber]
    payload: NotRequired[Any]


class UpdateApiKeyRequest(TypedDict):
    """Changes what is given of a key."""
    quota: NotRequired[Union[float, None]]
    scopes: NotRequired[list[KeyScope]]
    functions: NotRequired[list[str]]
    lifetimeMs: NotRequired[Union[float, None]]


class VersionCheck(TypedDict):
    """Why a version does not count as checked: its code failed to load, or it was not loaded before it went live."""
    result: Literal["failed", "skipped"]
    reason: str


class VersionDetail(TypedDict):
    """A version with the files of its artifact."""
    version: VersionNumber
    artifact: Digest
    config: ShownConfig
    layers: LayersOfSettings
    createdAt: float
    by: str
    message: str
    size: float
    live: bool
    aliases: list[str]
    check: NotRequired[VersionCheck]
    zip: NotRequired[KeptZip]
    foreign: NotRequired[ForeignFacts]
    name: FunctionName
    files: list[ManifestEntry]


class VersionFile(TypedDict):
    """A file of a version."""
    path: str
    size: float
    text: Union[str, None]


class VersionInfo(TypedDict):
    version: VersionNumber
    artifact: Digest
    config: ShownConfig
    layers: LayersOfSettings
    createdAt: float
    by: str
    message: str
    size: float
    live: bool
    aliases: list[str]
    check: NotRequired[VersionCheck]
    zip: NotRequired[KeptZip]
    foreign: NotRequired[ForeignFacts]

VersionList: TypeAlias = "list[VersionInfo]"

# A published version's number: 1, 2, 3 ..., counted per function and never used again.
VersionNumber: TypeAlias = "int"

# A version's number in digits, see {@link VERSION_NUMBER } .
VersionText: TypeAlias = "str"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


class Daemon:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def health(
        self,
        *,
        timeout: float | None = None,
    ) -> HealthAnswer:
        """Answers while the daemon serves requests."""
        answer: HealthAnswer = self._transport.request(
            "GET",
            "/_lam/health",
            timeout=timeout,
        )
        return answer

    def document(
        self,
        *,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """This document."""
        answer: dict[str, Any] = self._transport.request(
            "GET",
            "/_lam/v1/openapi.json",
            timeout=timeout,
        )
        return answer

    def status(
        self,
        *,
        timeout: float | None = None,
    ) -> Status:
        """What the daemon is, and what it holds."""
        answer: Status = self._transport.request(
            "GET",
            "/_lam/v1/status",
            timeout=timeout,
        )
        return answer

    def stop(
        self,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Begins to drain; the daemon ends once what runs has ended."""
        self._transport.request(
            "POST",
            "/_lam/v1/stop",
            headers={"idempotency-key": idempotency_key},
            timeout=timeout,
        )

    def gc(
        self,
        body: GcRequest | None = None,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> GcAnswer:
        """Removes old versions, then artifacts and files that nothing uses."""
        answer: GcAnswer = self._transport.request(
            "POST",
            "/_lam/v1/gc",
            headers={"content-type": "application/json", "idempotency-key": idempotency_key},
            body=_json(body or {}),
            timeout=timeout,
        )
        return answer

    def df(
        self,
        *,
        timeout: float | None = None,
    ) -> DfAnswer:
        """Bytes on the disk, by function and in total."""
        answer: DfAnswer = self._transport.request(
            "GET",
            "/_lam/v1/df",
            timeout=timeout,
        )
        return answer


class Functions:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        timeout: float | None = None,
    ) -> FunctionList:
        """All functions, by name."""
        answer: FunctionList = self._transport.request(
            "GET",
            "/_lam/v1/functions",
            timeout=timeout,
        )
        return answer

    def get(
        self,
        name: str,
        *,
        timeout: float | None = None,
    ) -> FunctionDetail:
        """A function with its versions, aliases, settings and history."""
        answer: FunctionDetail = self._transport.request(
            "GET",
            f"/_lam/v1/functions/{quote(str(name), safe='')}",
            timeout=timeout,
        )
        return answer

    def delete(
        self,
        name: str,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Removes a function with its versions, aliases and logs."""
        self._transport.request(
            "DELETE",
            f"/_lam/v1/functions/{quote(str(name), safe='')}",
            headers={"if-match": if_match, "idempotency-key": idempotency_key},
            timeout=timeout,
        )

    def rollback(
        self,
        name: str,
        body: RollbackRequest | None = None,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> RollbackAnswer:
        """Makes an earlier version live."""
        answer: RollbackAnswer = self._transport.request(
            "POST",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/rollback",
            headers={"content-type": "application/json", "if-match": if_match, "idempotency-key": idempotency_key},
            body=_json(body or {}),
            timeout=timeout,
        )
        return answer

    def invoke(
        self,
        name: str,
        event: Any = None,
        *,
        qualifier: str | None = None,
        log: bool | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> InvokedAnswer:
        """Invokes a function with a JSON event and answers what it returned, once that is whole."""
        answer: InvokedAnswer = self._transport.request(
            "POST",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/invoke",
            query={"qualifier": qualifier, "log": log},
            headers={"content-type": "application/json", "idempotency-key": idempotency_key},
            body=_json({} if event is None else event),
            timeout=timeout,
        )
        return answer

    def queue(
        self,
        name: str,
        event: Any = None,
        *,
        qualifier: str | None = None,
        not_before: float | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> QueuedAnswer:
        """Queues a JSON event for a function; answers its id once it is durable."""
        answer: QueuedAnswer = self._transport.request(
            "POST",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/invocations",
            query={"qualifier": qualifier, "notBefore": not_before},
            headers={"content-type": "application/json", "idempotency-key": idempotency_key},
            body=_json({} if event is None else event),
            timeout=timeout,
        )
        return answer


class Config:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def get(
        self,
        name: str,
        *,
        timeout: float | None = None,
    ) -> ConfigDetail:
        """The settings of a function and where each comes from."""
        answer: ConfigDetail = self._transport.request(
            "GET",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/config",
            timeout=timeout,
        )
        return answer

    def patch(
        self,
        name: str,
        body: ConfigPatch | None = None,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> PublishAnswer:
        """Changes live settings, which win over those of deploys; publishes a version if the configuration changes."""
        answer: PublishAnswer = self._transport.request(
            "PATCH",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/config",
            headers={"content-type": "application/json", "if-match": if_match, "idempotency-key": idempotency_key},
            body=_json(body or {}),
            timeout=timeout,
        )
        return answer


class Versions:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        name: str,
        *,
        timeout: float | None = None,
    ) -> VersionList:
        """The versions of a function, newest first."""
        answer: VersionList = self._transport.request(
            "GET",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/versions",
            timeout=timeout,
        )
        return answer

    def publish(
        self,
        name: str,
        body: PublishBody,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> PublishAnswer:
        """Publishes uploaded code with its settings as the next version and makes it live; creates the function."""
        answer: PublishAnswer = self._transport.request(
            "POST",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/versions",
            headers={"content-type": "application/json", "if-match": if_match, "idempotency-key": idempotency_key},
            body=_json(body),
            timeout=timeout,
        )
        return answer

    def get(
        self,
        name: str,
        version: int,
        *,
        timeout: float | None = None,
    ) -> VersionDetail:
        """A version with the files of its code."""
        answer: VersionDetail = self._transport.request(
            "GET",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/versions/{quote(str(version), safe='')}",
            timeout=timeout,
        )
        return answer

    def delete(
        self,
        name: str,
        version: int,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Removes a version that is neither live nor aliased."""
        self._transport.request(
            "DELETE",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/versions/{quote(str(version), safe='')}",
            headers={"if-match": if_match, "idempotency-key": idempotency_key},
            timeout=timeout,
        )

    def file(
        self,
        name: str,
        version: int,
        *,
        path: str | None = None,
        timeout: float | None = None,
    ) -> VersionFile:
        """A file of a version's code, with its text if that is short."""
        answer: VersionFile = self._transport.request(
            "GET",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/versions/{quote(str(version), safe='')}/file",
            query={"path": path},
            timeout=timeout,
        )
        return answer


class Aliases:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        name: str,
        *,
        timeout: float | None = None,
    ) -> AliasList:
        """The aliases of a function, by name."""
        answer: AliasList = self._transport.request(
            "GET",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/aliases",
            timeout=timeout,
        )
        return answer

    def get(
        self,
        name: str,
        alias: str,
        *,
        timeout: float | None = None,
    ) -> AliasDetail:
        """An alias: the version that it points at, and how it divides its requests."""
        answer: AliasDetail = self._transport.request(
            "GET",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/aliases/{quote(str(alias), safe='')}",
            timeout=timeout,
        )
        return answer

    def set(
        self,
        name: str,
        alias: str,
        body: AliasRequest,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> AliasAnswer:
        """Points an alias at a version; creates the alias if it does not exist."""
        answer: AliasAnswer = self._transport.request(
            "PUT",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/aliases/{quote(str(alias), safe='')}",
            headers={"content-type": "application/json", "if-match": if_match, "idempotency-key": idempotency_key},
            body=_json(body),
            timeout=timeout,
        )
        return answer

    def delete(
        self,
        name: str,
        alias: str,
        body: ChangeNote | None = None,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Removes an alias."""
        self._transport.request(
            "DELETE",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/aliases/{quote(str(alias), safe='')}",
            headers={"content-type": "application/json", "if-match": if_match, "idempotency-key": idempotency_key},
            body=_json(body or {}),
            timeout=timeout,
        )


class Logs:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def read(
        self,
        name: str,
        *,
        since: float | None = None,
        until: float | None = None,
        lines: int | None = None,
        search: str | None = None,
        request_id: str | None = None,
        version: int | None = None,
        without_platform: bool | None = None,
        follow: bool | None = None,
        mark: bool | None = None,
        timeout: float | None = None,
    ) -> Iterator[LogRecord]:
        """Records of a function, oldest first, one JSON document a line; with `follow` also new ones."""
        return self._transport.lines(
            "GET",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/logs",
            query={"since": since, "until": until, "lines": lines, "search": search, "requestId": request_id, "version": version, "withoutPlatform": without_platform, "follow": follow, "mark": mark},
            timeout=timeout,
        )


class Triggers:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        type: str | None = None,
        timeout: float | None = None,
    ) -> TriggerList:
        """The triggers that the daemon runs; those of type `http` are not among them."""
        answer: TriggerList = self._transport.request(
            "GET",
            "/_lam/v1/triggers",
            query={"type": type},
            timeout=timeout,
        )
        return answer

    def get(
        self,
        name: str,
        type: str,
        trigger: str,
        *,
        timeout: float | None = None,
    ) -> TriggerDetail:
        """A trigger with its state and settings."""
        answer: TriggerDetail = self._transport.request(
            "GET",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/triggers/{quote(str(type), safe='')}/{quote(str(trigger), safe='')}",
            timeout=timeout,
        )
        return answer

    def pause(
        self,
        name: str,
        type: str,
        trigger: str,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Pauses a trigger, also after restarts and for later versions that have it."""
        self._transport.request(
            "POST",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/triggers/{quote(str(type), safe='')}/{quote(str(trigger), safe='')}/pause",
            headers={"if-match": if_match, "idempotency-key": idempotency_key},
            timeout=timeout,
        )

    def resume(
        self,
        name: str,
        type: str,
        trigger: str,
        *,
        if_match: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Resumes a trigger that was paused."""
        self._transport.request(
            "POST",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/triggers/{quote(str(type), safe='')}/{quote(str(trigger), safe='')}/resume",
            headers={"if-match": if_match, "idempotency-key": idempotency_key},
            timeout=timeout,
        )

    def test(
        self,
        name: str,
        type: str,
        trigger: str,
        body: TestTriggerRequest | None = None,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> TriggerTest:
        """Sends an event through a trigger to its function, paused or not."""
        answer: TriggerTest = self._transport.request(
            "POST",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/triggers/{quote(str(type), safe='')}/{quote(str(trigger), safe='')}/test",
            headers={"content-type": "application/json", "idempotency-key": idempotency_key},
            body=_json(body or {}),
            timeout=timeout,
        )
        return answer

    def run(
        self,
        name: str,
        type: str,
        trigger: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> QueuedAnswer:
        """Queues an event of a trigger now, paused or not."""
        answer: QueuedAnswer = self._transport.request(
            "POST",
            f"/_lam/v1/functions/{quote(str(name), safe='')}/triggers/{quote(str(type), safe='')}/{quote(str(trigger), safe='')}/run",
            headers={"idempotency-key": idempotency_key},
            timeout=timeout,
        )
        return answer


class Artifacts:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def plan(
        self,
        body: Manifest,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> PlanAnswer:
        """Which files of an artifact the daemon lacks."""
        answer: PlanAnswer = self._transport.request(
            "POST",
            "/_lam/v1/artifacts/plan",
            headers={"content-type": "application/json", "idempotency-key": idempotency_key},
            body=_json(body),
            timeout=timeout,
        )
        return answer

    def upload(
        self,
        content: bytes,
        *,
        timeout: float | None = None,
    ) -> ArtifactAnswer:
        """Uploads an artifact: the length of its manifest (4 bytes, big-endian), that as JSON, then a zip of missing files."""
        answer: ArtifactAnswer = self._transport.request(
            "POST",
            "/_lam/v1/artifacts",
            headers={"content-type": "application/vnd.lam.artifact"},
            body=content,
            timeout=timeout,
        )
        return answer

    def files(
        self,
        artifact: str,
        *,
        timeout: float | None = None,
    ) -> bytes:
        """What an artifact holds: the length of its manifest (4 bytes, big-endian), that as JSON, then the contents of its files in order."""
        answer: bytes = self._transport.content(
            "GET",
            f"/_lam/v1/artifacts/{quote(str(artifact), safe='')}/files",
            timeout=timeout,
        )
        return answer

    def merge(
        self,
        body: MergeRequest,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> ArtifactAnswer:
        """Makes one artifact of several, a later one over an earlier one."""
        answer: ArtifactAnswer = self._transport.request(
            "POST",
            "/_lam/v1/artifacts/merge",
            headers={"content-type": "application/json", "idempotency-key": idempotency_key},
            body=_json(body),
            timeout=timeout,
        )
        return answer

    def upload_zip(
        self,
        content: bytes,
        *,
        timeout: float | None = None,
    ) -> ArtifactAnswer:
        """Uploads a zip of code."""
        answer: ArtifactAnswer = self._transport.request(
            "POST",
            "/_lam/v1/artifacts/zip",
            headers={"content-type": "application/zip"},
            body=content,
            timeout=timeout,
        )
        return answer


class Layers:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        name: str | None = None,
        timeout: float | None = None,
    ) -> LayerList:
        """The newest version of each layer, or all versions of one."""
        answer: LayerList = self._transport.request(
            "GET",
            "/_lam/v1/layers",
            query={"name": name},
            timeout=timeout,
        )
        return answer

    def publish(
        self,
        layer: str,
        body: PublishLayerRequest,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> PublishLayerAnswer:
        """Publishes uploaded files as the next version of a layer."""
        answer: PublishLayerAnswer = self._transport.request(
            "POST",
            f"/_lam/v1/layers/{quote(str(layer), safe='')}",
            headers={"content-type": "application/json", "idempotency-key": idempotency_key},
            body=_json(body),
            timeout=timeout,
        )
        return answer

    def get(
        self,
        layer: str,
        version: int,
        *,
        timeout: float | None = None,
    ) -> LayerVersionDetail:
        """A version of a layer with its files."""
        answer: LayerVersionDetail = self._transport.request(
            "GET",
            f"/_lam/v1/layers/{quote(str(layer), safe='')}/{quote(str(version), safe='')}",
            timeout=timeout,
        )
        return answer

    def delete(
        self,
        layer: str,
        version: int,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> None:
        """Removes a version of a layer; functions that were deployed with it keep its files."""
        self._transport.request(
            "DELETE",
            f"/_lam/v1/layers/{quote(str(layer), safe='')}/{quote(str(version), safe='')}",
            headers={"idempotency-key": idempotency_key},
            timeout=timeout,
        )


class Invocations:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        function: str | None = None,
        state: Literal["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELLED"] | None = None,
        dead: bool | None = None,
        limit: int | None = None,
        after: str | None = None,
        timeout: float | None = None,
    ) -> AsyncPage:
        """Asynchronous invocations, newest first."""
        answer: AsyncPage = self._transport.request(
            "GET",
            "/_lam/v1/invocations",
            query={"function": function, "state": state, "dead": dead, "limit": limit, "after": after},
            timeout=timeout,
        )
        return answer

    def get(
        self,
        id: str,
        *,
        wait: int | None = None,
        timeout: float | None = None,
    ) -> AsyncResult:
        """An asynchronous invocation with its result, if wanted once it has finished."""
        answer: AsyncResult = self._transport.request(
            "GET",
            f"/_lam/v1/invocations/{quote(str(id), safe='')}",
            query={"wait": wait},
            timeout=timeout,
        )
        return answer

    def event(
        self,
        id: str,
        *,
        timeout: float | None = None,
    ) -> EventAnswer:
        """The event of an asynchronous invocation."""
        answer: EventAnswer = self._transport.request(
            "GET",
            f"/_lam/v1/invocations/{quote(str(id), safe='')}/event",
            timeout=timeout,
        )
        return answer

    def cancel(
        self,
        id: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> AsyncInvocation:
        """Cancels an asynchronous invocation; answers it as it was before."""
        answer: AsyncInvocation = self._transport.request(
            "POST",
            f"/_lam/v1/invocations/{quote(str(id), safe='')}/cancel",
            headers={"idempotency-key": idempotency_key},
            timeout=timeout,
        )
        return answer

    def retry(
        self,
        id: str,
        body: RetryRequest | None = None,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> RetryAnswer:
        """Runs the event of a finished invocation again."""
        answer: RetryAnswer = self._transport.request(
            "POST",
            f"/_lam/v1/invocations/{quote(str(id), safe='')}/retry",
            headers={"content-type": "application/json", "idempotency-key": idempotency_key},
            body=_json(body or {}),
            timeout=timeout,
        )
        return answer

    def counts(
        self,
        *,
        timeout: float | None = None,
    ) -> AsyncCountsByName:
        """Counts of asynchronous invocations by function."""
        answer: AsyncCountsByName = self._transport.request(
            "GET",
            "/_lam/v1/events",
            timeout=timeout,
        )
        return answer


class DeadLetters:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def count(
        self,
        body: DeadLettersRequest | None = None,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> CountAnswer:
        """How many dead letters a request means."""
        answer: CountAnswer = self._transport.request(
            "POST",
            "/_lam/v1/dead-letters/count",
            headers={"content-type": "application/json", "idempotency-key": idempotency_key},
            body=_json(body or {}),
            timeout=timeout,
        )
        return answer

    def redrive(
        self,
        body: DeadLettersRequest | None = None,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> CountAnswer:
        """Runs dead letters again."""
        answer: CountAnswer = self._transport.request(
            "POST",
            "/_lam/v1/dead-letters/redrive",
            headers={"content-type": "application/json", "idempotency-key": idempotency_key},
            body=_json(body or {}),
            timeout=timeout,
        )
        return answer

    def purge(
        self,
        body: DeadLettersRequest | None = None,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> CountAnswer:
        """Deletes dead letters."""
        answer: CountAnswer = self._transport.request(
            "POST",
            "/_lam/v1/dead-letters/purge",
            headers={"content-type": "application/json", "idempotency-key": idempotency_key},
            body=_json(body or {}),
            timeout=timeout,
        )
        return answer


class Keys:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def list(
        self,
        *,
        timeout: float | None = None,
    ) -> ApiKeyList:
        """All API keys, without the keys themselves."""
        answer: ApiKeyList = self._transport.request(
            "GET",
            "/_lam/v1/keys",
            timeout=timeout,
        )
        return answer

    def create(
        self,
        body: CreateApiKeyRequest,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> CreateApiKeyAnswer:
        """Creates an API key, which is shown in this answer alone."""
        answer: CreateApiKeyAnswer = self._transport.request(
            "POST",
            "/_lam/v1/keys",
            headers={"content-type": "application/json", "idempotency-key": idempotency_key},
            body=_json(body),
            timeout=timeout,
        )
        return answer

    def update(
        self,
        key: str,
        body: UpdateApiKeyRequest | None = None,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> ListedApiKey:
        """Changes an API key from the next request on."""
        answer: ListedApiKey = self._transport.request(
            "PATCH",
            f"/_lam/v1/keys/{quote(str(key), safe='')}",
            headers={"content-type": "application/json", "idempotency-key": idempotency_key},
            body=_json(body or {}),
            timeout=timeout,
        )
        return answer

    def revoke(
        self,
        key: str,
        *,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> ApiKeyDetail:
        """Revokes an API key with the next request."""
        answer: ApiKeyDetail = self._transport.request(
            "DELETE",
            f"/_lam/v1/keys/{quote(str(key), safe='')}",
            headers={"idempotency-key": idempotency_key},
            timeout=timeout,
        )
        return answer


class Audit:
    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def read(
        self,
        *,
        since: float | None = None,
        key: str | None = None,
        function: str | None = None,
        outcome: Literal["done", "failed", "refused"] | None = None,
        lines: int | None = None,
        follow: bool | None = None,
        timeout: float | None = None,
    ) -> Iterator[AuditEntry]:
        """Changes and refusals, oldest first, one JSON document a line; with `follow` also new ones."""
        return self._transport.lines(
            "GET",
            "/_lam/v1/audit",
            query={"since": since, "key": key, "function": function, "outcome": outcome, "lines": lines, "follow": follow},
            timeout=timeout,
        )


class LamClient:
    """A client of lam's own API. Connects only when called, and starts no daemon."""

    def __init__(
        self,
        *,
        url: str | None = None,
        token: str | None = None,
        home: str | None = None,
        socket_path: str | None = None,
    ) -> None:
        self._transport = Transport(url, token, home, socket_path)
        self.daemon = Daemon(self._transport)
        self.functions = Functions(self._transport)
        self.config = Config(self._transport)
        self.versions = Versions(self._transport)
        self.aliases = Aliases(self._transport)
        self.logs = Logs(self._transport)
        self.triggers = Triggers(self._transport)
        self.artifacts = Artifacts(self._transport)
        self.layers = Layers(self._transport)
        self.invocations = Invocations(self._transport)
        self.dead_letters = DeadLetters(self._transport)
        self.keys = Keys(self._transport)
        self.audit = Audit(self._transport)

    def tag_of(self, answer: object) -> str | None:
        """The ETag of an answer that this client returned, for `if_match` of a change."""
        return self._transport.tag_of(answer)
