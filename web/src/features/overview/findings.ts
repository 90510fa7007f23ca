import type {
  AgentId,
  Api,
  Device,
  HealthDetail,
  Plan,
  PlanId,
  ResponseOf,
  RetentionWait,
  Run,
  RunId,
  Vault,
  VaultId,
} from '@holdfast/shared-types'
import { compareNames } from '../../platform/i18n/compare-names.ts'
import { concernOf, expectedWithinMs, isInUse, isUnproved, type DeviceConcern } from '../devices/index.ts'
import { isAccepted } from '../plans/index.ts'
import { vaultTrouble } from '../vaults/index.ts'

/** From what hurts most to what hurts least; within a gravity findings are in this order. */
export const findingKinds = [
  'health-failing',
  'vault-files',
  'vault-damaged',
  'vault-lost',
  'check-failed',
  'plan-blocked',
  'run-failed',
  'never',
  'long-ago',
  'health-warning',
  'shrank',
  'retention-waits',
  'old',
  'waits',
  'paused',
  'plan-never-ran',
  'plan-never-done',
  'plan-old',
  'unproved',
  'warnings',
  'recovery-key',
  'password',
  'under-way',
] as const
export type FindingKind = (typeof findingKinds)[number]

/** `waiting`: it is not as it should be, and mends itself: nobody has to do anything. */
export type Gravity = 'danger' | 'warning' | 'waiting'

interface CodedError {
  readonly code: string
  readonly message: string
  readonly cure: string
}

/** One thing that is not as it should be. What is null or absent is not part of it. */
export interface Finding {
  /** Stays the same while the same thing is wrong. */
  readonly id: string
  readonly kind: FindingKind
  readonly gravity: Gravity
  /** Of a device, vault or check. */
  readonly name: string
  readonly device?: Pick<Device, 'id' | 'name' | 'online' | 'lastSeenAtMs' | 'lastSnapshotAtMs'>
  readonly plan?: Pick<Plan, 'id' | 'name'>
  readonly runId?: RunId
  readonly vaultId?: VaultId
  readonly vault?: Pick<Vault, 'damage' | 'packsLost' | 'snapshotsLost' | 'snapshotsDamaged'>
  readonly error?: CodedError | null
  /** What the hub says of a check of its own. */
  readonly health?: HealthDetail
  readonly warningCount?: number
  /** How many snapshots wait for a word. */
  readonly waiting?: number
  /** A plan that running now would help. */
  readonly helpfulPlan?: PlanId | undefined
}

type Health = ResponseOf<Api['health']>

/** All that the hub has told. */
export interface HubState {
  readonly nowMs: number
  readonly hasPassword: boolean
  readonly devices: readonly Device[]
  readonly plans: readonly Plan[]
  /** The newest ones, the newest checks and all active ones, newest first. */
  readonly runs: readonly Run[]
  readonly retentionWaits: readonly RetentionWait[]
  readonly vaults: readonly Vault[]
  readonly vaultsWithoutRecoveryKey: readonly VaultId[]
  readonly health: Health
}

const hasEndedBadly = (state: string | null | undefined): boolean => state === 'failed' || state === 'expired'

interface DeviceState {
  readonly device: Device
  readonly plans: readonly Plan[]
  /** Newest first. */
  readonly runs: readonly Run[]
  readonly nowMs: number
}

type Active = Pick<Run, 'id' | 'state'>

const ageGravity = (concern: DeviceConcern | null): Gravity => (concern === null || concern.kind === 'old' ? 'warning' : 'danger')

/**
 * Work that is under way, or begins by itself, has only to be waited for. One that rests has to be resumed, and one that waits for the hub
 * needs somebody there: they make nothing less grave.
 * Null: no such work, or it waits for a device that is away.
 */
function hopeOf(
  { device, runs }: DeviceState,
  active: Active | null | undefined,
  gravity: Gravity,
): Pick<Finding, 'kind' | 'gravity' | 'runId' | 'error'> | null {
  if (active === null || active === undefined) return null
  const runId = active.id
  const run = runs.find(({ id }) => id === runId)
  const waitsFor = run?.waitsFor ?? null
  if (waitsFor !== null) return { kind: 'waits', gravity, runId, error: { code: waitsFor.code, message: '', cure: '' } }
  if ((run?.pausedAtMs ?? null) !== null) return { kind: 'paused', gravity, runId }
  return active.state === 'queued' && !device.online ? null : { kind: 'under-way', gravity: 'waiting', runId }
}

// oxlint-disable-next-line complexity -- one rule after the other, gravest first: apart, their order could not be read
function planFinding(state: DeviceState, plan: Plan): Finding | null {
  const { device, nowMs } = state
  const { lastRun, activeRun, lastGoodAtMs } = plan
  const about = { name: device.name, device, plan, ...(lastRun === null ? {} : { runId: lastRun.id }) }
  const made = (kind: FindingKind, gravity: Gravity, more: Partial<Finding> = {}): Finding => {
    const known = { ...about, kind, gravity, ...more }
    return { ...known, id: `${known.kind}:${plan.id}` }
  }
  // For a device that is away a run would only wait.
  const helpfulPlan = activeRun === null && device.online ? plan.id : undefined
  if (plan.problem !== null) return made('plan-blocked', 'danger', { error: plan.problem })
  const hasFailed = lastRun !== null && hasEndedBadly(lastRun.state)
  const hope = hopeOf(state, activeRun, hasFailed ? 'danger' : ageGravity(concernOf(device, nowMs)))
  if (hasFailed) return made('run-failed', 'danger', hope ?? { error: lastRun.error, helpfulPlan })
  if (lastRun?.state === 'warning' && !isAccepted(plan)) {
    if (plan.isShrunk) return made('shrank', 'warning')
    return made('warnings', 'warning', { warningCount: lastRun.warningCount })
  }
  // By the newest good one: a run that somebody cancelled saves nothing.
  const isFresh = lastGoodAtMs !== null && nowMs - lastGoodAtMs <= expectedWithinMs
  if (isFresh) return null
  if (activeRun !== null) return hope?.kind === 'paused' || hope?.kind === 'waits' ? made(hope.kind, hope.gravity, hope) : null
  // Where the device has none, or none that is new enough, that is said once, and not of each of its plans.
  if (lastGoodAtMs !== null) return concernOf(device, nowMs) === null ? made('plan-old', 'warning', { helpfulPlan }) : null
  const kind = lastRun === null ? 'plan-never-ran' : 'plan-never-done'
  return device.lastSnapshotAtMs === null ? null : made(kind, 'warning', { helpfulPlan })
}

/** One that broke off says nothing of the damage that the one before found. */
const newestCheck = (runs: readonly Run[]) =>
  runs.find(({ kind, state, finishedAtMs }) => kind === 'verify' && finishedAtMs !== null && state !== 'cancelled' && state !== 'expired')

/** Of runs without a plan: how the newest backup and the newest check went. */
function runFindings({ device, runs }: DeviceState): Finding[] {
  // One that was cancelled says nothing of what it did not come to.
  const newest = (kind: Run['kind']) =>
    runs.find((run) => run.kind === kind && run.planId === null && run.finishedAtMs !== null && run.state !== 'cancelled')
  const made = (kind: FindingKind, gravity: Gravity, run: Run): Finding => ({
    id: `${kind}:${device.id}`,
    kind,
    gravity,
    name: device.name,
    device,
    runId: run.id,
    error: run.error,
    warningCount: run.warningCount,
  })
  const findings: Finding[] = []
  const check = newestCheck(runs)
  if (check !== undefined && (check.state === 'failed' || (check.result?.kind === 'verify' && check.result.problems > 0)))
    findings.push(made('check-failed', 'danger', check))
  const backup = newest('backup')
  if (backup === undefined) return findings
  const isMended = (device.lastSnapshotAtMs ?? 0) > (backup.finishedAtMs ?? 0)
  if (hasEndedBadly(backup.state) && !isMended) findings.push(made('run-failed', 'danger', backup))
  if (backup.state === 'warning' && !isMended) findings.push(made('warnings', 'warning', backup))
  return findings
}

/** Of the age of the newest backup; nothing where something graver explains it. */
function ageFinding(state: DeviceState): Finding | null {
  const { device, plans, runs, nowMs } = state
  const concern = concernOf(device, nowMs)
  if (concern === null) return null
  const active = runs.find((run) => run.kind === 'backup' && run.finishedAtMs === null)
  const about = { name: device.name, device }
  const gravity = ageGravity(concern)
  const hope = hopeOf(state, active, gravity)
  if (hope !== null) return { ...about, ...hope, id: `${hope.kind}:${device.id}` }
  const helpfulPlan = device.online ? plans.find(({ activeRun, problem }) => activeRun === null && problem === null)?.id : undefined
  return { ...about, id: `${concern.kind}:${device.id}`, kind: concern.kind, gravity, helpfulPlan }
}

/** Of a plan: they say why a device has no newer backup, too. */
const explaining: readonly FindingKind[] = ['run-failed', 'plan-blocked', 'under-way', 'paused', 'waits']

const proofFinding = ({ device, nowMs }: DeviceState): Finding | null =>
  isUnproved(device, nowMs) ? { id: `unproved:${device.id}`, kind: 'unproved', gravity: 'warning', name: device.name, device } : null

function deviceFindings(state: DeviceState): Finding[] {
  const found = [...state.plans.flatMap((plan) => planFinding(state, plan) ?? []), ...runFindings(state)]
  const isExplained = found.some(({ kind }) => explaining.includes(kind))
  const age = isExplained ? null : ageFinding(state)
  if (age !== null) found.push(age)
  const unproved = found.some(({ gravity }) => gravity === 'danger') ? null : proofFinding(state)
  if (unproved !== null) found.push(unproved)
  // Its newest run is older than those that were asked for; checks are asked for further back.
  if (found.length === 0 && hasEndedBadly(state.device.lastRunStatus) && state.runs.every(({ kind }) => kind === 'verify'))
    found.push({
      id: `run-failed:${state.device.id}`,
      kind: 'run-failed',
      gravity: 'danger',
      name: state.device.name,
      device: state.device,
    })
  return found
}

function hubFindings({ health, vaults, vaultsWithoutRecoveryKey, hasPassword }: HubState): Finding[] {
  const details = health.details?.checks ?? {}
  const named = new Set([...Object.keys(health.checks), ...Object.keys(details)])
  return [
    ...[...named].flatMap((name): Finding[] => {
      const detail = details[name]
      const status = detail?.status ?? health.checks[name]
      if (status === undefined || status === 'ok') return []
      const kind = status === 'failing' ? 'health-failing' : 'health-warning'
      return [
        {
          id: `health:${name}`,
          kind,
          gravity: status === 'failing' ? 'danger' : 'warning',
          name,
          ...(detail === undefined ? {} : { health: detail }),
        },
      ]
    }),
    ...vaults.flatMap((vault): Finding[] => {
      const trouble = vaultTrouble(vault)
      if (trouble === null) return []
      const kind = `vault-${trouble}` as const
      return [{ id: `${kind}:${vault.id}`, kind, gravity: 'danger', name: vault.name, vaultId: vault.id, vault }]
    }),
    ...vaultsWithoutRecoveryKey.map((vaultId): Finding => ({
      id: `recovery-key:${vaultId}`,
      kind: 'recovery-key',
      gravity: 'warning',
      name: vaults.find(({ id }) => id === vaultId)?.name ?? '',
      vaultId,
    })),
    ...(hasPassword ? [] : [{ id: 'password', kind: 'password', gravity: 'warning', name: '' } as const]),
  ]
}

/** Nothing is lost by it, and the vault grows until somebody has said a word. */
const waitFindings = ({ retentionWaits }: HubState): Finding[] =>
  retentionWaits.map((wait) => ({
    id: `retention-waits:${wait.planId}`,
    kind: 'retention-waits',
    gravity: 'warning',
    name: wait.deviceName,
    plan: { id: wait.planId, name: wait.planName },
    waiting: wait.snapshotIds.length,
  }))

function groupBy<T extends { readonly agentId: AgentId }>(items: readonly T[]): ReadonlyMap<AgentId, readonly T[]> {
  const groups = new Map<AgentId, T[]>()
  for (const item of items) {
    const group = groups.get(item.agentId)
    if (group === undefined) groups.set(item.agentId, [item])
    else group.push(item)
  }
  return groups
}

const gravities: readonly Gravity[] = ['danger', 'warning', 'waiting']
const weight = ({ gravity, kind }: Finding): number => gravities.indexOf(gravity) * 100 + findingKinds.indexOf(kind)

/** All that is not as it should be, gravest first, by name within a kind. */
export function findingsOf(state: HubState): Finding[] {
  const plansOf = groupBy(state.plans.filter(({ isEnabled }) => isEnabled))
  const runsOf = groupBy(state.runs)
  const ofDevices = state.devices
    .filter(isInUse)
    .flatMap((device) =>
      deviceFindings({ device, plans: plansOf.get(device.id) ?? [], runs: runsOf.get(device.id) ?? [], nowMs: state.nowMs }),
    )
  return [...hubFindings(state), ...waitFindings(state), ...ofDevices].sort((a, b) => weight(a) - weight(b) || compareNames(a.name, b.name))
}
