import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { AppError } from '@holdfast/shared-types'
import { pino } from 'pino'
import { discretionOf } from '../src/discretion/discretion.ts'
import { enrolAgent, type EnrolOptions } from '../src/enrolment/enrol-agent.ts'
import { LiveHubLink, type HubLinkOptions } from '../src/hub-connection/hub-link.ts'
import { signBytes } from '../src/identity/agent-keys.ts'
import { hostFacts } from '../src/identity/host-facts.ts'
import { loadEnrolledAgent, type EnrolledAgent } from '../src/identity/identity.ts'
import { startAgentService, type AgentService } from '../src/service/agent-service.ts'
import { agentFolders, type AgentFolders } from '../src/state/agent-folders.ts'
import type { FakeHub } from './fake-hub.ts'

/** As of a managed vault. */
export const openToAll = discretionOf({ isPrivate: false })

export const silentLog = pino({ level: 'silent' })

export interface TestFolder {
  readonly path: string
  remove(): void
}
export function aFolder(): TestFolder {
  const path = mkdtempSync(join(tmpdir(), 'holdfast-agent-test-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }) }
}

export interface TestAgent {
  readonly folders: AgentFolders
  readonly agent: EnrolledAgent
}

/** A device that was enrolled at this hub over the real call. */
export async function anEnrolledAgent(
  hub: FakeHub,
  home: string,
  options: Pick<EnrolOptions, 'authority' | 'vaultFingerprint'> = {},
): Promise<TestAgent> {
  const token = randomBytes(24).toString('base64url')
  hub.tokens.add(token)
  const folders = agentFolders(home)
  await enrolAgent(folders, { hubUrl: hub.url, token, name: 'test-device', ...options })
  return { folders, agent: await loadEnrolledAgent(folders) }
}

/** Waits short enough for a test; the real ones are tested by themselves. */
const quickDelays = { reconnect: { firstMs: 20, longestMs: 100 }, refused: { firstMs: 50, longestMs: 100 } }

export function aLink({ agent }: TestAgent, changes: Partial<HubLinkOptions> = {}): LiveHubLink {
  const { identity, keys } = agent
  return new LiveHubLink({
    hubUrl: identity.hubUrl,
    hubId: identity.hubId,
    agentId: identity.agentId,
    version: '1.2.3',
    capabilities: [],
    hostFacts,
    sign: (message) => signBytes(keys, message),
    runsInHand: () => [],
    commands: {
      'run.offer': () => Promise.resolve({ accepted: false, reason: 'test' }),
      'run.cancel': () => Promise.resolve({ known: false }),
      'run.pause': () => Promise.resolve({ known: false }),
      'host.list': () => Promise.reject(new AppError('source.not-found')),
      'host.measure': () => Promise.resolve({}),
      'host.stop-measuring': () => Promise.resolve({ known: false }),
      'device.set-limits': () => Promise.resolve({}),
    },
    discretion: openToAll,
    onAccepted: () => undefined,
    delays: quickDelays,
    ...changes,
  })
}

export const aService = (
  test: TestAgent,
  hubDataFolder = join(test.folders.home, 'no-hub'),
  takesOthersSnapshots = true,
  takesRewrittenSnapshots = true,
): Promise<AgentService> =>
  startAgentService({
    config: {
      home: test.folders.home,
      hubDataFolder,
      hubStoreFolder: null,
      logLevel: 'info',
      memory: 'normal',
      logFiles: 10,
      logDays: 30,
      longestReconnectMs: 60_000,
      takesOthersSnapshots,
      takesRewrittenSnapshots,
    },
    folders: test.folders,
    agent: test.agent,
    purpose: 'service',
    log: silentLog,
    delays: quickDelays,
  })
