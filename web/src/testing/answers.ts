import {
  AppError,
  type Api,
  type BodyOfRoute,
  type OperationId,
  type ParamsOf,
  type QueryOf,
  type ResponseOf,
  type Run,
  type SnapshotEntry,
  type Topic,
} from '@holdfast/shared-types'
import { aBackupRun, anUuid, hour, type World } from './world.ts'

export interface Asked<K extends OperationId> {
  readonly params: ParamsOf<Api[K]>
  readonly query: QueryOf<Api[K]>
  readonly body: BodyOfRoute<Api[K]>
}
type Answer<K extends OperationId> = (asked: Asked<K>) => ResponseOf<Api[K]>
export type Answers = { readonly [K in OperationId]?: Answer<K> }

interface AnswerParts {
  readonly world: World
  readonly seqOf: (topic: Topic) => number
  readonly signIn: (isIn: boolean) => void
  readonly onRun: (run: Run) => void
}

const listed = (run: Run): Run => ({ ...run, warnings: [] })
const found = <T>(item: T | undefined, code: ConstructorParameters<typeof AppError>[0]): T => {
  if (item === undefined) throw new AppError(code)
  return item
}

function folderAnswer(world: World, key: string, after: number, limit: number) {
  const { folder, items } = found(world.folders.get(key), 'snapshot.path-not-found')
  return { folder, items: items.slice(after, after + limit), total: items.length }
}

const folderKey = (query: { path?: string | undefined; pathBase64?: string | undefined }) =>
  query.pathBase64 === undefined ? (query.path ?? '') : Buffer.from(query.pathBase64, 'base64url').toString('base64')

function orderedRun(world: World, { params, body }: Asked<'startRun'>): Run {
  const device = found(
    world.devices.find(({ id }) => id === params.agentId),
    'agent.not-found',
  )
  const run = aBackupRun(device)
  const request = body.kind === 'backup' ? { ...body, vaultId: device.vaultId } : body
  return { ...run, kind: body.kind, request, requestedBy: world.user.name }
}

/** How the stand-in answers, by the contract's operation ids. Everything is parsed by its schema before it leaves. */
export function answersOf({ world, seqOf, signIn, onRun }: AnswerParts): Answers {
  return {
    getSystem: () => ({
      hubId: anUuid(),
      version: '0.1.0',
      timeMs: Date.now(),
      firstRun: !world.user.hasPassword,
      vaultsWithoutRecoveryKey: world.vaultsWithoutRecoveryKey,
    }),
    signInWithLink({ body }) {
      if (body.token !== world.linkToken) throw new AppError('sign-in.link-invalid')
      world.linkToken = null
      signIn(true)
      return world.user
    },
    signIn({ body }) {
      if (body.email !== world.user.email || body.password !== world.password) throw new AppError('sign-in.failed')
      signIn(true)
      return world.user
    },
    signOut() {
      signIn(false)
      return {}
    },
    getMe: () => world.user,
    setCredentials({ body }) {
      world.user = { ...world.user, name: body.name, email: body.email, hasPassword: true }
      world.password = body.password
      return world.user
    },
    createEnrolmentToken: () => ({
      token: 'enrol-token-shown-once-3f9c2a',
      expiresAtMs: Date.now() + hour,
      hubUrl: 'https://backup.example.org',
      command: 'holdfast enrol https://backup.example.org --token enrol-token-shown-once-3f9c2a',
    }),
    listDevices: () => ({ items: world.devices }),
    getDevice: ({ params }) =>
      found(
        world.devices.find(({ id }) => id === params.agentId),
        'agent.not-found',
      ),
    startRun(asked) {
      const run = orderedRun(world, asked)
      world.runs.unshift(run)
      onRun(run)
      return run
    },
    listRuns({ query }) {
      const isActive = ({ state }: Run) => ['queued', 'offered', 'running', 'committing'].includes(state)
      const items = world.runs
        .filter((run) => query.agentId === undefined || run.agentId === query.agentId)
        .filter((run) => query.kind === undefined || run.kind === query.kind)
        .filter((run) => query.active === undefined || isActive(run) === (query.active === 'true'))
        .toSorted((a, b) => b.createdAtMs - a.createdAtMs)
      return { items: items.slice(0, query.limit).map(listed) }
    },
    getRun: ({ params }) =>
      found(
        world.runs.find(({ id }) => id === params.runId),
        'run.not-found',
      ),
    getRunLog({ params, query }) {
      const run = found(
        world.runs.find(({ id }) => id === params.runId),
        'run.not-found',
      )
      const items = (world.logs.get(run.id) ?? []).filter(({ seq }) => seq > query.after).slice(0, query.limit)
      return { items, lastSeq: seqOf(`run:${run.id}`) }
    },
    cancelRun({ params }) {
      const index = world.runs.findIndex(({ id }) => id === params.runId)
      const run = found(world.runs[index], 'run.not-found')
      const cancelled: Run = {
        ...run,
        state: 'cancelled',
        finishedAtMs: Date.now(),
        error: { code: 'run.cancelled', message: 'The run was cancelled.', cure: 'Start it again when you like.' },
      }
      world.runs[index] = cancelled
      onRun(cancelled)
      return cancelled
    },
    listVaults: () => ({ items: world.vaults }),
    listSnapshots: ({ query }) => ({
      items: world.snapshots
        .filter(({ agentId }) => query.agentId === undefined || agentId === query.agentId)
        .toSorted((a, b) => a.createdAtMs - b.createdAtMs),
    }),
    getSnapshot: ({ params }) =>
      found(
        world.snapshots.find(({ id }) => id === params.snapshot),
        'snapshot.not-found',
      ),
    listEntries: ({ query }) => folderAnswer(world, folderKey(query), query.after, query.limit),
  }
}

/** For `world.folders`: a folder and what is in it. */
export const aFolder = (
  folder: SnapshotEntry | null,
  items: SnapshotEntry[],
): [string, { folder: SnapshotEntry | null; items: SnapshotEntry[] }] => [
  folder === null ? '' : (folder.pathBase64 ?? folder.path),
  { folder, items },
]
