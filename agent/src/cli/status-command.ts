import {
  AppError,
  toWireError,
  type AgentId,
  type DeviceLimits,
  type Run,
  type VaultId,
  type VaultKind,
  type WireError,
} from '@holdfast/shared-types'
import { fingerprintOfDevice } from '../identity/device-fingerprint.ts'
import type { EnrolledAgent } from '../identity/identity.ts'
import { findRunningAgent } from '../state/running-agent.ts'
import { print, type CommandContext } from './command-context.ts'
import { formatBytes, formatCount, formatTime } from './format-figures.ts'
import { withHub, type HubAccess } from './with-hub.ts'
import { waitingNote } from './run-display.ts'

/** `stopped` = no agent runs here; the others as the running agent says. */
type LinkWord = 'connected' | 'connecting' | 'waiting' | 'refused' | 'closed' | 'stopped'

interface Status {
  readonly link: LinkWord
  readonly problem: WireError | { code: string; message: string; cure: string } | null
  readonly pid: number | null
  /** Null = the hub does not answer, so nobody knows. */
  readonly runs: readonly Run[] | null
  /** As the hub keeps them; null = it does not answer, or knows none. */
  readonly limits: DeviceLimits | null
  /** When this device last restored a sample, or read back a whole snapshot, and found nothing wrong; null = never, or nobody knows. */
  readonly lastProvedAtMs: number | null
  /** Nobody has let it into its private vault yet; null = the hub does not answer. */
  readonly waitsForKeys: boolean | null
}

export async function statusCommand(context: CommandContext): Promise<number> {
  return withHub(context, async (access) => {
    const { identity } = access.agent
    const status = await statusOf(context, access)
    const fingerprint = await fingerprintOfDevice(access.agent.keys)
    const vault = vaultOf(access.agent, status)
    const document = {
      agentId: identity.agentId,
      name: identity.name,
      fingerprint,
      hubUrl: identity.hubUrl,
      vault,
      link: status.link,
      pid: status.pid,
      problem: status.problem,
      limits: status.limits,
      lastProvedAt: status.lastProvedAtMs === null ? null : new Date(status.lastProvedAtMs).toISOString(),
      runs: (status.runs ?? []).map(runDocument),
    }
    print(context, document, () => [
      `Device   ${identity.name} (${identity.agentId})`,
      `         fingerprint ${fingerprint}`,
      `Hub      ${identity.hubUrl}`,
      ...vaultLines(vault),
      `Agent    ${agentLine(status)}`,
      ...(status.problem === null ? [] : [`         ${status.problem.message}`, `         ${status.problem.cure}`]),
      ...(status.limits === null ? [] : [`Limits   ${limitsText(status.limits)}`]),
      ...(status.lastProvedAtMs === null
        ? []
        : [`Proved   ${formatTime(status.lastProvedAtMs)} (a restore drill, or a whole verification)`]),
      ...runLines(status.runs),
    ])
    return 0
  })
}

async function statusOf({ folders }: CommandContext, { agent, client }: HubAccess): Promise<Status> {
  const running = await findRunningAgent(folders)
  const local = {
    link: running === null ? ('stopped' as const) : (running.facts?.link ?? ('connecting' as const)),
    pid: running?.holder.pid ?? null,
    problem: running?.facts?.problem ?? null,
  }
  try {
    const { agentId } = agent.identity
    const once = { patienceMs: 0, timeoutMs: 5_000 }
    const { items } = await client.call('listRuns', { query: { agentId, active: 'true', limit: 50 } }, once)
    return { ...local, runs: items, ...(await factsOf(client, agentId)) }
  } catch (error) {
    // The state of this machine is worth telling without the hub.
    if (!(error instanceof AppError)) throw error
    return { ...local, problem: local.problem ?? toWireError(error), runs: null, ...noFacts }
  }
}

const noFacts = { limits: null, lastProvedAtMs: null, waitsForKeys: null } as const

/** Nothing where the hub does not tell: what else is known is worth telling without. */
async function factsOf(client: HubAccess['client'], agentId: AgentId): Promise<Pick<Status, keyof typeof noFacts>> {
  try {
    const { limits, lastProvedAtMs, waitsForKeys } = await client.call(
      'getDevice',
      { params: { agentId } },
      { patienceMs: 0, timeoutMs: 5_000 },
    )
    return { limits: limits ?? null, lastProvedAtMs: lastProvedAtMs ?? null, waitsForKeys }
  } catch (error) {
    if (!(error instanceof AppError)) throw error
    return noFacts
  }
}

interface ShownVault {
  readonly id: VaultId
  readonly kind: VaultKind
  /** Of the keys this device was let in with; null where it has none yet, and of a managed vault. */
  readonly fingerprint: string | null
  readonly waitsForKeys: boolean | null
}

const vaultOf = ({ identity, trust: { pin } }: EnrolledAgent, { waitsForKeys }: Status): ShownVault => ({
  id: pin?.vaultId ?? identity.vaultId,
  kind: pin === null ? 'managed' : 'private',
  fingerprint: pin?.fingerprint ?? null,
  waitsForKeys: pin === null ? false : waitsForKeys,
})

function vaultLines({ kind, fingerprint, waitsForKeys }: ShownVault): string[] {
  if (kind === 'managed') return ['Vault    managed: the hub can read it']
  return [
    'Vault    private: the hub cannot read it',
    `         fingerprint ${fingerprint ?? 'not known before the first run'}`,
    ...(waitsForKeys === true ? ['         waits for its keys: let it in on the vault\u2019s page, and compare both fingerprints'] : []),
  ]
}

const runDocument = (run: Run): Record<string, unknown> => ({
  id: run.id,
  kind: run.kind,
  state: run.state,
  createdAt: new Date(run.createdAtMs).toISOString(),
  progress: run.progress,
  waitsFor: run.waitsFor,
})

const words: Readonly<Record<LinkWord, string>> = {
  connected: 'running, connected',
  connecting: 'running, connecting',
  waiting: 'running, no link to the hub',
  refused: 'running, refused by the hub',
  closed: 'stopping',
  stopped: 'not running',
}
const agentLine = (status: Status): string => `${words[status.link]}${status.pid === null ? '' : ` (pid ${status.pid})`}`

const limitsText = ({ uploadBytesPerSecond, isBackground }: DeviceLimits): string =>
  [
    uploadBytesPerSecond === null ? 'upload without a limit' : `upload ${formatBytes(uploadBytesPerSecond)}/s at most`,
    // Elsewhere nothing is lowered yet (docs/adr/0014).
    ...(process.platform === 'linux' ? [isBackground ? 'backups give way to other work' : 'backups as urgent as other work'] : []),
  ].join(', ')

function runLines(runs: readonly Run[] | null): string[] {
  if (runs === null) return ['Runs     not known without the hub']
  if (runs.length === 0) return ['Runs     none under way']
  return runs.map((run, index) => {
    const since = formatTime(run.startedAtMs ?? run.createdAtMs)
    return `${index === 0 ? 'Runs     ' : '         '}${run.kind} ${run.state} since ${since}${progressText(run)}${waitingText(run)}`
  })
}

const waitingText = (run: Run): string => {
  const note = waitingNote(run)
  return note === null ? '' : `. ${note}`
}

const progressText = ({ progress }: Run): string =>
  progress === null ? '' : `: ${formatCount(progress.filesDone)} files, ${formatBytes(progress.bytesDone)}`
